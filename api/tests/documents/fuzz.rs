//! Generates documents, most of them broken on purpose, and compares the guard with the library's parser. Used by the
//! tests and by the example.

use std::fmt::Write as _;

use api::graphql::{guard_document, guard_text};
use async_graphql::Variables;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql_value::Value;
use serde::Deserialize;

/// The guard's limit; repeated here, so that a change of it is deliberate.
pub(crate) const MAX_BRACKETS: usize = 400;

/// Half of a worker thread's stack: the other half is for the parser's callers.
const STACK: usize = 1024 * 1024;

/// A document with a repeated part.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Document {
    pub(crate) before: String,
    pub(crate) open: String,
    pub(crate) times: usize,
    pub(crate) middle: String,
    pub(crate) close: String,
    pub(crate) after: String,
}

impl Document {
    pub(crate) fn text(&self) -> String {
        let Self { before, open, times, middle, close, after } = self;
        format!("{before}{}{middle}{}{after}", open.repeat(*times), close.repeat(*times))
    }
}

/// Returns the stored documents: each of them once overflowed a stack or passed a guard.
pub(crate) fn seeds() -> Vec<Document> {
    include_str!("seeds.jsonl").lines().map(|line| serde_json::from_str(line).expect("a document")).collect()
}

/// The outcome for a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Refused by the guard, before parsing.
    Refused,
    /// Refused by the parser.
    Unsound,
    Sound,
}

/// The number of documents with each outcome.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) refused: usize,
    pub(crate) unsound: usize,
    pub(crate) sound: usize,
}

/// Judges documents on a small stack.
///
/// # Panics
///
/// When the guard accepts a document that it must refuse, or one that takes the parser near the end of that stack. (The
/// parser's engine reports this itself, 64 KiB before the end; the code that builds the tree does not, and would abort
/// the process.)
pub(crate) fn run(seed: u64, count: usize) -> Tally {
    // Not captured by the test: if the process aborts, this shows the seed.
    eprintln!("documents from seed {seed}");
    let work = move || {
        let (mut dice, mut tally, seeds) = (Dice(seed), Tally::default(), seeds());
        for _ in 0..count {
            match judge_here(&make(&mut dice, &seeds)) {
                Verdict::Refused => tally.refused += 1,
                Verdict::Unsound => tally.unsound += 1,
                Verdict::Sound => tally.sound += 1,
            }
        }
        tally
    };
    on_a_small_stack(work)
}

/// Judges one document on a small stack.
pub(crate) fn judge(text: &str) -> Verdict {
    let text = text.to_owned();
    on_a_small_stack(move || judge_here(&text))
}

fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread");
    thread.join().expect("no document breaks the promise")
}

fn judge_here(text: &str) -> Verdict {
    let brackets = text.chars().filter(|c| matches!(c, '(' | '[' | '{')).count();
    assert_eq!(guard_text(text).is_err(), brackets > MAX_BRACKETS, "{text:?}");
    if brackets > MAX_BRACKETS {
        return Verdict::Refused;
    }
    match parse_query(text) {
        Ok(document) => {
            let depth = depth(&document);
            assert!(depth <= brackets, "{depth} levels of {brackets} brackets: {text:?}");
            // The result does not matter.
            let _ = guard_document(&document, &Variables::default());
            Verdict::Sound
        }
        Err(error) => {
            assert!(!error.to_string().contains("limit reached"), "{error}: {text:?}");
            Verdict::Unsound
        }
    }
}

/// Returns the nesting depth of a document: selections, the arguments and values in them, types of lists.
fn depth(document: &ExecutableDocument) -> usize {
    let operations = document.operations.iter().map(|(_, operation)| {
        let variables = operation.node.variable_definitions.iter().map(|variable| {
            let of_type = variable.node.var_type.node.to_string().matches('[').count();
            let default = variable.node.default_value.as_ref().map_or(0, |v| of_value(&v.node.clone().into_value()));
            1 + of_type.max(default)
        });
        variables.max().unwrap_or(0).max(of_set(&operation.node.selection_set.node))
    });
    let fragments = document.fragments.values().map(|fragment| of_set(&fragment.node.selection_set.node));
    operations.chain(fragments).max().unwrap_or(0)
}

fn of_set(set: &SelectionSet) -> usize {
    let deepest = set.items.iter().map(|item| match &item.node {
        Selection::Field(field) => {
            let arguments = field.node.arguments.iter().map(|(_, value)| 1 + of_value(&value.node));
            arguments.max().unwrap_or(0).max(of_set(&field.node.selection_set.node))
        }
        Selection::InlineFragment(inline) => of_set(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => 0,
    });
    deepest.max().map_or(0, |deepest| deepest + 1)
}

fn of_value(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(of_value).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(of_value).max().unwrap_or(0),
        _ => 0,
    }
}

