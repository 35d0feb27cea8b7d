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
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    fn clock(zone: &str) -> Clock {
        Clock::new(zone.parse().expect("a zone"))
    }

    fn read_in(zone: &str, text: &str) -> Result<Option<String>, Text> {
        let time = clock(zone).read(&Cell::Text(text.to_owned()))?;
        Ok(time.map(|time| DateTime::<Utc>::from(time).to_rfc3339()))
    }

    fn read(text: &str) -> Result<Option<String>, Text> {
        read_in("Asia/Shanghai", text)
    }

    #[test]
    fn a_time_is_read_however_shops_write_it() {
        for text in [
            "2026-01-02 03:04:05",
            "2026/1/2 3:04:05",
            "2026.01.02 03:04:05",
            "2026年1月2日 3:04:05",
            "2026年01月02日3时4分5秒",
            "2026年1月2日 3点4分5秒",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+08:00",
            "2026-01-02 03:04:05 +0800",
            "2026-01-02T03:04:05+08",
            "2026-01-01T19:04:05Z",
            "2026-01-01t19:04:05.000z",
            "２０２６－０１－０２　０３：０４：０５",
            "20260102030405",
            "1767294245",
            "1767294245000",
            "46024.127835648146",
            " 2026-01-02 03:04:05\t",
        ] {
            assert_eq!(read(text), Ok(Some("2026-01-01T19:04:05+00:00".to_owned())), "{text}");
        }
    }

    #[test]
    fn a_time_may_lack_its_seconds_or_its_hours() {
        for text in ["2026/1/2 3:04", "2026年1月2日 3时4分", "2026-01-02 03:04"] {
            assert_eq!(read(text), Ok(Some("2026-01-01T19:04:00+00:00".to_owned())), "{text}");
        }
        for text in ["2026-01-02", "2026/1/2", "2026年1月2日", "20260102", "46024"] {
            assert_eq!(read(text), Ok(Some("2026-01-01T16:00:00+00:00".to_owned())), "{text}");
        }
        assert_eq!(read("2026-01-02 03:04:05.678"), Ok(Some("2026-01-01T19:04:05.678+00:00".to_owned())));
    }

    #[test]
    fn what_has_no_meaning_or_two_is_no_time() {
        for text in [
            "yesterday",
            "1/2/2026",
            "01-02-2026",
            "26-01-02",
            "2026-13-01",
            "2026-02-30",
            "2026-1-2-3",
            "2026-01-02 25:00",
            "2026-01-02 3:4",
            "2026-01-02 03:04:60",
            "2026-01-02 03",
            "2026-01/02",
            "2026-01-02x",
            "2026-01-02 03:04 pm",
            "2026",
            "20261301",
            "123456",
            "1.5",
            "-1",
            "2026-01-0203:04",
            "2026-01-02 03:04:05+8",
            "2026-01-02 03:04:05 CST",
            "1.76729E+12",
            "46024,5",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_programs_write_for_no_time_is_none() {
        for text in [
            "",
            " ",
            "-",
            "——",
            "/",
            "NULL",
            "\\N",
            "(null)",
            "N/A",
            "0",
            "0.0",
            "0001-01-01T00:00:00Z",
            "0001-01-01 00:00:00",
            "0000-00-00 00:00:00",
            "0000-00-00",
            "1970-01-01T00:00:00Z",
            "1970-01-01T08:00:00+08:00",
            "1970-01-01 08:00:00",
            "1970-01-01 00:00:00",
            "1970/1/1",
            "1899-12-30",
            "1899/12/30 0:00:00",
            "1900-01-00",
            "1900/1/0 0:00",
            "1900-01-01",
        ] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
        assert!(read("1970-01-01T00:00:01Z").is_ok_and(|time| time.is_some()));
        for cell in [Cell::Empty, Cell::Date(0.0), Cell::Date(0.5), Cell::Number(0.0)] {
            assert_eq!(clock("UTC").read(&cell), Ok(None), "{cell:?}");
        }
    }

    #[test]
    fn the_days_of_a_workbook_count_from_1900_or_from_1904() {
        let read = |cell: Cell, is_1904| {
            let clock = Clock { is_1904, ..clock("UTC") };
            clock.read(&cell).ok().flatten().map(Timestamp::millis)
        };
        let new_year = 1_767_225_600_000;

        for cell in [Cell::Date(46_023.0), Cell::Number(46_023.0)] {
            assert_eq!(read(cell, false), Some(new_year));
        }
        assert_eq!(read(Cell::Date(46_023.5), true), Some(new_year + 43_200_000));
        assert_eq!(read(Cell::Number(44_561.0), true), Some(new_year));
        // The day that only Excel has, and the days around it.
        assert_eq!(read(Cell::Date(59.0), false), Some(-2_203_977_600_000));
        assert_eq!(read(Cell::Date(60.0), false), None);
        assert_eq!(read(Cell::Date(61.0), false), Some(-2_203_891_200_000));
        for days in [f64::NAN, f64::INFINITY, 1e300, -1.0] {
            assert_eq!((read(Cell::Date(days), false), read(Cell::Number(days), false)), (None, None), "{days}");
        }
        assert_eq!(date_text(46_023.5).as_deref(), Some("2026-01-01 12:00:00"));
    }

    #[test]
    fn a_local_time_that_comes_twice_or_never_is_refused() {
        assert!(
            read_in("America/New_York", "2026-11-01 01:30:00")
                .is_err_and(|reason| reason.to_string().starts_with("comes twice"))
        );
        assert!(
            read_in("America/New_York", "2026-03-08 02:30:00")
                .is_err_and(|reason| reason.to_string().starts_with("does not exist"))
        );
        assert!(read_in("America/New_York", "2026-11-01T01:30:00-05:00").is_ok_and(|time| time.is_some()));
        // China had summer time.
        assert_eq!(read("1988-07-01 12:00:00"), Ok(Some("1988-07-01T03:00:00+00:00".to_owned())));
    }

    #[test]
    fn the_zone_is_told_when_a_time_needed_it() {
        let clock = clock("Asia/Shanghai");
        let read = |text: &str| clock.read(&Cell::Text(text.to_owned())).expect("a time");

        read("2026-01-02T03:04:05Z");
        read("1767294245");
        read("");
        assert_eq!(clock.note(), None);
        read("2026-01-02");
        assert!(clock.note().expect("a note").to_string().contains("Asia/Shanghai"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_is_not(
            text in prop_oneof![any::<String>(), "[0-9年月日时分秒点:/. TZ+-]{0,30}", "[0-9]{1,16}(\\.[0-9]{1,9})?"],
        ) {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_in_local_time_reads_back(seconds in 1_000_000_000_i64..4_000_000_000) {
            let time = DateTime::from_timestamp(seconds, 0).expect("a time");
            let shown = time.with_timezone(&chrono_tz::Asia::Shanghai);
            for format in ["%Y-%m-%d %H:%M:%S", "%Y/%-m/%-d %-H:%M:%S", "%Y年%-m月%-d日 %-H:%M:%S", "%Y-%m-%dT%H:%M:%S%:z"] {
                let text = shown.format(format).to_string();
                prop_assert_eq!(read(&text), Ok(Some(time.to_rfc3339())), "{}", text);
            }
            prop_assert!(clock("UTC").read(&Cell::Text(seconds.to_string())).is_ok());
        }
    }
}
