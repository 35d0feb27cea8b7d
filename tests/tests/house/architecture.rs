//! Checks the architecture: allowed imports between crates and layers, file and function sizes, and module headers.
//! Only verifies that the compiler and clippy are configured to check the rest.

mod circles;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Dependency, DependencyKind, Edition, MetadataCommand, Package};
use toml::Table;

/// The imports that one crate may have, and the reason for the limit.
struct Row {
    name: &'static str,
    /// Workspace crates that it may use.
    ours: &'static [&'static str],
    /// Workspace crates that only its tests may use.
    ours_in_tests: &'static [&'static str],
    /// External crates that it must not use, not even in tests.
    never: &'static [&'static str],
    /// External crates that it may use in tests and behind a feature.
    behind_a_feature: &'static [&'static str],
    /// The only external crates that it may use, if listed.
    only: Option<&'static [&'static str]>,
    why: &'static str,
}

const ALONE: Row =
    Row { name: "", ours: &[], ours_in_tests: &[], never: &[], behind_a_feature: &[], only: None, why: "" };

/// The import table.
const PLAN: [Row; 8] = [
    Row {
        name: "domain",
        never: &["async-graphql", "axum", "reqwest", "sqlx", "tokio"],
        behind_a_feature: &["sea-orm"],
        why: "rules outlive frameworks",
        ..ALONE
    },
    Row {
        name: "providers",
        ours: &["domain"],
        // Itself, for its tests, with the contract.
        ours_in_tests: &["providers"],
        never: &["async-graphql", "sea-orm", "sea-orm-migration", "sqlx"],
        behind_a_feature: &["axum"],
        why: "third parties depend on this crate: it stays small and slow to change",
        ..ALONE
    },
    Row {
        name: "entities",
        ours: &["domain"],
        only: Some(&["sea-orm"]),
        why: "a table description that knows nothing cannot be wrong about much",
        ..ALONE
    },
    Row { name: "migration", why: "a migration is history", ..ALONE },
    Row {
        name: "store",
        ours: &["domain", "entities"],
        ours_in_tests: &["migration"],
        never: &["async-graphql", "axum", "reqwest"],
        why: "there is one place to look for the slow query, the lock, the missing index",
        ..ALONE
    },
    Row { name: "sandbox", why: "an imitation that shared code with us would share our mistakes", ..ALONE },
    Row {
        name: "api",
        ours: &["domain", "providers", "entities", "migration", "store", "sandbox"],
        // Itself, for its tests, with the contracts of plug-ins.
        ours_in_tests: &["api"],
        never: &["sea-orm", "sea-orm-migration", "sqlx"],
        why: "it connects all crates, but only `store` runs SQL",
        ..ALONE
    },
    Row {
        name: "acceptance",
        ours: &["api", "domain", "migration", "providers", "sandbox"],
        never: &["sea-orm", "sea-orm-migration"],
        // The bare handlers of the benchmark.
        behind_a_feature: &["sqlx"],
        why: "the service is tested from outside, through the binary's own wiring",
        ..ALONE
    },
];

#[test]
fn every_crate_stands_in_the_plan() {
    let names: Vec<String> = crates().iter().map(|found| found.name.to_string()).collect();

    let unplanned = names.iter().filter(|name| !is_ours(name)).map(|name| format!("{name} is not planned"));
    let unbuilt = PLAN.iter().filter(|row| !names.iter().any(|name| name == row.name));
    let broken: Vec<_> = unplanned.chain(unbuilt.map(|row| format!("{} is not built", row.name))).collect();

    holds("every crate has its row in the import table", &broken);
}

#[test]
fn every_crate_imports_only_what_the_plan_allows() {
    let mut broken = Vec::new();
    for found in crates() {
        let Some(row) = PLAN.iter().find(|row| found.name.as_str() == row.name) else { continue };
        let refused = found.dependencies.iter().filter(|dependency| !row.allows(dependency));
        broken.extend(refused.map(|dependency| format!("{} imports {}, but {}", row.name, dependency.name, row.why)));
    }

    holds("every crate imports only what the plan allows", &broken);
}

#[test]
fn no_feature_but_the_sandbox_is_on_by_default() {
    let found = crates();
    let default = |found: &Package| found.features.get("default").cloned().unwrap_or_default();
    // The default build includes the sandbox for evaluation; the test below covers the production build.
    let expected = |name: &str| if name == "api" { vec!["sandbox".to_owned()] } else { Vec::new() };
    let broken = found.iter().filter(|found| default(found) != expected(&found.name));
    let broken: Vec<_> = broken.map(|found| format!("{} has other default features", found.name)).collect();

    holds("a feature is off unless it is asked for, but for the sandbox", &broken);
}

