//! Checks docs/tables.md and docs/glossary.md against the code: their tables, columns and identifiers exist, and the
//! diagrams are complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The columns of each table; a nullable column ends in `?`.
type Tables = BTreeMap<String, BTreeSet<String>>;
/// A foreign key: its table, its column, and the referenced table.
type ForeignKeys = BTreeSet<(String, String, String)>;

#[test]
fn the_diagrams_have_every_table_and_column_of_the_entities() {
    assert_eq!(diagrams().0, entities());
}

#[test]
fn the_diagrams_have_every_foreign_key_of_the_migrations() {
    let mut keys = foreign_keys();
    let tables = entities();
    keys.retain(|(table, ..)| tables.contains_key(table));

    assert_eq!(diagrams().1, keys);
}

#[test]
fn every_identifier_of_the_glossary_exists() {
    let rust = ["api", "domain", "entities", "providers", "sandbox", "store"];
    let rust = rust.map(|name| sources(&format!("{name}/src")).concat()).concat();
    let (schema, tables) = (read("schema.graphql"), entities());
    let in_tables = |name: &str| match name.split_once('.') {
        Some((table, column)) => {
            let nullable = format!("{column}?");
            tables.get(table).is_some_and(|columns| columns.contains(column) || columns.contains(&nullable))
        }
        None => tables.contains_key(name),
    };
    let page = read("docs/glossary.md");
    let rows: Vec<Vec<&str>> = page.lines().map(|line| line.split(" | ").collect()).collect();
    let (mut missing, mut concepts) = (Vec::new(), 0);
    for row in rows.iter().filter(|row| row.len() == 6) {
        concepts += 1;
        missing.extend(names(row[2]).filter(|name| !has_words(&rust, name)));
        missing.extend(names(row[3]).filter(|name| !in_tables(name)));
        missing.extend(names(row[4]).filter(|name| !has_words(&schema, name)));
    }

    assert_eq!(missing, [""; 0], "the glossary names identifiers that do not exist");
    assert!(concepts > 40, "{concepts}");
}

#[test]
fn the_steps_to_add_a_field_name_the_next_migration_and_every_place_that_builds_the_row() {
    let page = read("docs/ARCHITECTURE.md");
    let steps = page.split_once("\n## Adding a field\n").expect("the section").1;
    let steps = steps.split("\n## ").next().expect("its text");
    let numbers = paths("migration/src").into_iter().filter_map(|path| {
        let name = path.file_stem()?.to_str()?.strip_prefix('m')?.split('_').next()?;
        name.parse::<u32>().ok()
    });
    let next = format!("`m{:04}_", numbers.max().expect("a migration") + 1);
    let builds = |path: &PathBuf| fs::read_to_string(path).expect("a source is text").contains("user::Model {");
    let builders = ["store/src", "api/src"].into_iter().flat_map(paths).filter(builds);
    let missing: Vec<_> = builders
        .map(|path| path.strip_prefix(root()).expect("below the root").display().to_string())
        .filter(|path| !steps.contains(&format!("`{path}`")))
        .collect();

    assert!(steps.contains(&next), "the next step is {next}…");
    assert_eq!(missing, [""; 0], "these files build a row of `users`");
    let is_source = |name: &&str| Path::new(name).extension().is_some_and(|extension| extension == "rs");
    for path in names(steps).filter(is_source).filter(|name| name.contains('/')) {
        assert!(["", "api/src"].iter().any(|folder| root().join(folder).join(path).is_file()), "{path}");
    }
}

/// Returns the diagrams' tables with their columns, and their foreign keys, which are solid lines.
fn diagrams() -> (Tables, ForeignKeys) {
    let page = read("docs/tables.md");
    let (mut tables, mut keys) = (Tables::new(), ForeignKeys::new());
    for diagram in page.split("```mermaid\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let mut table = String::new();
        for line in diagram.lines() {
            let nullable = if line.ends_with("\"null\"") { "?" } else { "" };
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                [name, "{"] => name.clone_into(&mut table),
                ["}"] => table.clear(),
                [parent, line, child, ":", column] if line.contains("--") => {
                    keys.insert((child.to_owned(), column.to_owned(), parent.to_owned()));
                }
                [_, column, ..] if !table.is_empty() => {
                    tables.entry(table.clone()).or_default().insert(format!("{column}{nullable}"));
                }
                _ => {}
            }
        }
    }
    (tables, keys)
}

/// Returns the tables that the entities declare. A field with a relation is no column.
fn entities() -> Tables {
    let mut tables = Tables::new();
    for text in sources("entities/src") {
        let Some((_, rest)) = text.split_once("table_name = \"") else { continue };
        let (name, rest) = rest.split_once('"').expect("a name ends");
        let (fields, _) = rest.split_once("\n}").expect("a table ends");
        let column = |line: &str| {
            let (name, ty) = line.trim().strip_prefix("pub ")?.strip_suffix(',')?.split_once(": ")?;
            let nullable = if ty.starts_with("Option<") { "?" } else { "" };
            let is_relation = ["BelongsTo<", "HasOne<", "HasMany<"].iter().any(|kind| ty.starts_with(kind));
            (!is_relation).then(|| format!("{name}{nullable}"))
        };
        tables.insert(name.to_owned(), fields.lines().filter_map(column).collect());
    }
    tables
}

/// Returns the foreign keys that the migrations create, including those of dropped tables.
fn foreign_keys() -> ForeignKeys {
    let mut keys = ForeignKeys::new();
    for text in sources("migration/src") {
        for rest in ["references(\"", "part_of(\""].into_iter().flat_map(|call| text.split(call).skip(1)) {
            if let [table, _, column, _, parent] = rest.split('"').take(5).collect::<Vec<_>>()[..] {
                keys.insert((table.to_owned(), column.to_owned(), parent.to_owned()));
            }
        }
    }
    keys
}

/// Returns the names between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Returns whether every part of `one::another` or `one.another` occurs as a word.
fn has_words(text: &str, name: &str) -> bool {
    let of_a_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    name.split([':', '.']).filter(|part| !part.is_empty()).all(|part| {
        text.match_indices(part)
            .any(|(at, _)| !text[..at].ends_with(of_a_word) && !text[at + part.len()..].starts_with(of_a_word))
    })
}

/// Returns the texts of the Rust files of a directory.
fn sources(folder: &str) -> Vec<String> {
    paths(folder).iter().map(|path| fs::read_to_string(path).expect("a source is text")).collect()
}

/// Returns the paths of the Rust files of a directory.
fn paths(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the repository")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
