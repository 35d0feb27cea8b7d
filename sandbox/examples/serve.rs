//! Serves the demo company on a port: `cargo run -p sandbox --example serve -- 18080`.
//! The first argument is the port (8080 if there is none), the second a seed file (the demo if there is none).

use std::error::Error;
use std::net::Ipv4Addr;

use sandbox::{DEMO, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(8080), |port| port.parse())?;
    let seed = arguments.next().map_or(Ok(DEMO.to_owned()), std::fs::read_to_string)?;
    let sandbox = Sandbox::from_toml(&seed)?;

    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}/_sandbox/", listener.local_addr()?);
    axum::serve(listener, sandbox.router()).await?;
    Ok(())
}
