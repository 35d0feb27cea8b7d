//! Plays the upstream of a provider on this machine, so that a local Guiyi can log in there.
//!
//! ```text
//! cargo run -p providers --features contract --example play -- github
//! ```
//!
//! It prints the table of an app for Guiyi's configuration, then every request with its answer. A provider of another crate
//! has the same program with its own tape.

use std::process::ExitCode;

use providers::builtin::{TAPES, to_play};
use providers::contract::{Playing, Tape};

/// The port of the upstream, so that the printed table stays valid.
const PORT: u16 = 4410;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let port = arguments.next().map_or(Ok(PORT), |port| port.parse());
    let tape = TAPES.iter().find(|tape| tape.factory.kind == wanted);
    let (Some(tape), Ok(port)) = (tape, port) else {
        let kinds: Vec<_> = TAPES.iter().map(|tape| tape.factory.kind).collect();
        eprintln!("usage: play KIND [PORT], where KIND is one of {}", kinds.join(", "));
        return ExitCode::FAILURE;
    };
    match play(tape, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the upstream cannot listen on port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play(tape: &Tape, port: u16) -> std::io::Result<()> {
    let playing = Playing::open(&to_play(tape), port, |call, answer| println!("{call:?}\n  -> {answer:?}"))?;
    println!("# Add this app to the configuration of a local Guiyi, and log in at its /playground:\n");
    println!("{}", playing.app("try", "/playground"));
    println!(
        "# An app without a browser logs in with one of these codes. Guiyi accepts each once: another number at the end"
    );
    println!("# makes another code.\n");
    for (scenario, code) in playing.codes() {
        println!("#   {code}  {scenario}");
    }
    println!("\n# The upstream listens at {}. Press Ctrl+C to end it.\n", playing.url());
    loop {
        std::thread::park();
    }
}