#[test]
fn the_binary_for_production_has_no_sandbox() {
    let build = ["--package", "api", "--no-default-features"];
    let tree = tree(&[&build[..], &["--edges", "normal"]].concat());
    let is_linked = |wanted: &str| tree.iter().any(|(name, _)| name == wanted);

    let makes_it = format!("cargo build --release {}", build.join(" "));
    for file in ["scripts/release/build", "Dockerfile"] {
        assert!(read(&root().join(file)).contains(&makes_it), "{file} does not run `{makes_it}`");
    }
    assert!(is_linked("store"), "the tree is not that of the binary: {tree:?}");
    assert!(!is_linked("sandbox"), "the sandbox is linked into the binary for production");
}

/// How many crates are in the tree in more than one version, all because of upgrades in progress elsewhere.
const IN_SEVERAL_VERSIONS: usize = 35;

#[test]
fn no_more_crates_come_in_several_versions() {
    let names: Vec<String> = tree(&["--workspace"]).into_iter().map(|(name, _)| name).collect();
    let several: BTreeSet<&str> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].as_str()).collect();

    let (found, known) = (several.len(), IN_SEVERAL_VERSIONS);
    assert!(found <= known, "{found} crates come in several versions, at most {known} may: {several:?}");
    assert!(found == known, "only {found} crates come in several versions: lower IN_SEVERAL_VERSIONS");
}

#[test]
fn a_migration_never_imports_the_tables_of_today() {
    let broken = Silence::within("migration/src").about(&["domain", "entities"]);

    holds("migrations never import the current tables", &broken);
}

#[test]
fn use_cases_know_neither_graphql_nor_http() {
    let broken = Silence::within("api/src/usecase").about(&["async_graphql", "axum", "graphql", "http"]);

    holds("use cases use neither GraphQL nor HTTP", &broken);
}

#[test]
fn graphql_knows_neither_http_nor_the_database() {
    let broken = Silence::within("api/src/graphql").about(&["axum", "http", "sea_orm", "sqlx", "Store", "Tx", "View"]);

    holds("the GraphQL layer uses neither HTTP nor the database", &broken);
}

#[test]
fn only_http_knows_the_web_framework() {
    let silence = Silence::within("api/src").except(&["api/src/http", "api/src/app.rs", "api/src/cli/serve.rs"]);

    holds("inside `api` only `http`, and the files that pass its router on, use axum", &silence.about(&["axum"]));
}

#[test]
fn only_the_crates_of_the_database_know_the_orm() {
    let silence = Silence::within("").except(&["entities/src", "migration/src", "store/src"]);
    let broken = silence.about(&["sea_orm", "sea_orm_migration", "sqlx"]);

    holds("only `store`, `entities` and `migration` use SeaORM; `domain` does behind its feature", &broken);
}

#[test]
fn production_files_are_small() {
    let sources = production();
    let lengths: Vec<usize> = sources.iter().map(|source| source.text.lines().count()).collect();

    let long = sources.iter().zip(&lengths).filter(|(_, length)| **length > 400);
    let mut broken: Vec<_> = long.map(|(source, length)| format!("{} has {length} lines", source.path)).collect();
    broken.extend(percentile_90(lengths).filter(|length| *length > 250).map(|length| format!("p90 is {length} lines")));

    holds("a production file has at most 400 lines, nine of ten at most 250", &broken);
}

#[test]
fn functions_are_small() {
    let lengths = production().iter().flat_map(|source| functions(&source.text)).collect();
    let mut broken: Vec<_> =
        percentile_90(lengths).filter(|length| *length > 25).map(|l| format!("p90 is {l}")).collect();

    let threshold = table(&root().join("clippy.toml"));
    if threshold.get("too-many-lines-threshold").and_then(toml::Value::as_integer) != Some(60) {
        broken.push("clippy.toml: too-many-lines-threshold is not 60".to_owned());
    }
    if manifest()["workspace"]["lints"]["clippy"].get("too_many_lines").is_none() {
        broken.push("Cargo.toml: the lint too_many_lines is not named".to_owned());
    }

    holds("a function has at most 60 lines, nine of ten at most 25", &broken);
}

#[test]
fn every_production_file_says_what_it_is_for() {
    let header = |source: &Source| source.text.lines().take_while(|line| line.starts_with("//!")).count();
    let broken: Vec<_> =
        production().into_iter().filter(|source| header(source) == 0).map(|source| source.path).collect();

    holds("a file begins with a header that says what it is for", &broken);
}

