//! The commit that a release is built from, and its date. Two builds of a commit have the same: no clock is read.

use std::path::Path;
use std::process::Command;

/// The commit of a build outside of git, such as that of a container.
pub(crate) const COMMIT: &str = "GUIYI_COMMIT";
/// The time of the sources, in seconds since 1970: <https://reproducible-builds.org/specs/source-date-epoch/>.
pub(crate) const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// What is known of the sources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Revision {
    /// The commit, abbreviated, with `-modified` if files differ from it; `None` if it is not known.
    pub(crate) commit: Option<String>,
    /// The time of the commit, in seconds since 1970.
    pub(crate) epoch: Option<i64>,
}

/// Reads the commit of a folder's sources. Variables take precedence over git.
pub(crate) fn read(folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Revision {
    let commit = variable(COMMIT).or_else(|| of_git(folder));
    let epoch = variable(EPOCH).or_else(|| git(folder, &["show", "--no-patch", "--format=%ct", "HEAD"]));
    Revision { commit, epoch: epoch.and_then(|epoch| epoch.trim().parse().ok()) }
}

fn of_git(folder: &Path) -> Option<String> {
    let commit = git(folder, &["rev-parse", "--short=12", "HEAD"])?;
    // Files that git does not know are no part of the sources.
    let changes = git(folder, &["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changes.is_empty() { commit } else { format!("{commit}-modified") })
}

/// Returns what git prints; `None` if it fails or is not there.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
