//! The text files by which platforms verify the company's domain (`MP_verify_….txt`).

use std::str::FromStr;

/// The longest file, in bytes. WeChat's have sixteen.
const MAX_CONTENT: usize = 4 * 1024;
/// Paths of the service, below which no file may lie.
const OURS: [&str; 5] = ["graphql", "healthz", "pictures", "playground", "readyz"];

/// A file that is served at `/{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainFile {
    /// Its path without the leading slash.
    pub name: FileName,
    /// Its exact content.
    pub content: FileContent,
}

/// Why a file cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// Its name does not end in `.txt`.
    #[error("must end in .txt")]
    NotText,
    /// Its name has an empty segment, two dots in a row or other characters.
    #[error("must consist of letters, digits, `_`, `-` and `.`, with single slashes between and no `..`")]
    BadName,
    /// It would shadow a page of the service.
    #[error("lies below a path of the service")]
    Ours,
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It is too long.
    #[error("is longer than {MAX_CONTENT} bytes")]
    TooLong,
    /// It has invisible bytes, which make verification fail for no visible reason.
    #[error("has a character that is not printable ASCII or the end of a line")]
    Unprintable,
}

/// The name of a file: segments of `[A-Za-z0-9_.-]`, ending in `.txt`. Case matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    /// Returns the name, without the leading slash.
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

/// The content of a file: printable ASCII and line endings, at most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent(String);

impl FileContent {
    /// Returns the text.
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