#[test]
fn the_api_writes_through_the_one_runner() {
    let begins = |source: &Source| source.path.starts_with("api/") && source.text.contains(".begin()");
    let broken: Vec<_> = production().into_iter().filter(begins).map(|source| source.path).collect();

    holds("the api writes through `Store::write`, which commits and retries", &broken);
}

#[test]
fn nothing_is_unfinished_ignored_or_excused() {
    let macros = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let attributes = ["#[ignore]", "#[ignore =", "#[allow(", "#![allow("].map(str::to_owned);
    let mut broken = Vec::new();
    for source in every_file() {
        for line in source.lines() {
            let text = line.text.trim_start();
            let found = macros.iter().filter(|marker| text.contains(*marker));
            let found = found.chain(attributes.iter().filter(|marker| text.starts_with(*marker)));
            broken.extend(found.map(|marker| format!("{}:{}: {marker}", source.path, line.number)));
        }
    }

    holds("nothing is left unfinished, no test is ignored, no lint is allowed without a reason", &broken);
}

#[test]
fn every_workspace_dependency_says_why_it_is_there() {
    let text = read(&root().join("Cargo.toml"));
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .collect();

    let names = |line: &str| line.split_once(" = ").map(|(name, _)| name.to_owned());
    let explains = |line: &str| line.starts_with("# ") && !line.starts_with("# ──");
    let silent = lines.windows(2).filter(|pair| !explains(pair[0])).filter_map(|pair| names(pair[1]));
    let broken: Vec<_> = silent.filter(|name| !name.starts_with([' ', '#']) && !is_ours(name)).collect();

    holds("every dependency of the workspace says why it is there, in the line above it", &broken);
}

#[test]
fn dependencies_are_named_once_and_used() {
    let crates = crates();
    let used = |name: &str| crates.iter().any(|found| found.dependencies.iter().any(|other| other.name == name));
    let named = manifest()["workspace"]["dependencies"].as_table().expect("a table of dependencies").clone();

    let mut broken: Vec<_> =
        named.keys().filter(|name| !used(name)).map(|name| format!("no crate uses {name}")).collect();
    for found in &crates {
        broken.extend(own_dependencies(found).map(|name| format!("{} names {name} for itself", found.name)));
    }

    holds("a dependency is named once, in the workspace, and is used", &broken);
}

#[test]
fn every_crate_is_unpublished_of_edition_2024_and_under_the_lints() {
    let mut broken = Vec::new();
    for found in crates() {
        let lints = table(found.manifest_path.as_std_path());
        let under_the_lints = lints.get("lints").and_then(|lints| lints["workspace"].as_bool()) == Some(true);
        let unpublished = found.publish.as_ref().is_some_and(Vec::is_empty);
        if !(under_the_lints && unpublished && found.edition == Edition::E2024) {
            broken.push(found.name.to_string());
        }
    }

    holds("every crate has publish = false, edition 2024 and lints.workspace = true", &broken);
}

impl Row {
    fn allows(&self, dependency: &Dependency) -> bool {
        let name = dependency.name.as_str();
        let in_tests = dependency.kind == DependencyKind::Development;
        if is_ours(name) {
            return self.ours.contains(&name) || (in_tests && self.ours_in_tests.contains(&name));
        }
        let hidden = in_tests || dependency.optional;
        !self.never.contains(&name)
            && (hidden || !self.behind_a_feature.contains(&name))
            && self.only.is_none_or(|only| only.contains(&name))
    }
}

/// Sources that must not mention certain names.
struct Silence {
    sources: Vec<Source>,
}

impl Silence {
    fn within(folder: &str) -> Self {
        let mut sources = production();
        sources.retain(|source| source.path.starts_with(folder));
        assert!(!sources.is_empty(), "{folder} does not exist, so its rule checks nothing");
        Self { sources }
    }

    fn except(mut self, places: &[&str]) -> Self {
        self.sources.retain(|source| !places.iter().any(|place| source.path.starts_with(place)));
        self
    }

    /// Returns every violation.
    fn about(&self, names: &[&str]) -> Vec<String> {
        let mut broken = Vec::new();
        for source in &self.sources {
            for line in source.lines() {
                let spoken = names.iter().filter(|name| line.mentions(name));
                broken.extend(spoken.map(|name| format!("{}:{}: {name}", source.path, line.number)));
            }
        }
        broken
    }
}

struct Source {
    /// Path from the workspace's root.
    path: String,
    text: String,
}

