//! Opens an import file, whatever its format and encoding. See `table` for its rows.

mod detect;
mod encoding;
#[cfg(test)]
mod fixture;
mod workbook;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::path::Path;

use super::{Format, Kind, Progress};
use crate::cli::Failure;
use crate::cli::words::because;
use crate::text::{Text as Message, text};

use self::detect::{Finding, Sample, detect, is_only_utf_8};
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
    let unreadable = |error: io::Error| because(text!("{path} cannot be read", "无法读取 {path}"), error);
    let of_file = |reason: Failure| because(text!("{path}", "{path}"), reason);
    let format = format(about.path)?;
    let mut file = File::open(about.path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?;
    if !length.is_file() {
        return Err(text!(
            "{path} is not a file: an import reads it more than once",
            "{path} 不是普通文件：导入需要多次读取文件"
        )
        .into());
    }
    let mut start = [0; 8];
    let read = encoding::read_some(&mut file, &mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    check_content(format, &start[..read]).map_err(|reason| of_file(reason.into()))?;
    if format == Format::Workbook {
        if about.encoding.is_some() {
            return Err(
                text!("{path} is a workbook, which needs no --encoding", "{path} 是工作簿，不需要 --encoding").into()
            );
        }
        let sheet = workbook::read(&mut file, about.sheet).map_err(of_file)?;
        return Ok(Source::Sheet(sheet));
    }
    if about.sheet.is_some() {
        return Err(
            text!("{path} has no sheets: --sheet is for .xlsx", "{path} 没有工作表：--sheet 只用于 .xlsx").into()
        );
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
        Some("xls") => Err(text!(
            "an .xls file cannot be read: save it as .xlsx or CSV",
            "不支持 .xls 文件：请另存为 .xlsx 或 CSV"
        )
        .into()),
        _ => Err(text!(
            "the file must end in .csv, .txt, .tsv, .xlsx, .jsonl or .ndjson",
            "文件扩展名应为 .csv、.txt、.tsv、.xlsx、.jsonl 或 .ndjson"
        )
        .into()),
    }
}

/// Refuses a file whose content is not what its name says: shops give workbooks and web pages other endings.
fn check_content(format: Format, start: &[u8]) -> Result<(), Message> {
    let is_workbook = start.starts_with(b"PK\x03\x04");
    match format {
        _ if start.starts_with(b"\xD0\xCF\x11\xE0") => Err(text!(
            "the content is that of an old or a protected Excel workbook: save it as .xlsx without a password, or as CSV",
            "内容是旧版或有密码保护的 Excel 工作簿：请去除密码后另存为 .xlsx，或另存为 CSV"
        )),
        Format::Workbook if !is_workbook && !start.is_empty() => Err(text!(
            "the content is not that of an .xlsx workbook: save it as .xlsx, or give a text file the ending .csv",
            "内容不是 .xlsx 工作簿：请另存为 .xlsx；如果是文本文件，请将扩展名改为 .csv"
        )),
        Format::Csv | Format::JsonLines if is_workbook => Err(text!(
            "the content is that of an Excel workbook: give it the ending .xlsx",
            "内容是 Excel 工作簿：请将扩展名改为 .xlsx"
        )),
        Format::Csv | Format::JsonLines | Format::Workbook => Ok(()),
    }
}

/// Returns the encoding of a text file. Without `--encoding`, a doubtful one is an error that shows what to repeat.
fn encoding(about: About<'_>, start: &[u8], file: &mut File) -> Result<Encoding, Failure> {
    let path = about.path.display();
    let unreadable = |error: io::Error| because(text!("{path} cannot be read", "无法读取 {path}"), error);
    if let Some(wanted) = about.encoding {
        return match Encoding::of_mark(start) {
            Some(marked) if marked != wanted => {
                let name = marked.name();
                Err(text!(
                    "{path} begins with the byte order mark of {name}: leave --encoding out",
                    "{path} 以 {name} 的字节顺序标记（BOM）开头：请去掉 --encoding"
                )
                .into())
            }
            None if matches!(wanted, Encoding::Gbk | Encoding::Big5) && is_only_utf_8(file).map_err(unreadable)? => {
                let name = wanted.name();
                Err(text!(
                    "{path} is UTF-8, and no {name}: leave --encoding out",
                    "{path} 是 UTF-8 编码，不是 {name}：请去掉 --encoding"
                )
                .into())
            }
            Some(_) | None => Ok(wanted),
        };
    }
    let finding = detect(file).map_err(unreadable)?;
    match finding {
        Finding::Certain(encoding) => Ok(encoding),
        doubtful => Err(ask(about, &doubtful).into()),
    }
}

/// Says what a file may be in, and which commands choose.
fn ask(about: About<'_>, finding: &Finding) -> Message {
    let path = about.path.display();
    let repeat = |encodings: &[Encoding]| {
        let command = |encoding: &Encoding| {
            format!("\n  guiyi import {} \"{path}\" --encoding {}", about.kind.name(), encoding.name())
        };
        let commands: String = encodings.iter().map(command).collect();
        text!("repeat the command, with your other options:{commands}", "请加上其他原有参数重新运行：{commands}")
    };
    let shown = |sample: &Sample, encoding: Encoding| super::cell::shorten(&encoding.read(&sample.value));
    match finding {
        Finding::Certain(encoding) => repeat(&[*encoding]),
        Finding::Gbk(sample) => text!(
            "{path} is not UTF-8. It looks like GBK: line {line} would then have {gbk:?}. If that is right, ",
            "{path} 不是 UTF-8 编码，可能是 GBK：按 GBK 读取，第 {line} 行含有 {gbk:?}。如果正确，",
            line = sample.line,
            gbk = shown(sample, Encoding::Gbk)
        )
        .then(&repeat(&[Encoding::Gbk])),
        Finding::Either(sample) => text!(
            "{path} may be GBK or UTF-8: line {line} has {gbk:?} in GBK, and {utf_8:?} in UTF-8. To say which is right, ",
            "{path} 可能是 GBK 或 UTF-8 编码：第 {line} 行按 GBK 读取含有 {gbk:?}，按 UTF-8 读取含有 {utf_8:?}。确认正确的编码后，",
            line = sample.line,
            gbk = shown(sample, Encoding::Gbk),
            utf_8 = shown(sample, Encoding::Utf8)
        )
        .then(&repeat(&[Encoding::Gbk, Encoding::Utf8])),
        Finding::Zeros => text!(
            "{path} is not UTF-8 text. If a program wrote it as UTF-16 or \"Unicode\", ",
            "{path} 不是 UTF-8 文本。如果它由程序保存为 UTF-16 或“Unicode”，"
        )
        .then(&repeat(&[Encoding::Utf16Le])),
        Finding::Neither(utf_8, gbk) => text!(
            "{path} is neither UTF-8 (line {utf_8}) nor GBK (line {gbk}). Rows with damaged characters can be left out as \
             bad rows: to say which encoding the others have, ",
            "{path} 既不是有效的 UTF-8（第 {utf_8} 行）也不是有效的 GBK（第 {gbk} 行）。含损坏字符的行可以作为错误行跳过。确认其余行的编码后，"
        )
        .then(&repeat(&[Encoding::Utf8, Encoding::Gbk, Encoding::Big5])),
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
