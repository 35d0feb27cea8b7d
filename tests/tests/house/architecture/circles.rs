//! Detects import cycles: modules of a crate that import each other, directly or through others.
//!
//! Using an ancestor, which contains the module (`super::…`, `crate::…`), does not count as an import. Using a sibling,
//! or a sibling of an ancestor, does.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, holds, production};

/// The crates without import cycles.
const WITHOUT_CIRCLES: [&str; 4] = ["entities", "migration", "providers", "sandbox"];

/// A module's path inside its crate; empty for the crate's root.
type Module = Vec<String>;

#[test]
fn no_modules_import_each_other_in_a_loop() {
    let sources = production();
    let mut broken = Vec::new();
    for name in WITHOUT_CIRCLES {
        let imports = Imports::of(name, &sources);
        let circles = imports.circles().into_iter();
        broken.extend(circles.map(|circle| format!("{name}: {}", circle.into_iter().collect::<Vec<_>>().join(", "))));
    }

    holds("no modules of a crate import each other in a loop", &broken);
}

#[test]
fn a_circle_is_found() {
    let file = |path: &str, text: &str| Source { path: format!("round/src/{path}"), text: text.to_owned() };
    let sources = [
        file("lib.rs", "mod a;\nmod b;\nmod c;\n"),
        file("a.rs", "use std::fmt;\nuse crate::{b::{self, Bee}, c};\n"),
        file("b/mod.rs", "mod inner;\n"),
        file("b/inner.rs", "use super::Bee;\nfn f() { crate::c::g() }\n"),
        file("c.rs", "//! See `crate::a::x`.\nfn g() { super::a::f() }\n"),
    ];

    let circles = Imports::of("round", &sources).circles();

    let round = ["a", "b", "b::inner", "c"].map(str::to_owned);
    assert_eq!(circles, [BTreeSet::from(round)]);
}

/// The imports of each module.
struct Imports(BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    fn of(name: &str, sources: &[Source]) -> Self {
        let folder = format!("{name}/src/");
        let own = sources.iter().filter_map(|source| Some((module(source.path.strip_prefix(&folder)?), source)));
        let own: BTreeMap<Module, &Source> = own.collect();
        assert!(!own.is_empty(), "{name} does not exist, so its rule checks nothing");
        let known: BTreeSet<&Module> = own.keys().collect();
        let imports = own.iter().map(|(from, source)| {
            let named = paths(source).into_iter().filter_map(|path| absolute(from, &path));
            let targets = named.filter_map(|path| {
                (0..=path.len()).rev().map(|end| path[..end].to_vec()).find(|prefix| known.contains(prefix))
            });
            // A module contains its children: an import of it may reach them.
            let children = known.iter().filter(|other| other.split_last().is_some_and(|(_, up)| up == from.as_slice()));
            let targets = targets.chain(children.map(|child| (*child).clone()));
            (from.clone(), targets.filter(|target| !from.starts_with(target)).collect())
        });
        Self(imports.collect())
    }

    /// Returns the largest groups of modules that reach each other.
    fn circles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            self.0.keys().map(|from| (from, self.reach(from))).collect();
        let mut circles: Vec<BTreeSet<String>> = Vec::new();
        for (module, beyond) in reached.iter().filter(|(module, beyond)| beyond.contains(*module)) {
            let circle: BTreeSet<String> =
                beyond.iter().filter(|other| reached[*other].contains(module)).map(|other| other.join("::")).collect();
            if !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }

    fn reach(&self, from: &Module) -> BTreeSet<&Module> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Module> = self.0[from].iter().collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(&self.0[next]);
            }
        }
        reached
    }
}

/// Returns a file's module: `b/mod.rs` is `b`, `b/inner.rs` is `b::inner`, `lib.rs` is the root.
fn module(file: &str) -> Module {
    let path = file.trim_end_matches(".rs");
    let parts = path.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main"));
    parts.map(str::to_owned).collect()
}

/// Returns every path in a file that begins at the crate, at an ancestor or at the module itself.
fn paths(source: &Source) -> Vec<String> {
    let mut paths = Vec::new();
    let mut import = String::new();
    for line in source.lines() {
        if line.importing {
            import.push_str(line.text.trim());
            import.push(' ');
            if line.text.ends_with(';') {
                let tree = import.split_once("use ").map_or("", |(_, tree)| tree);
                spread("", tree.trim_end_matches([';', ' ']), &mut paths);
                import.clear();
            }
        } else if !is_of_children(line.text) {
            let in_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
            paths.extend(line.text.split(|letter| !in_path(letter)).map(str::to_owned));
        }
    }
    paths
}

/// Returns whether this line is an entity's relation to its children. SeaORM declares a relation at both ends, but only the
/// child has the key: it depends on the parent, and the parent does not depend on it.
fn is_of_children(line: &str) -> bool {
    [": HasMany<super::", ": HasOne<super::"].iter().any(|relation| line.contains(relation))
}

/// The paths of a tree of imports: `a::{b, c::{d, e}}` has three.
fn spread(before: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((stem, rest)) = tree.split_once('{') else {
        paths.push(format!("{before}{}", tree.split(" as ").next().unwrap_or_default().trim()));
        return;
    };
    let branches = rest.rsplit_once('}').map_or(rest, |(branches, _)| branches);
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in branches.char_indices().chain([(branches.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let branch = branches[start..at].trim();
                if !branch.is_empty() {
                    spread(&format!("{before}{}", stem.trim()), branch, paths);
                }
                start = (at + 1).min(branches.len());
            }
            _ => {}
        }
    }
}

/// Returns the path from the crate's root, if it leads there.
fn absolute(from: &Module, path: &str) -> Option<Module> {
    let mut parts = path.split("::").map(str::trim).filter(|part| !part.is_empty()).peekable();
    let mut at = match parts.next()? {
        "crate" => Vec::new(),
        "self" => from.clone(),
        "super" => from.split_last().map(|(_, up)| up.to_vec())?,
        _ => return None,
    };
    while parts.next_if_eq(&"super").is_some() {
        at.pop()?;
    }
    at.extend(parts.map(str::to_owned));
    Some(at)
}
