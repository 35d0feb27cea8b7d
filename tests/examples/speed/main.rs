//! Measures requests of the service over HTTP, and the same statements behind bare axum handlers. The load, both servers and
//! the database share the cores of one machine.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example speed -- --quick`

mod bare;
mod cases;
mod company;
mod dialogues;
mod facts;
mod fill;
mod load;
mod options;
mod people;
mod provider;
mod report;

use std::io::sink;
use std::process::ExitCode;

use acceptance::Server;
use tracing_subscriber::EnvFilter;

use cases::Case;
use company::Loaded;
use load::{CONNECTIONS, load};
use options::Options;
use people::Plan;
use report::Figures;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(mistake) => {
            eprintln!("{mistake}");
            return ExitCode::FAILURE;
        }
    };
    // The service writes its log as in production, but for the terminal.
    tracing_subscriber::fmt().with_env_filter(EnvFilter::new("info")).with_ansi(false).with_writer(sink).init();
    let plan = Plan::of(options.orders);
    for server in &options.servers {
        measure(*server, &plan, &options).await;
    }
    ExitCode::SUCCESS
}

async fn measure(server: Server, plan: &Plan, options: &Options) {
    let loaded = Loaded::start(server, plan).await;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "\n{server:?}, {} orders of {} people, {CONNECTIONS} connections, {cores} cores; medians of {} rounds of {:?}\n\n{}",
        plan.orders,
        plan.people(),
        options.rounds,
        options.round,
        report::HEAD
    );
    for case in cases::all(&loaded).into_iter().filter(|case| case.name.contains(&options.only)) {
        println!("{}", rounds(&loaded, case, options).await.row());
    }
    loaded.end().await;
}

/// Runs the rounds of a case, of each side in turn.
async fn rounds(loaded: &Loaded, mut case: Case, options: &Options) -> Figures {
    load(loaded.service, &mut case.service, options.warm_up).await;
    load(loaded.bare, &mut case.bare, options.warm_up).await;
    let service = loaded.app.service();
    let before = (service.statements(), service.round_trips());
    let mut figures =
        Figures { name: case.name, statements: (0.0, 0.0), service: Vec::new(), bare: Vec::new(), resident: None };
    for _ in 0..options.rounds {
        figures.service.push(load(loaded.service, &mut case.service, options.round).await);
        figures.bare.push(load(loaded.bare, &mut case.bare, options.round).await);
    }
    let answers: usize = figures.service.iter().map(|round| round.times.len()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a mean need not be exact")]
    let each = |after: u64, before: u64| (after - before) as f64 / answers as f64;
    figures.statements = (each(service.statements(), before.0), each(service.round_trips(), before.1));
    figures.resident = report::resident();
    figures
}
