//! Hostile documents against the real parser: no document that passes the guard can overflow the stack.
//! A bounded slice runs here; `make fuzz` runs a million.

mod fuzz;

use fuzz::{Document, MAX_BRACKETS, Verdict, judge, seeds};

/// Fixed, so that a failure is caused by the change under test.
const SEED: u64 = 20_261_128;

#[test]
fn no_document_that_passes_the_backstop_comes_near_the_end_of_the_stack() {
    let passed = fuzz::run(SEED, 30_000);

    // The slice contains both kinds and valid documents.
    assert!(passed.refused > 1_000 && passed.unsound > 1_000 && passed.sound > 1_000, "{passed:?}");
}

#[test]
fn the_documents_that_once_ended_the_process_are_refused() {
    let seeds = seeds();

    let verdicts: Vec<_> = seeds.iter().map(|seed| (judge(&seed.text()), seed)).collect();

    assert!(seeds.len() >= 8);
    let passed: Vec<_> = verdicts.iter().filter(|(verdict, _)| *verdict != Verdict::Refused).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[test]
fn every_way_of_nesting_is_safe_at_the_limit() {
    for seed in seeds() {
        let each = seed.open.chars().filter(|c| matches!(c, '(' | '[' | '{')).count();
        let around = seed.before.chars().chain(seed.after.chars()).filter(|c| matches!(c, '(' | '[' | '{')).count();
        let most = Document { times: (MAX_BRACKETS - around) / each, ..seed };

        assert_ne!(judge(&most.text()), Verdict::Refused, "{most:?}");
    }
}
