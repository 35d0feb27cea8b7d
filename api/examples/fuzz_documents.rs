//! Runs many documents against the guard and the parser: `fuzz_documents [COUNT [SEED]]`. The tests run a bounded
//! slice.

#[path = "../tests/documents/fuzz.rs"]
mod fuzz;

use std::io::Write as _;
use std::time::Instant;

/// Documents of one seed.
const SLICE: usize = 50_000;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let count = numbers.next().unwrap_or(1_000_000);
    let first = numbers.next().unwrap_or(1);
    let begun = Instant::now();
    let slices = count.div_ceil(SLICE as u64);

    let kept = fuzz::seeds();
    let passed: Vec<_> = kept.iter().filter(|kept| fuzz::judge(&kept.text()) != fuzz::Verdict::Refused).collect();
    assert!(passed.is_empty(), "{passed:?}");
    let mut total = fuzz::Tally::default();
    for seed in first..first + slices {
        let tally = fuzz::run(seed, SLICE);
        total.refused += tally.refused;
        total.unsound += tally.unsound;
        total.sound += tally.sound;
    }

    let documents = slices * SLICE as u64;
    writeln!(std::io::stdout(), "{documents} documents in {:?}: {total:?}", begun.elapsed()).expect("a terminal");
}
