//! Compares how phone numbers are read with another port of libphonenumber. `make test-phones` runs it.
//!
//! Reads the lines of `domain/oracle/numbers.py` from the standard input, prints those that differ, and fails if there is one.

use std::io::BufRead;
use std::process::ExitCode;

use domain::PhoneNumber;

fn main() -> ExitCode {
    let (mut count, mut numbers, mut differences) = (0_u64, 0_u64, 0_u64);
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line of text");
        let (expected, text) = line.rsplit_once('\t').expect("four fields");
        let found = read(text);
        count += 1;
        numbers += u64::from(!expected.starts_with('-'));
        if found != expected {
            differences += 1;
            println!("{text:?} is {found:?} here and {expected:?} there");
        }
    }
    println!("{count} texts, {numbers} of them numbers: {differences} differ");
    if count > 0 && differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the number, the type of the line and the country of a text.
fn read(text: &str) -> String {
    let Ok(number) = PhoneNumber::parse(text) else { return "-\t-\t-".to_owned() };
    let country = number.country().map_or_else(|| "-".to_owned(), |country| format!("{country:?}"));
    format!("{}\t{:?}\t{country}", number.e164(), number.line_type())
}
