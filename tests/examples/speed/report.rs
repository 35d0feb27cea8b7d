//! The figures of a case, as a row of a Markdown table.

use std::fmt::Write as _;
use std::time::Duration;

use crate::load::Round;

/// The rounds of one case.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    /// Statements, and waits for the database, of one request of the service.
    pub(crate) statements: (f64, f64),
    pub(crate) service: Vec<Round>,
    pub(crate) bare: Vec<Round>,
    /// In MiB.
    pub(crate) resident: Option<u64>,
}

/// The head of the table.
pub(crate) const HEAD: &str = "| request | statements (round trips) | service: median | p99 | requests/s | CPU | \
    bare handler: median | p99 | requests/s | CPU | throughput, service : bare | process |\n\
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

impl Figures {
    pub(crate) fn row(&self) -> String {
        let (statements, trips) = self.statements;
        let mut row = format!("| {} | {statements:.1} ({trips:.1})", self.name);
        for rounds in [&self.service, &self.bare] {
            let millis = |percent| median(rounds, |round| ms(round.at(percent)));
            let (rate, cpu) = (median(rounds, Round::per_second), median(rounds, Round::cpu_micros));
            let _ = write!(row, " | {:.2} ms | {:.2} ms | {rate:.0} | {cpu:.0} µs", millis(50), millis(99));
        }
        let ratio = median(&self.service, Round::per_second) / median(&self.bare, Round::per_second);
        let resident = self.resident.map_or("–".to_owned(), |mebibytes| format!("{mebibytes} MiB"));
        let _ = write!(row, " | {ratio:.2} | {resident} |");
        row
    }
}

/// Returns the resident memory of this process in MiB, on Linux.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}
