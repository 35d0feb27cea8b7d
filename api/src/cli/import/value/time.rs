//! Reads times as shops, databases and spreadsheets write them. What has more than one meaning is refused: `1/2/2026`.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use domain::Timestamp;

use super::super::cell::Cell;
use super::super::field::narrow;
use super::Zone;
use crate::text::{Text, text};

fn not_a_time() -> Text {
    text!("not a time", "不是时间")
}

/// How times are read that do not say everything.
#[derive(Debug)]
pub(in crate::cli::import) struct Clock {
    pub(in crate::cli::import) zone: Zone,
    /// Whether plain numbers of the workbook count days from 1904.
    pub(in crate::cli::import) is_1904: bool,
    /// Whether a time needed the zone.
    used: AtomicBool,
}

impl Clock {
    pub(in crate::cli::import) const fn new(zone: Zone) -> Self {
        Self { zone, is_1904: false, used: AtomicBool::new(false) }
    }

    /// Says which zone was used, if one was.
    pub(in crate::cli::import) fn note(&self) -> Option<Text> {
        let used = self.used.load(Ordering::Relaxed);
        used.then(|| {
            text!(
                "times without an offset were read as {zone} (--timezone)",
                "没有时区偏移的时间按 {zone} 读取（--timezone）",
                zone = self.zone
            )
        })
    }

    /// Reads the time of a cell. What programs write for no time is none: nothing, a null mark, a zero.
    pub(in crate::cli::import) fn read(&self, cell: &Cell) -> Result<Option<Timestamp>, Text> {
        let written = match cell {
            Cell::Empty => return Ok(None),
            Cell::Date(days) => {
                serial(*days, false).ok_or_else(|| text!("not a date of a workbook", "不是工作簿中的日期"))?
            }
            Cell::Number(_) => number(&cell.text(), self.is_1904).ok_or_else(not_a_time)?,
            Cell::Text(_) => text(&cell.text(), self.is_1904)?,
            Cell::Broken(_) => return Err(text!("no value", "没有值")),
            Cell::Json(_) => return Err(not_a_time()),
        };
        let time = match written {
            Written::Nothing => return Ok(None),
            Written::At(time) => time,
            Written::Shown(shown) if is_zero(shown) => return Ok(None),
            Written::Shown(shown) => {
                let time = self.zone.time(shown)?;
                self.used.store(true, Ordering::Relaxed);
                time
            }
        };
        Ok((time != DateTime::UNIX_EPOCH && time.year() > 1).then(|| time.into()))
    }
}

/// A time as it is written.
#[derive(Debug, PartialEq)]
enum Written {
    Nothing,
    At(DateTime<Utc>),
    /// What the clock of a place showed.
    Shown(NaiveDateTime),
}

/// The zeros of Go and .NET, of Unix, and of spreadsheets and SQL Server.
fn is_zero(shown: NaiveDateTime) -> bool {
    let date = shown.date();
    let days = [(1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1)];
    date.year() <= 1 || (shown.time() == NaiveTime::MIN && days.contains(&(date.year(), date.month(), date.day())))
}

fn text(text: &str, is_1904: bool) -> Result<Written, Text> {
    let text: String = text.chars().map(narrow).collect();
    let text = text.trim();
    let bare = text.trim_matches(['(', ')', '[', ']', '<', '>', '"', '\'']).to_ascii_lowercase();
    if ["", "-", "--", "—", "——", "/", "null", "nil", "none", "undefined", "n/a", "#n/a", "nat", "\\n"]
        .contains(&bare.as_str())
    {
        return Ok(Written::Nothing);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return number(text, is_1904).ok_or_else(not_a_time);
    }
    let mut reader = Reader(text);
    let written = reader.date_and_time().ok_or_else(not_a_time)?;
    if reader.0.trim().is_empty() { Ok(written) } else { Err(not_a_time()) }
}

/// Reads a time that is a number: of Unix in seconds or milliseconds, of a spreadsheet in days, or a date without separators.
fn number(text: &str, is_1904: bool) -> Option<Written> {
    let whole = text.split('.').next().unwrap_or_default();
    let is_whole = whole.len() == text.len();
    let unix = |millis: i64| DateTime::from_timestamp_millis(millis).map(Written::At);
    match whole.len() {
        _ if text.parse() == Ok(0.0) => Some(Written::Nothing),
        // 10000 is in 1927.
        5 => serial(text.parse().ok()?, is_1904),
        8 if is_whole => Some(Written::Shown(date(&whole[..4], &whole[4..6], &whole[6..])?.into())),
        10 if is_whole => unix(whole.parse::<i64>().ok()?.checked_mul(1_000)?),
        13 if is_whole => unix(whole.parse().ok()?),
        14 if is_whole => {
            let date = date(&whole[..4], &whole[4..6], &whole[6..8])?;
            Some(Written::Shown(date.and_time(time(&whole[8..10], &whole[10..12], &whole[12..])?)))
        }
        _ => None,
    }
}

