//! Plays {{project-name}} on this machine, so that a local Guiyi with this provider can log in there:
//! `cargo run --example play`.

#[path = "../tests/tape/mod.rs"]
mod tape;

use providers::contract::Playing;
use {{crate_name}}::FACTORY;

fn main() -> std::io::Result<()> {
    let playing = Playing::open(&tape::TAPE, 4410, |call, answer| println!("{call:?}\n  -> {answer:?}"))?;
    println!("{}", playing.app("try", "/playground"));
    println!("# The upstream listens at {}. Press Ctrl+C to end it.", playing.url());
    loop {
        std::thread::park();
    }
}
