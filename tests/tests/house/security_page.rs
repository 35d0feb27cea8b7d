//! Checks docs/security.md: the checklist is complete, and every test it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The number of lines in the checklist.
const LINES: usize = 51;

/// One row of the checklist.
struct Row {
    number: usize,
    tests: String,
}

#[test]
fn every_line_of_the_checklist_stands_on_the_page_once_and_in_order() {
    let numbers: Vec<usize> = rows().iter().map(|row| row.number).collect();

    assert_eq!(numbers, (1..=LINES).collect::<Vec<_>>());
}

#[test]
fn every_line_names_a_test_or_says_that_it_is_not_proved() {
    let silent: Vec<usize> = rows()
        .into_iter()
        .filter(|row| names(&row.tests).next().is_none() && !row.tests.contains("**Not proved**"))
        .map(|row| row.number)
        .collect();

    assert_eq!(silent, [0; 0], "these lines name no test and do not say **Not proved**");
}

#[test]
fn every_test_that_the_page_names_exists() {
    let sources = sources();
    let missing: BTreeSet<String> = rows()
        .iter()
        .flat_map(|row| names(&row.tests).map(move |name| (row.number, name.to_owned())))
        .filter(|(_, name)| !is_test(name, &sources))
        .map(|(number, name)| format!("line {number}: {name}"))
        .collect();

    assert!(missing.is_empty(), "the page names tests that do not exist:\n{missing:#?}");
}

/// Returns the rows of the checklist's tables: `
/// 7
/// what is true
/// its tests
/// `.
fn rows() -> Vec<Row> {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("the page is there");
    page.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.splitn(3, " | ");
    let number = cells.next()?.parse().ok()?;
    let (_, tests) = (cells.next()?, cells.next()?);
    Some(Row { number, tests: tests.to_owned() })
}

/// Returns the texts between backticks: names of tests, or paths of test files in other languages.
fn names(tests: &str) -> impl Iterator<Item = &str> {
    tests.split('`').skip(1).step_by(2)
}

/// Returns whether this is the path of a file, or a function that runs as a test, by its attribute or by a macro's
/// list.
fn is_test(name: &str, sources: &[String]) -> bool {
    if name.contains('/') {
        return root().join(name).is_file();
    }
    let definition = format!("fn {name}(");
    let by_attribute = sources.iter().any(|source| {
        source.find(&definition).is_some_and(|at| {
            let line = source[..at].rfind('\n').unwrap_or_default();
            let above = source[..line].lines().rev().take_while(|line| !line.trim().is_empty());
            above.map(str::trim).any(|line| line.starts_with("#[") && line.contains("test"))
        })
    });
    let in_a_list = |source: &String| {
        source.match_indices(name).any(|(at, _)| {
            let is_word = !source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            is_word && source[at + name.len()..].trim_start().starts_with([',', ')', '}', ']'])
        })
    };
    by_attribute || (sources.iter().any(|source| source.contains(&definition)) && sources.iter().any(in_a_list))
}

/// Returns every Rust file of the workspace except this one.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["api", "domain", "migration", "providers", "store", "tests"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with(file!()) {
                found.push(fs::read_to_string(&path).expect("a source is text"));
            }
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace")
}
