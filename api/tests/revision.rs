//! What the build script records about the sources: the commit and its date, from git or from variables.

#[path = "../build/revision.rs"]
mod revision;

use std::path::Path;
use std::process::Command;

use revision::{COMMIT, EPOCH, Revision, read};

/// Runs git with an author and a time.
fn made(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
    command.env("GIT_COMMITTER_DATE", "1700000000 +0800").env("GIT_CEILING_DIRECTORIES", folder);
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A repository with one file in one commit.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    made(folder.path(), &["init", "--quiet"]);
    std::fs::write(folder.path().join("file"), "one").expect("a file");
    made(folder.path(), &["add", "file"]);
    made(folder.path(), &["commit", "--quiet", "--message", "first"]);
    folder
}

#[test]
fn the_commit_and_its_date_are_those_of_git() {
    let folder = repository();
    let commit = made(folder.path(), &["rev-parse", "--short=12", "HEAD"]);

    let clean = read(folder.path(), |_| None);
    std::fs::write(folder.path().join("new"), "not in git").expect("a file");
    let with_a_new_file = read(folder.path(), |_| None);
    std::fs::write(folder.path().join("file"), "two").expect("a file");
    let modified = read(folder.path(), |_| None);

    let expected = Revision { commit: Some(commit.clone()), epoch: Some(1_700_000_000) };
    assert_eq!(clean, expected);
    assert_eq!(with_a_new_file, expected);
    assert_eq!(modified.commit, Some(format!("{commit}-modified")));
}

#[test]
fn without_git_both_are_unknown() {
    let folder = tempfile::tempdir().expect("a folder");

    assert_eq!(read(folder.path(), |_| None), Revision::default());
}

#[test]
fn variables_take_precedence_over_git() {
    let folder = repository();
    let variable = |name: &str| match name {
        COMMIT => Some("0123456789ab".to_owned()),
        EPOCH => Some("1600000000".to_owned()),
        _ => None,
    };

    let expected = Revision { commit: Some("0123456789ab".to_owned()), epoch: Some(1_600_000_000) };
    assert_eq!(read(folder.path(), variable), expected);
    let empty = tempfile::tempdir().expect("a folder");
    assert_eq!(read(empty.path(), variable), expected);
}
