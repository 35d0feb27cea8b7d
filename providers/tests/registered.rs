//! The places outside its own file where a built-in provider is listed: every kind is in each of them. `README.md`
//! lists them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use providers::builtin::ALL;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the names that texts use for the product of a kind: the kind itself, or the names in the heading and the
/// first line of its section in `docs/providers.md`.
fn names(kind: &str, providers: &str) -> BTreeSet<String> {
    // A kind without a hyphen may also be an ordinary word.
    let mut names = BTreeSet::from([if kind.contains('-') { kind.to_owned() } else { format!("`{kind}`") }]);
    for section in providers.split("\n## ").skip(1) {
        let mut lines = section.lines().filter(|line| !line.is_empty());
        let (title, first) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if section.contains(&format!("ind `{kind}`")) || section.contains(&format!("kind = \"{kind}\"")) {
            names.insert(title.to_owned());
            let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            names.extend(first.split(|c| !is_chinese(c)).filter(|name| name.chars().count() > 1).map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_kind_is_in_all_the_places_that_a_provider_has() {
    let providers = page("docs/providers.md");
    let read = |name| (name, page(name));
    let (defaults, snapshot) = (read("api/config.default.toml"), read("api/tests/config.rs"));
    let kinds: Vec<_> = ALL.iter().map(|factory| factory.kind).collect();
    let mut missing = Vec::new();

    for kind in &kinds {
        if !providers.lines().any(|line| line.starts_with(&format!("| `{kind}` |"))) {
            missing.push(format!("{kind}: a row in the first table of docs/providers.md"));
        }
        let in_words = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == *kind);
        if !defaults.1.lines().any(|line| line.starts_with("# kind = ") && in_words(line)) {
            missing.push(format!("{kind}: the list after `# kind =` in {}", defaults.0));
        }
        let names = names(kind, &providers);
        for (name, text) in ["README.md", "README.zh-CN.md"].map(read) {
            if !names.iter().any(|called| text.contains(called.as_str())) {
                missing.push(format!("{kind}: {name}, by one of {names:?}"));
            }
        }
    }
    if !snapshot.1.contains(&format!("must be one of {}", kinds.join(", "))) {
        missing.push(format!("the list of kinds in the snapshot of {}", snapshot.0));
    }

    assert_eq!(missing, Vec::<String>::new());
}
