//! Opens an import file, whatever its format and encoding. See `table` for its rows.

mod detect;
mod encoding;
#[cfg(test)]
mod fixture;
mod workbook;

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;

use super::{Format, Kind, Progress};
use crate::cli::Failure;

use self::detect::{Finding, Sample, detect};
use self::encoding::Decoded;
pub(super) use self::encoding::Encoding;
pub(super) use self::workbook::Sheet;

/// Text in UTF-8.
pub(super) type Text = Box<dyn BufRead + Send>;

/// An open file.
pub(super) enum Source {
    Csv(Text),
    JsonLines(Text),
    Sheet(Sheet),
}

/// What the operator says about a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) kind: Kind,
    pub(super) path: &'a Path,
    pub(super) encoding: Option<Encoding>,
    pub(super) sheet: Option<&'a str>,
}

/// Opens a file and makes sure of its encoding.
pub(super) fn open(about: About<'_>, progress: &mut Progress) -> Result<Source, Failure> {
    let path = about.path.display();
    let unreadable = |error| format!("{path} cannot be read: {error}");
    let format = format(about.path)?;
    let mut file = File::open(about.path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?;
    if !length.is_file() {
        return Err(format!("{path} is not a file: an import reads it more than once").into());
    }
    let mut start = [0; 8];
    let read = encoding::read_some(&mut file, &mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    check_content(format, &start[..read]).map_err(|reason| format!("{path}: {reason}"))?;
    if format == Format::Workbook {
        if about.encoding.is_some() {
            return Err(format!("{path} is a workbook, which needs no --encoding").into());
        }
        let sheet = workbook::read(&mut file, about.sheet).map_err(|reason| format!("{path}: {reason}"))?;
        return Ok(Source::Sheet(sheet));
    }
    if about.sheet.is_some() {
        return Err(format!("{path} has no sheets: --sheet is for .xlsx").into());
    }
    let encoding = encoding(about, &start[..read], &mut file)?;
    file.rewind().map_err(unreadable)?;
    let file = progress.of_file(file, length.len());
    let text: Text = Box::new(BufReader::new(Decoded::new(file, encoding)));
    Ok(if format == Format::JsonLines { Source::JsonLines(text) } else { Source::Csv(text) })
}

/// Returns the format that the ending of the name stands for.
fn format(path: &Path) -> Result<Format, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("csv" | "txt" | "tsv") => Ok(Format::Csv),
        Some("jsonl" | "ndjson") => Ok(Format::JsonLines),
        Some("xlsx") => Ok(Format::Workbook),
        Some("xls") => Err("an .xls file cannot be read: save it as .xlsx or CSV".into()),
        _ => Err("the file must end in .csv, .txt, .tsv, .xlsx, .jsonl or .ndjson".into()),
    }
}

/// Refuses a file whose content is not what its name says: shops give workbooks and web pages other endings.
fn check_content(format: Format, start: &[u8]) -> Result<(), &'static str> {
    let is_workbook = start.starts_with(b"PK\x03\x04");
    match format {
        _ if start.starts_with(b"\xD0\xCF\x11\xE0") => Err(
            "the content is that of an old or a protected Excel workbook: save it as .xlsx without a password, or as CSV",
        ),
        Format::Workbook if !is_workbook && !start.is_empty() => {
            Err("the content is not that of an .xlsx workbook: save it as .xlsx, or give a text file the ending .csv")
        }
        Format::Csv | Format::JsonLines if is_workbook => {
            Err("the content is that of an Excel workbook: give it the ending .xlsx")
        }
        Format::Csv | Format::JsonLines | Format::Workbook => Ok(()),
    }
}