/// Reads the days of a spreadsheet. Its first calendar has a 29 February 1900, which never was.
fn serial(days: f64, is_1904: bool) -> Option<Written> {
    let (year, month, day) = match days {
        _ if is_1904 => (1904, 1, 1),
        days if days < 60.0 => (1899, 12, 31),
        _ => (1899, 12, 30),
    };
    if !(0.0..3_000_000.0).contains(&days) || (!is_1904 && (60.0..61.0).contains(&days)) {
        return None;
    }
    if days < 1.0 {
        return Some(Written::Nothing);
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than three million days in milliseconds")]
    let millis = (days * 86_400_000.0).round() as i64;
    let start = NaiveDate::from_ymd_opt(year, month, day)?.and_time(NaiveTime::MIN);
    start.checked_add_signed(TimeDelta::milliseconds(millis)).map(Written::Shown)
}

/// Writes a date of a workbook as people do.
pub(in crate::cli::import) fn date_text(days: f64) -> Option<String> {
    match serial(days, false)? {
        Written::Shown(shown) if shown.time() == NaiveTime::MIN => Some(shown.format("%Y-%m-%d").to_string()),
        Written::Shown(shown) => Some(shown.format("%Y-%m-%d %H:%M:%S").to_string()),
        Written::Nothing | Written::At(_) => None,
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn time(hour: &str, minute: &str, second: &str) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?)
}

/// What is left of a text to read.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn digits(&mut self, most: usize) -> Option<&'a str> {
        let length = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        (length > 0).then_some(digits)
    }

    fn one_of(&mut self, signs: &[char]) -> Option<char> {
        let sign = self.0.chars().next().filter(|sign| signs.contains(sign))?;
        self.0 = &self.0[sign.len_utf8()..];
        Some(sign)
    }

    fn spaces(&mut self) -> bool {
        let rest = self.0.trim_start();
        let had_some = rest.len() < self.0.len();
        self.0 = rest;
        had_some
    }

    /// `2026-01-02`, `2026/1/2`, `2026.1.2`, `2026年1月2日`, each alone or with a time.
    fn date_and_time(&mut self) -> Option<Written> {
        let year = self.digits(4).filter(|year| year.len() == 4)?;
        let sign = self.one_of(&['-', '/', '.', '年'])?;
        let month = self.digits(2)?;
        self.one_of(&[if sign == '年' { '月' } else { sign }])?;
        let day = self.digits(2)?;
        let has_mark = sign == '年' && self.one_of(&['日', '号']).is_some();
        if day.trim_start_matches('0').is_empty() {
            // `0000-00-00 00:00:00` of MySQL, `1900-01-00` of Excel.
            let is_zero = matches!(year, "0000" | "1900");
            self.0 = "";
            return is_zero.then_some(Written::Nothing);
        }
        let date = date(year, month, day)?;
        let has_space = self.spaces() || self.one_of(&['T', 't']).is_some();
        if self.0.is_empty() {
            return Some(Written::Shown(date.into()));
        }
        if !has_space && !has_mark {
            return None;
        }
        let shown = date.and_time(self.time()?);
        self.spaces();
        if self.0.is_empty() {
            return Some(Written::Shown(shown));
        }
        let offset = self.offset()?;
        shown.and_local_timezone(offset).single().map(|time| Written::At(time.to_utc()))
    }

    /// `3:04`, `03:04:05.678`, `3时4分`, `3点4分5秒`.
    fn time(&mut self) -> Option<NaiveTime> {
        let hour = self.digits(2)?;
        let is_plain = self.one_of(&[':', '时', '点'])? == ':';
        let minute = self.digits(2).filter(|minute| !is_plain || minute.len() == 2)?;
        let mut second = "0";
        let mut fraction = "";
        if self.one_of(if is_plain { &[':'] } else { &['分'] }).is_some()
            && (is_plain || self.0.starts_with(|c: char| c.is_ascii_digit()))
        {
            second = self.digits(2).filter(|second| !is_plain || second.len() == 2)?;
            if self.one_of(&['.', ',']).is_some() {
                fraction = self.digits(9)?;
            }
            if !is_plain {
                self.one_of(&['秒'])?;
            }
        }
        let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
        Some(time(hour, minute, second)?.overflowing_add_signed(TimeDelta::nanoseconds(nanos)).0)
    }

    /// `Z`, `+08:00`, `+0800`, `+08`.
    fn offset(&mut self) -> Option<FixedOffset> {
        if self.one_of(&['Z', 'z']).is_some() {
            return FixedOffset::east_opt(0);
        }
        let sign = self.one_of(&['+', '-', '−'])?;
        let hours: i32 = self.digits(2).filter(|hours| hours.len() == 2)?.parse().ok()?;
        let has_minutes = self.one_of(&[':']).is_some() || !self.0.is_empty();
        let minutes: i32 =
            if has_minutes { self.digits(2).filter(|minutes| minutes.len() == 2)?.parse().ok()? } else { 0 };
        if hours > 14 || minutes > 59 {
            return None;
        }
        let seconds = (hours * 60 + minutes) * 60;
        FixedOffset::east_opt(if sign == '+' { seconds } else { -seconds })
    }
}

#[cfg(test)]
mod tests;
