//! The small text files by which a platform sees that a domain is the company's (`MP_verify_….txt`).
//! How they are served is `http`'s business.

use std::str::FromStr;

/// The most that a file may hold, in bytes. Those of WeChat hold sixteen.
const MAX_CONTENT: usize = 4 * 1024;
/// What lies below these is ours.
const OURS: [&str; 4] = ["graphql", "healthz", "playground", "readyz"];

/// A file that is served at `/{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainFile {
    /// Its path without the first slash.
    pub name: FileName,
    /// Its content, to the byte.
    pub content: FileContent,
}

/// Why a file cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// Its name does not end in `.txt`.
    #[error("must end in .txt")]
    NotText,
    /// Its name has a segment that is empty, has two dots in a row or other characters.
    #[error("must be of letters, digits, `_`, `-` and `.`, with single slashes between and no `..`")]
    BadName,
    /// It would stand before a page of ours.
    #[error("lies below a path of ours")]
    Ours,
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is too large.
    #[error("is longer than {MAX_CONTENT} bytes")]
    TooLong,
    /// It has bytes that nobody sees, which is how such a file fails without anybody knowing why.
    #[error("has a character that is not printable ASCII or the end of a line")]
    Unprintable,
}

/// The name of a file: segments of `[A-Za-z0-9_.-]`, ending in `.txt`. Case matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    /// The name, without the first slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = BadFile;

    fn from_str(name: &str) -> Result<Self, BadFile> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let sound = |segment: &str| {
            !segment.is_empty() && segment != "." && !segment.contains("..") && segment.chars().all(allowed)
        };
        if !name.split('/').all(sound) {
            return Err(BadFile::BadName);
        }
        if name.strip_suffix(".txt").is_none() {
            return Err(BadFile::NotText);
        }
        let first = name.split('/').next().unwrap_or_default();
        if OURS.contains(&first) { Err(BadFile::Ours) } else { Ok(Self(name.to_owned())) }
    }
}

/// What stands in a file: printable ASCII and ends of lines, at most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent(String);

impl FileContent {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileContent {
    type Err = BadFile;

    fn from_str(content: &str) -> Result<Self, BadFile> {
        if content.is_empty() {
            return Err(BadFile::Empty);
        }
        if content.len() > MAX_CONTENT {
            return Err(BadFile::TooLong);
        }
        let printable = |c: char| matches!(c, ' '..='~' | '\r' | '\n');
        if content.chars().all(printable) { Ok(Self(content.to_owned())) } else { Err(BadFile::Unprintable) }
    }
}