/// Returns the encoding of a text file. Without `--encoding`, a doubtful one is an error that shows what to repeat.
fn encoding(about: About<'_>, start: &[u8], file: &mut File) -> Result<Encoding, Failure> {
    let path = about.path.display();
    if let Some(wanted) = about.encoding {
        return match Encoding::of_mark(start) {
            Some(marked) if marked != wanted => {
                Err(format!("{path} begins with the byte order mark of {}: leave --encoding out", marked.name()).into())
            }
            Some(_) | None => Ok(wanted),
        };
    }
    let finding = detect(file).map_err(|error| format!("{path} cannot be read: {error}"))?;
    let repeat = |encodings: &[Encoding]| {
        let command = |encoding: &Encoding| {
            format!("\n  guiyi import {} \"{path}\" --encoding {}", about.kind.name(), encoding.name())
        };
        let commands: String = encodings.iter().map(command).collect();
        format!("repeat the command, with your other options:{commands}")
    };
    let shown = |sample: &Sample, encoding: Encoding| super::cell::shorten(&encoding.read(&sample.value));
    match finding {
        Finding::Certain(encoding) => Ok(encoding),
        Finding::Gbk(sample) => Err(format!(
            "{path} is not UTF-8. It looks like GBK: line {} would then have {:?}. If that is right, {}",
            sample.line,
            shown(&sample, Encoding::Gbk),
            repeat(&[Encoding::Gbk])
        )
        .into()),
        Finding::Either(sample) => Err(format!(
            "{path} may be GBK or UTF-8: line {} has {:?} in GBK, and {:?} in UTF-8. To say which is right, {}",
            sample.line,
            shown(&sample, Encoding::Gbk),
            shown(&sample, Encoding::Utf8),
            repeat(&[Encoding::Gbk, Encoding::Utf8])
        )
        .into()),
        Finding::Zeros => Err(format!(
            "{path} is not UTF-8 text. If a program wrote it as UTF-16 or \"Unicode\", {}",
            repeat(&[Encoding::Utf16Le])
        )
        .into()),
        Finding::Neither(utf_8, gbk) => Err(format!(
            "{path} is neither UTF-8 (line {utf_8}) nor GBK (line {gbk}). Rows with damaged characters can be \
             left out as bad rows: to say which encoding the others have, {}",
            repeat(&[Encoding::Utf8, Encoding::Gbk, Encoding::Big5])
        )
        .into()),
    }
}

/// Returns text of this program as a source.
#[cfg(feature = "sandbox")]
pub(super) fn built_in(format: Format, text: &'static str) -> Source {
    let text: Text = Box::new(text.as_bytes());
    if format == Format::JsonLines { Source::JsonLines(text) } else { Source::Csv(text) }
}

/// Returns any bytes as a source in UTF-8, for tests.
#[cfg(test)]
pub(super) fn of_bytes(format: Format, bytes: Vec<u8>) -> Source {
    let text: Text = Box::new(BufReader::new(Decoded::new(std::io::Cursor::new(bytes), Encoding::Utf8)));
    if format == Format::JsonLines { Source::JsonLines(text) } else { Source::Csv(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_may_be_in_capitals_and_old_workbooks_are_refused_with_advice() {
        for (name, expected) in [
            ("a.CSV", Some(Format::Csv)),
            ("a.Txt", Some(Format::Csv)),
            ("a.TSV", Some(Format::Csv)),
            ("a.XLSX", Some(Format::Workbook)),
            ("a.NDJSON", Some(Format::JsonLines)),
            ("a.xls", None),
            ("a", None),
        ] {
            assert_eq!(format(Path::new(name)).ok(), expected, "{name}");
        }
    }

    #[test]
    fn content_that_is_not_what_the_name_says_is_named() {
        assert!(check_content(Format::Csv, b"PK\x03\x04rest").is_err());
        assert!(check_content(Format::Workbook, b"<html>").is_err());
        assert!(check_content(Format::Workbook, b"\xD0\xCF\x11\xE0").is_err());
        assert!(check_content(Format::Workbook, b"PK\x03\x04").is_ok());
        assert!(check_content(Format::Csv, b"externalI").is_ok());
    }
}
