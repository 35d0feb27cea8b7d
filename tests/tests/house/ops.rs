//! Checks the files of `ops/` against the code: every metric that an alert or a dashboard names is recorded and
//! documented, and every alert has a test. `make test-ops` runs the alerts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("text")
}

/// Returns the names of metrics in a text, without the endings that Prometheus adds to those of a histogram.
fn metrics(text: &str) -> BTreeSet<String> {
    let is_of_a_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let names = text.match_indices("guiyi_").filter(|(at, _)| !text[..*at].ends_with(is_of_a_name));
    let whole = names.map(|(at, _)| {
        let rest = &text[at..];
        &rest[..rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len())]
    });
    whole
        .map(|name| ["_bucket", "_sum", "_count"].iter().fold(name, |name, end| name.trim_end_matches(end)).to_owned())
        .collect()
}

fn in_ops() -> BTreeSet<String> {
    let of = |folder: &str| files(&root().join("ops").join(folder));
    let texts = of("prometheus").into_iter().chain(of("grafana")).map(|path| read(&path));
    texts.flat_map(|text| metrics(&text)).collect()
}

fn recorded() -> BTreeSet<String> {
    let sources = ["api/src", "store/src", "providers/src"].into_iter().flat_map(|folder| files(&root().join(folder)));
    let texts = sources.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).map(|path| read(&path));
    let quoted = |text: String| {
        let names = metrics(&text).into_iter();
        names.filter(|name| text.contains(&format!("\"{name}\""))).collect::<Vec<_>>()
    };
    texts.flat_map(quoted).collect()
}

#[test]
fn every_metric_of_an_alert_or_a_dashboard_is_recorded_by_the_code() {
    let (named, recorded) = (in_ops(), recorded());

    assert!(named.len() > 10 && recorded.len() > 10, "{named:?} {recorded:?}");
    let unknown: Vec<_> = named.difference(&recorded).collect();
    assert!(unknown.is_empty(), "ops/ names metrics that no code records: {unknown:?}");
}

#[test]
fn every_metric_of_the_code_is_documented_and_on_the_dashboard() {
    let documented = metrics(&read(&root().join("docs/operations.md")));
    let on_the_dashboard = metrics(&read(&root().join("ops/grafana/guiyi.json")));

    for name in recorded() {
        assert!(documented.contains(&name), "docs/operations.md lacks {name}");
        assert!(on_the_dashboard.contains(&name), "ops/grafana/guiyi.json lacks {name}");
    }
}

#[test]
fn every_alert_has_a_test_that_raises_it() {
    let alerts = read(&root().join("ops/prometheus/alerts.yml"));
    let tests = read(&root().join("ops/prometheus/alerts.test.yml"));

    let names: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let expected = format!("alertname: {name}\n      exp_alerts:\n      - exp_labels:");
        assert!(tests.contains(&expected), "alerts.test.yml does not raise {name}");
    }
}

#[test]
fn a_name_ends_where_its_letters_end() {
    let found =
        metrics("rate(guiyi_errors_total{code=\"X\"}[5m]) + guiyi_upstream_seconds_bucket; not_guiyi_errors_total");

    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["guiyi_errors_total", "guiyi_upstream_seconds"]);
}
