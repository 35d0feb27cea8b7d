//! Corruption of JSON answers: broken strings, quoted numbers, late or changed unionIds. It edits bytes, because JSON
//! libraries neither write the malformed output that real answers contain nor keep the order of the fields.

use std::ops::Range;

use crate::company::ids;
use crate::state::faults::Spoil;

/// Backspace and unit separator, as observed in nicknames.
const CONTROLS: [&[u8]; 2] = [b"\x08", b"\x1f"];

/// An emoji without its last byte, as in a nickname that was truncated by bytes.
const HALF_AN_EMOJI: &[u8] = b"\xf0\x9f\x8c";

/// Returns the corrupted bytes of an answer; `None` if it contains nothing to corrupt.
pub(super) fn spoilt(spoil: Spoil, answer: &[u8], app_id: &str) -> Option<Vec<u8>> {
    let answer = std::str::from_utf8(answer).ok()?;
    let edits: Vec<Edit> = match spoil {
        Spoil::ControlCharacters => {
            let [first, last] = CONTROLS;
            texts(answer, "nickname").map(|(at, name)| (at, [first, name.as_bytes(), last].concat())).collect()
        }
        Spoil::BadUtf8 => {
            texts(answer, "nickname").map(|(at, name)| (at, [name.as_bytes(), HALF_AN_EMOJI].concat())).collect()
        }
        Spoil::ErrcodeAsText => {
            let numbers = values(answer, "errcode").filter(|at| !answer[at.clone()].starts_with('"'));
            numbers.map(|at| (at.clone(), format!("\"{}\"", &answer[at]).into_bytes())).collect()
        }
        Spoil::LateUnionId => {
            values(answer, "unionid").map(|at| (with_name_and_comma(answer, "unionid", &at), Vec::new())).collect()
        }
        Spoil::ChangedUnionId => {
            let moved = |union_id| ids::moved_union_id(app_id, union_id).into_bytes();
            texts(answer, "unionid").map(|(at, union_id)| (at, moved(union_id))).collect()
        }
        Spoil::ShortList => last_entry(answer).map(|at| (at, Vec::new())).into_iter().collect(),
        Spoil::Unconverted => unconverted(answer),
    };
    (!edits.is_empty()).then(|| edited(answer.as_bytes(), edits))
}

/// The lists in the answers of the calls that have one.
const LISTS: [&str; 4] = ["result_list", "user_info_list", "openid", "ip_list"];

/// Returns the last entry of the answer's list, with the comma before it.
fn last_entry(answer: &str) -> Option<Range<usize>> {
    let start = LISTS.iter().find_map(|field| {
        let name = format!("{}[", name(field));
        Some(answer.find(&name)? + name.len())
    })?;
    let (mut depth, mut at, mut last) = (0_usize, start, start);
    while let Some(byte) = answer.as_bytes().get(at) {
        match byte {
            b'"' => at += length(&answer[at..]) - 1,
            b'{' | b'[' => depth += 1,
            b']' if depth == 0 => return (at > start).then_some(last..at),
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => last = at,
            _ => (),
        }
        at += 1;
    }
    None
}

/// Makes the first openId that was converted one that does not convert.
fn unconverted(answer: &str) -> Vec<Edit> {
    let Some(new) = values(answer, "new_openid").next() else { return Vec::new() };
    let words = texts(answer, "err_msg").find(|(at, _)| at.start > new.end);
    let refused = words.map(|(at, _)| (at, b"ori_openid error".to_vec()));
    [(with_name_and_comma(answer, "new_openid", &new), Vec::new())].into_iter().chain(refused).collect()
}

/// A range and its replacement.
type Edit = (Range<usize>, Vec<u8>);

fn edited(answer: &[u8], edits: Vec<Edit>) -> Vec<u8> {
    let mut result = Vec::with_capacity(answer.len() + 64);
    let mut done = 0;
    for (at, replacement) in edits {
        result.extend_from_slice(&answer[done..at.start]);
        result.extend(replacement);
        done = at.end;
    }
    result.extend_from_slice(&answer[done..]);
    result
}