/// `SplitMix64`: pseudorandom numbers, determined by the seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below a usize")
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Pieces of documents, including those that tokenizers interpret differently.
const TOKENS: [&str; 48] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"",
    "\"\"\"",
    "\\\"\"\"",
    "\\\"",
    "\\",
    "#",
    "\r",
    "\n",
    "\r\n",
    " ",
    ",",
    "\u{feff}",
    "\u{2028}",
    "a",
    "b:",
    "a(b:",
    "a{",
    "...",
    "...{",
    "... on Q{",
    "...F ",
    "@skip(if:true)",
    "@d(e:[",
    "query ",
    "mutation{",
    "fragment F on Q{",
    "query($a:[[Int]]=[1]){",
    "$a",
    ":",
    "=",
    "!",
    "1",
    "-0.1e9",
    "true",
    "null",
    "\\u0041",
    "\\uD800",
    "é",
    "𝄞",
    "]]]]\"",
    "\u{0}",
];

fn make(dice: &mut Dice, seeds: &[Document]) -> String {
    match dice.below(4) {
        0 => soup(dice),
        1 => broken(dice),
        2 => sound(dice),
        _ => deep(dice, seeds),
    }
}

fn soup(dice: &mut Dice) -> String {
    let length = 1 + dice.below(200);
    (0..length).map(|_| dice.one(&TOKENS)).collect()
}

/// Generates a document of the grammar.
fn sound(dice: &mut Dice) -> String {
    let mut text = dice.one(&["", "query ", "query A ", "mutation B ", "query ($a: [[Int!]]! = [[1]]) "]).to_owned();
    let mut budget = 1 + dice.below(120);
    selection(dice, &mut text, &mut budget, 0);
    text + dice.one(&["", "", " fragment F on Q { a }", "\r# [[[ \r"])
}

fn selection(dice: &mut Dice, text: &mut String, budget: &mut usize, level: usize) {
    text.push('{');
    loop {
        text.push_str(dice.one(&[" ", ",", "\r", "\n", " #([{\r", " # \"\"\"\n", "\u{feff}"]));
        text.push_str(dice.one(&[
            "a",
            "b: a",
            "c @skip(if: true)",
            "...F",
            "... on Q @include(if: $a) { a }",
            "__typename",
        ]));
        if text.ends_with(['a', 'c']) && dice.below(3) == 0 {
            text.push_str("(x: ");
            value(dice, text, 0);
            text.push(')');
        }
        *budget = budget.saturating_sub(1);
        if *budget > 0 && level < 60 && text.ends_with(['a', ')', 'c']) && dice.below(2) == 0 {
            selection(dice, text, budget, level + 1);
        }
        if *budget == 0 || dice.below(3) == 0 {
            break;
        }
    }
    text.push('}');
}

fn value(dice: &mut Dice, text: &mut String, level: usize) {
    match dice.below(if level < 40 { 4 } else { 2 }) {
        0 => text.push_str(dice.one(&["1", "-2.5e3", "true", "null", "RED", "$a", "truely"])),
        1 => text.push_str(dice.one(&[
            "\"]]]\"",
            "\"\\\"[[[\"",
            "\"\"\" \\\"\"\" ]]] \"\"\"",
            "\"\"",
            "\"\\u005b\"",
            "\"\"\"\"\"\"",
        ])),
        2 => {
            text.push('[');
            (0..=dice.below(2)).for_each(|_| {
                value(dice, text, level + 1);
                text.push(' ');
            });
            text.push(']');
        }
        _ => {
            text.push_str("{k: ");
            value(dice, text, level + 1);
            text.push('}');
        }
    }
}

/// Generates a document of the grammar and inserts or removes something.
fn broken(dice: &mut Dice) -> String {
    let mut parts: Vec<char> = sound(dice).chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(parts.len().max(1)).min(parts.len());
        if dice.below(3) == 0 && at < parts.len() {
            parts.remove(at);
        } else {
            parts.splice(at..at, dice.one(&TOKENS).chars());
        }
    }
    parts.into_iter().collect()
}

/// Generates about as many brackets as the limit, behind text that hides them from some tokenizers.
fn deep(dice: &mut Dice, seeds: &[Document]) -> String {
    let seed = &seeds[dice.below(seeds.len())];
    let mut text = seed.before.clone();
    let levels = MAX_BRACKETS / 2 + dice.below(MAX_BRACKETS * 3 / 4);
    let distraction = dice.below(40);
    for level in 0..levels {
        text.push_str(&seed.open);
        if distraction > 0 && level % (distraction * 3) == 0 {
            let _ = write!(text, " {} ", dice.one(&["\"]]]\"", "#]]]\r", "#)))\n", "\"\"\"}}}\"\"\"", "\"", "\\"]));
        }
    }
    if dice.below(2) == 0 {
        text.push_str(&seed.middle);
        text.push_str(&seed.close.repeat(levels));
        text.push_str(&seed.after);
    }
    text
}
