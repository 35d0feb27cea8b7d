//! Rebuilds when the bundles of the playground, the demo shop and the console have changed, which are part of the binary, and tells
//! the binary from which commit it is built. Uses no network.

#[path = "build/revision.rs"]
mod revision;

use std::path::Path;

use revision::{COMMIT, EPOCH, Revision, git, read};

fn main() {
    for folder in ["../web/dist", "../web/shop/dist", "../web/console/dist"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    for variable in [COMMIT, EPOCH] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // A debug build names no commit, so that a commit alone compiles nothing.
    let is_release = variable("PROFILE").as_deref() == Some("release");
    let revision = if is_release { of_sources() } else { Revision::default() };
    println!("cargo::rustc-env=GUIYI_BUILD_COMMIT={}", revision.commit.unwrap_or_default());
    println!(
        "cargo::rustc-env=GUIYI_BUILD_EPOCH={}",
        revision.epoch.map(|epoch| epoch.to_string()).unwrap_or_default()
    );
    println!("cargo::rustc-env=GUIYI_BUILD_IS_RELEASE={is_release}");
}

fn of_sources() -> Revision {
    let folder = Path::new(".");
    for file in ["HEAD", "index", "logs/HEAD"] {
        if let Some(path) = git(folder, &["rev-parse", "--git-path", file]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    read(folder, variable)
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to a build script through variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