impl Source {
    /// Returns the lines without comments, and without code behind the feature `sea-orm`.
    fn lines(&self) -> Vec<Line<'_>> {
        let mut importing = false;
        let mut gate = None;
        let mut lines = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let text = line.split("//").next().unwrap_or_default().trim_end();
            let begins = text.trim_start();
            let indent = text.len() - begins.len();
            if begins == "#[cfg(feature = \"sea-orm\")]" {
                gate = Some(indent);
            }
            importing |= begins.starts_with("use ") || (begins.starts_with("pub") && begins.contains(" use "));
            if gate.is_none() && !begins.starts_with("#[cfg_attr(feature = \"sea-orm\"") {
                lines.push(Line { number: index + 1, text, importing });
            }
            importing &= !text.ends_with(';');
            gate = gate.filter(|outer| *outer != indent || !(text.ends_with(';') || text.ends_with('}')));
        }
        lines
    }
}

struct Line<'a> {
    number: usize,
    text: &'a str,
    /// Whether it is part of a `use`.
    importing: bool,
}

impl Line<'_> {
    /// Returns whether the line names a crate, a module or a type, in a `use` or in a path.
    fn mentions(&self, name: &str) -> bool {
        let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        self.text.match_indices(name).any(|(at, _)| {
            let (before, after) = (&self.text[..at], &self.text[at + name.len()..]);
            let whole = !before.ends_with(in_word) && !after.starts_with(in_word);
            whole && (self.importing || before.ends_with("::") || after.starts_with("::"))
        })
    }
}

/// Returns the number of lines of each function, from its name to its closing brace, in formatted code.
fn functions(text: &str) -> Vec<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str| {
        let qualifies =
            |word: &str| matches!(word, "async" | "const") || word.starts_with("pub") || word.ends_with(')');
        line.split_once("fn ").is_some_and(|(before, _)| before.split_whitespace().all(qualifies))
    };
    let length = |start: usize| {
        let ends = |line: &&str| indent(line) == indent(lines[start]) && line.ends_with([';', '}']);
        lines[start..].iter().position(ends).map(|last| last + 1)
    };
    (0..lines.len()).filter(|start| begins(lines[*start])).filter_map(length).collect()
}

/// Returns no value for an empty list.
fn percentile_90(mut counts: Vec<usize>) -> impl Iterator<Item = usize> {
    counts.sort_unstable();
    let place = (counts.len() * 9).div_ceil(10).saturating_sub(1);
    counts.into_iter().skip(place).take(1)
}

/// Returns every file under the `src` of every crate, without tests at the end of a file.
fn production() -> Vec<Source> {
    let mut sources = every_file();
    sources.retain(|source| source.path.split('/').nth(1) == Some("src"));
    for source in &mut sources {
        let end = source.text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(source.text.len());
        source.text.truncate(end);
    }
    sources
}

/// Returns every Rust file of every crate.
fn every_file() -> Vec<Source> {
    let mut paths = Vec::new();
    for found in crates() {
        let folder = found.manifest_path.parent().expect("a manifest is in a directory");
        collect(folder.as_std_path(), &mut paths);
    }
    let relative = |path: &Path| path.strip_prefix(root()).expect("crates are below the root").display().to_string();
    paths.iter().map(|path| Source { path: relative(path), text: read(path) }).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Returns the dependencies whose version a crate names instead of taking the workspace's.
fn own_dependencies(found: &Package) -> impl Iterator<Item = String> {
    let manifest = table(found.manifest_path.as_std_path());
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables =
        sections.map(|section| manifest.get(section).and_then(toml::Value::as_table).cloned().unwrap_or_default());
    let own = |(_, value): &(String, toml::Value)| value.get("workspace").is_none();
    tables.into_iter().flatten().filter(own).map(|(name, _)| name)
}

fn is_ours(name: &str) -> bool {
    PLAN.iter().any(|row| row.name == name)
}

/// Returns the names and versions of the crates that `cargo tree` finds, without duplicates, sorted by name. The target
/// is fixed, so that the result is the same on every machine.
fn tree(arguments: &[&str]) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--prefix", "none", "--target", "x86_64-unknown-linux-gnu"])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("names of crates are text");
    let crates = lines.lines().filter_map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?))
    });
    crates.collect()
}

fn crates() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    command.exec().expect("cargo describes the workspace").packages
}

fn manifest() -> Table {
    table(&root().join("Cargo.toml"))
}

fn table(path: &Path) -> Table {
    read(path).parse().expect("the file is TOML")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace")
}

#[track_caller]
fn holds(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}
