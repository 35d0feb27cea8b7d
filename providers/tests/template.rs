//! The template of a provider in a crate of its own. It compiles as it is, since its placeholders are in texts only, so it is
//! under the contract here. Its manifest is resolved after its placeholders are replaced, and it is the provider of the
//! README.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

#[path = "../template/tests/tape/mod.rs"]
#[expect(unreachable_pub, reason = "the file belongs to another crate")]
mod tape;
#[path = "../template/src/lib.rs"]
#[expect(unreachable_pub, reason = "the file is the root of another crate")]
mod template;

use template::FACTORY;

mod contract {
    providers::contract!(crate::tape::TAPE);
}

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The files of the template, except the questions of `cargo generate`.
const FILES: [&str; 5] = ["Cargo.toml", "src/lib.rs", "tests/contract.rs", "tests/tape/mod.rs", "examples/play.rs"];

/// Returns a file of the template with its placeholders replaced, as `cargo generate` does.
fn file(name: &str) -> String {
    let path = Path::new(CRATE).join("template").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let guiyi = Path::new(CRATE).parent().expect("the workspace").display().to_string();
    let values = [("{{project-name}}", "harbor"), ("{{crate_name}}", "harbor"), ("{{guiyi}}", &guiyi)];
    let text = values.into_iter().fold(text, |text, (placeholder, value)| text.replace(placeholder, value));
    assert!(!text.contains("{{"), "{name} has a placeholder that this test does not know");
    text
}

/// Writes the crate into a folder below the target folder.
fn instantiated() -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("harbor");
    for name in FILES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder"))?;
        fs::write(path, file(name))?;
    }
    // The workspace's lock file, so that nothing is downloaded.
    fs::copy(Path::new(CRATE).join("../Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(folder)
}

/// Returns the platform of the compiler, such as `x86_64-unknown-linux-gnu`.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let told = String::from_utf8(output.stdout).expect("text");
    told.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

#[test]
fn its_manifest_finds_this_crate_and_its_own_targets() {
    let folder = instantiated().expect("the files can be written");

    // Only the dependencies of this platform were downloaded.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", &host()])
        .current_dir(folder)
        .output()
        .expect("cargo runs");

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = found["packages"].as_array().expect("packages");
    let package = |name: &str| packages.iter().find(|package| package["name"] == name).expect("the package");
    let targets = package("harbor")["targets"].as_array().expect("targets");
    let mut targets: Vec<_> = targets.iter().map(|target| (&target["kind"][0], &target["name"])).collect();
    targets.sort_by_key(|(kind, _)| kind.to_string());
    assert_eq!(targets.iter().map(|(_, name)| *name).collect::<Vec<_>>(), ["play", "harbor", "contract"]);
    let manifest = Path::new(CRATE).join("Cargo.toml");
    assert_eq!(package("providers")["manifest_path"].as_str(), manifest.to_str());
}

#[test]
fn its_files_are_rust_once_they_have_a_name() {
    for name in FILES.into_iter().filter(|name| *name != "Cargo.toml") {
        let parsed = syn::parse_file(&file(name));

        assert!(parsed.is_ok(), "{name}: {:?}", parsed.err());
    }
}

#[test]
fn it_is_the_provider_of_the_readme() {
    let page = fs::read_to_string(Path::new(CRATE).join("README.md")).expect("the page");
    let code: Vec<_> = page.lines().map(str::trim).collect();
    let is_shown = |line: &&str| line.starts_with("///") || code.contains(line);

    for name in ["src/lib.rs", "tests/tape/mod.rs"] {
        let text = file(name).replace(" Provider {", " Harbor {");
        let uses = text.find("\n/// ").expect("the first item has a doc line");
        let missing: Vec<_> = text[uses..].lines().map(str::trim).filter(|line| !is_shown(line)).collect();

        assert_eq!(missing, [""; 0], "lines of {name} that the README does not have");
    }
}
