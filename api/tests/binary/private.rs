//! Files that the binary creates are readable by their owner only, whatever the umask is.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::demo::{Workplace, start};

const USERS: &str = "externalId,phone\nC-1,13900000077\n";

/// Returns every file of the workplace with one of these prefixes, and its mode.
fn modes(place: &Workplace, prefixes: &[&str]) -> BTreeMap<String, u32> {
    let mut modes = BTreeMap::new();
    for entry in std::fs::read_dir(place.folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a plain name");
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            modes.insert(name, entry.metadata().expect("a file").permissions().mode() & 0o777);
        }
    }
    modes
}

/// Runs the binary with a umask that restricts nothing.
fn run_openly(place: &Workplace, arguments: &str) {
    let shell = format!("umask 000; exec {} {arguments}", env!("CARGO_BIN_EXE_guiyi"));
    let status = Command::new("sh").args(["-c", &shell]).current_dir(place.folder.path()).status();
    assert!(status.expect("a shell").success(), "{arguments}");
}

#[test]
fn the_database_and_a_report_are_the_owners_alone() {
    let place = Workplace::new();
    place.write("users.csv", USERS);

    run_openly(&place, "--demo import users users.csv --report report.csv");

    let modes = modes(&place, &["guiyi.db", "report"]);
    assert!(modes.contains_key("guiyi.db") && modes.contains_key("report.csv"), "{modes:?}");
    assert!(modes.values().all(|mode| *mode == 0o600), "{modes:?}");
}

#[tokio::test]
async fn the_files_beside_a_database_in_use_are_the_owners_alone() {
    let place = Workplace::new();

    let _demo = start(&place).await;

    let modes = modes(&place, &["guiyi.db"]);
    assert!(["guiyi.db", "guiyi.db-shm", "guiyi.db-wal"].iter().all(|name| modes.contains_key(*name)), "{modes:?}");
    assert!(modes.values().all(|mode| *mode == 0o600), "{modes:?}");
}

#[tokio::test]
async fn files_that_others_could_read_are_taken_away_from_them() {
    let place = Workplace::new();
    let demo = start(&place).await;
    // When killed, it leaves the files beside the database in place.
    drop(demo);
    place.write("report.csv", "an older report");
    for name in ["guiyi.db", "guiyi.db-wal", "guiyi.db-shm", "report.csv"] {
        std::fs::set_permissions(place.folder.path().join(name), Permissions::from_mode(0o664)).expect("a mode");
    }
    place.write("users.csv", USERS);

    let output = place.run(&["--demo", "import", "users", "users.csv", "--report", "report.csv"]);

    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("guiyi.db to its owner"), "{said}");
    let modes = modes(&place, &["guiyi.db", "report"]);
    assert!(modes.values().all(|mode| *mode == 0o600), "{modes:?}");
}
