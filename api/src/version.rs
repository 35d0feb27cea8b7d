//! The version of this program: the crate's, and of a release also the commit and its date, which `build.rs` finds out.

use std::sync::LazyLock;

use chrono::DateTime;

/// The version of the crate.
pub(crate) const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// What `guiyi --version` prints after the name: `0.1.0 (0123456789ab, 2026-11-29)`.
pub(crate) static TEXT: LazyLock<String> = LazyLock::new(|| format!("{NUMBER} ({})", sources()));

/// Returns the commit of a release; `unknown` outside of git.
pub(crate) fn commit() -> &'static str {
    match (env!("GUIYI_BUILD_COMMIT"), env!("GUIYI_BUILD_IS_RELEASE")) {
        (_, "false") => "debug build",
        ("", _) => "unknown",
        (commit, _) => commit,
    }
}

fn sources() -> String {
    match day(env!("GUIYI_BUILD_EPOCH")) {
        Some(day) => format!("{}, {day}", commit()),
        None => commit().to_owned(),
    }
}

fn day(epoch: &str) -> Option<String> {
    let time = DateTime::from_timestamp(epoch.parse().ok()?, 0)?;
    Some(time.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_that_of_the_epoch_in_utc() {
        assert_eq!(day("1700000000").as_deref(), Some("2023-11-14"));
        assert_eq!(day("0").as_deref(), Some("1970-01-01"));
        for unknown in ["", "today", "99999999999999999999"] {
            assert_eq!(day(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_build_for_tests_is_no_release() {
        assert!(TEXT.starts_with(&format!("{NUMBER} (")), "{}", *TEXT);
        assert_eq!(commit() == "debug build", cfg!(debug_assertions), "{}", *TEXT);
    }
}
