//! Executes the README's first steps against a demo that was just started. A `…` inside a value of the page matches
//! anything.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::demo::{Workplace, start};
use serde_json::Value;

/// Separates the answers of the blocks.
const LINE: &str = "=====";

struct Block {
    language: String,
    text: String,
}

fn first_minute() -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let page = std::fs::read_to_string(path).expect("the README");
    let (_, rest) = page.split_once("<!-- first minute: begin -->").expect("the begin of the first minute");
    let (section, _) = rest.split_once("<!-- first minute: end -->").expect("the end of the first minute");
    let fenced = section.split("```").skip(1).step_by(2);
    fenced
        .map(|block| {
            let (language, text) = block.split_once('\n').expect("a language");
            Block { language: language.trim().to_owned(), text: text.to_owned() }
        })
        .collect()
}

/// Returns whether the answer matches the page.
fn matches(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::String(expected), Value::String(got)) => matches_text(expected, got),
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| matches(expected, got))
        }
        (Value::Object(expected), Value::Object(got)) => {
            expected.len() == got.len()
                && expected.iter().all(|(key, value)| got.get(key).is_some_and(|got| matches(value, got)))
        }
        _ => expected == got,
    }
}

fn matches_text(expected: &str, got: &str) -> bool {
    match expected.split_once('…') {
        Some((begin, end)) => got.len() >= begin.len() + end.len() && got.starts_with(begin) && got.ends_with(end),
        None => expected == got,
    }
}

fn run(place: &Workplace, script: &str) -> Output {
    Command::new("bash")
        .arg("-c")
        .arg(script)
        .env("API", format!("http://{}", place.api))
        .env("SANDBOX", format!("http://{}", place.sandbox))
        .output()
        .expect("bash runs")
}

#[tokio::test]
async fn the_first_minute_can_be_run_twice_in_a_row() {
    let place = Workplace::new();
    // Codes to one number are otherwise a minute apart, and the blocks wait for it.
    place.write("guiyi.toml", "[phone]\nresend_seconds = 0\n");
    let _demo = start(&place).await;
    let blocks = first_minute();
    let commands = blocks.iter().filter(|block| block.language == "sh").map(|block| block.text.as_str());
    let script = format!("set -eu\n{}", commands.collect::<String>());

    for which in ["first", "second"] {
        let output = run(&place, &script);

        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let is_well = output.status.success() && complaint.is_empty() && !said.contains("\"errors\"");
        assert!(is_well, "the {which} run: {said}\n{complaint}");
    }
}

#[tokio::test]
async fn the_first_minute_of_the_readme_works_as_written() {
    let blocks = first_minute();
    let (commands, answers): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| block.language == "sh");
    assert!(commands.len() >= 8 && commands.len() == answers.len(), "{} and {}", commands.len(), answers.len());
    let place = Workplace::new();
    let _demo = start(&place).await;
    let script = commands.iter().fold("set -eu\n".to_owned(), |mut script, block| {
        // Writing to a String does not fail.
        let _ = writeln!(script, "{}\necho '{LINE}'", block.text);
        script
    });

    let output = run(&place, &script);

    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for (block, got) in answers.iter().zip(text.split(LINE)) {
        let expected: Value = serde_json::from_str(&block.text).expect("the README's answers are JSON");
        let got: Value = serde_json::from_str(got).unwrap_or_else(|e| panic!("{e}: {got}"));
        assert!(matches(&expected, &got), "the README says\n{expected:#}\nand the answer is\n{got:#}");
    }
}