/// Returns the string values of a field without their quotes, anywhere in the answer.
fn texts<'a>(answer: &'a str, field: &'a str) -> impl Iterator<Item = (Range<usize>, &'a str)> {
    values(answer, field).filter_map(|at| {
        let text = answer[at.clone()].strip_prefix('"')?.strip_suffix('"')?;
        Some((at.start + 1..at.end - 1, text))
    })
}

/// Returns the ranges of a field's values. The pattern cannot match within a string, where quotes follow a backslash.
fn values<'a>(answer: &'a str, field: &str) -> impl Iterator<Item = Range<usize>> + 'a {
    let name = name(field);
    let mut done = 0;
    std::iter::from_fn(move || {
        let start = done + answer[done..].find(&name)? + name.len();
        done = start + length(&answer[start..]);
        Some(start..done)
    })
}

fn name(field: &str) -> String {
    format!("\"{field}\":")
}

/// Returns the length of the string or number at the start of the text.
fn length(rest: &str) -> usize {
    let Some(text) = rest.strip_prefix('"') else { return rest.find([',', '}', ']']).unwrap_or(rest.len()) };
    let mut escaped = false;
    let closing = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    closing.map_or(rest.len(), |at| at + 2)
}

/// Returns the range of a whole field, with the comma that must go with it.
fn with_name_and_comma(answer: &str, field: &str, value: &Range<usize>) -> Range<usize> {
    let start = value.start - name(field).len();
    match (answer[..start].ends_with(','), answer[value.end..].starts_with(',')) {
        (true, _) => start - 1..value.end,
        (false, true) => start..value.end + 1,
        (false, false) => start..value.end,
    }
}

#[cfg(test)]
mod tests {
    use super::{Spoil, spoilt};

    fn text(spoil: Spoil, answer: &str) -> Option<String> {
        spoilt(spoil, answer.as_bytes(), "wx0").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn a_text_that_looks_like_a_field_is_none() {
        let answer = r#"{"nickname":"\\\",\"unionid\":\"oUtext\",\"errcode\":1","sex":0}"#;

        let spoilt = [Spoil::LateUnionId, Spoil::ChangedUnionId, Spoil::ErrcodeAsText].map(|spoil| text(spoil, answer));

        assert_eq!(spoilt, [None, None, None]);
    }

    #[test]
    fn a_nickname_full_of_quotes_is_spoilt_at_its_ends() {
        let spoilt = text(Spoil::ControlCharacters, r#"{"nickname":"\"a\\","sex":0}"#);

        assert_eq!(spoilt.as_deref(), Some("{\"nickname\":\"\u{8}\\\"a\\\\\u{1f}\",\"sex\":0}"));
    }

    #[test]
    fn a_field_goes_with_its_comma_wherever_it_stands() {
        let spoilt = [
            r#"{"openid":"o","unionid":"oU"}"#,
            r#"{"unionid":"oU","openid":"o"}"#,
            r#"{"unionid":"oU"}"#,
            r#"{"list":[{"a":1,"unionid":"oU","b":2},{"a":1,"unionid":"oV"}]}"#,
        ]
        .map(|answer| text(Spoil::LateUnionId, answer));

        let expected =
            [r#"{"openid":"o"}"#, r#"{"openid":"o"}"#, "{}", r#"{"list":[{"a":1,"b":2},{"a":1}]}"#].map(str::to_owned);
        assert_eq!(spoilt, expected.map(Some));
    }

    #[test]
    fn a_number_is_put_in_quotes_once() {
        let spoilt = [r#"{"errcode":-1,"errmsg":"x"}"#, r#"{"errcode":"-1"}"#, r#"{"errcode":0}"#]
            .map(|answer| text(Spoil::ErrcodeAsText, answer));

        let quoted = [Some(r#"{"errcode":"-1","errmsg":"x"}"#), None, Some(r#"{"errcode":"0"}"#)];
        assert_eq!(spoilt, quoted.map(|answer| answer.map(str::to_owned)));
    }

    #[test]
    fn what_is_cut_off_or_no_text_stays_as_it_is() {
        for answer in ["", "{\"nickname\":", "{\"nickname\":\"", "{\"nickname\":\"a", "{\"nickname\":null}", "兰"] {
            let spoilt = [Spoil::ControlCharacters, Spoil::BadUtf8].map(|spoil| text(spoil, answer));

            assert_eq!(spoilt, [None, None], "{answer}");
        }
    }
}
