//! Tests of times in the formats of files.

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
    // The day that exists only in Excel, and the days around it.
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
    // China had daylight saving time.
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
