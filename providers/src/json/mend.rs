//! Repair of what is broken inside the texts of a JSON document. Outside of texts nothing changes.

/// What stands for a character that cannot be read.
const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

/// Replaces what no JSON text may contain: control characters, unknown escapes, and lone surrogates, which upstreams write
/// that cut a name in the middle of an emoji.
pub(super) fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        out.push_str(&rest[..=at]);
        rest = within_text(&rest[at + 1..], &mut out);
    }
    out.push_str(rest);
    out
}

/// Copies one text with its closing quote, and returns what follows it.
fn within_text<'a>(mut rest: &'a str, out: &mut String) -> &'a str {
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = escape(rest, out),
            '\0'..='\u{1f}' => out.push(UNREADABLE),
            _ => out.push(c),
        }
        if c == '"' {
            return rest;
        }
    }
    rest
}

/// Copies what follows a backslash, and returns what follows it.
fn escape<'a>(rest: &'a str, out: &mut String) -> &'a str {
    if let Some(unit) = unit(rest) {
        let low = rest.get(5..).and_then(|rest| rest.strip_prefix('\\')).and_then(self::unit);
        let length = match (unit, low) {
            (0xd800..=0xdbff, Some(0xdc00..=0xdfff)) => 11,
            (0xd800..=0xdfff, _) => {
                out.push(UNREADABLE);
                return &rest[5..];
            }
            _ => 5,
        };
        out.push('\\');
        out.push_str(&rest[..length]);
        return &rest[length..];
    }
    match rest.chars().next() {
        Some(c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {
            out.extend(['\\', c]);
            &rest[1..]
        }
        // The character itself is read as one of the text.
        Some(_) => {
            out.push(UNREADABLE);
            rest
        }
        None => rest,
    }
}

/// Returns the code unit of an escape, given what follows its backslash.
fn unit(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix('u')?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_document_does_not_change() {
        for text in [
            r#"{"a":"\ud83c\udf3f \"\\\" \u00e9\n","b":[1,null,{"c":"兰\/"}]}"#,
            "{\n\t\"a\" : \"x\"\n}",
            "",
            "<html class=\"a\">",
        ] {
            assert_eq!(mended(text), text);
        }
    }

    #[test]
    fn what_is_broken_inside_a_text_is_replaced() {
        for (broken, whole) in [
            (r#"{"a":"\ud83c"}"#, "{\"a\":\"\u{fffd}\"}"),
            (r#"{"a":"\udf3f\ud83c"}"#, "{\"a\":\"\u{fffd}\u{fffd}\"}"),
            (r#"{"a":"\ud83c\ud83c\udf3f"}"#, "{\"a\":\"\u{fffd}\\ud83c\\udf3f\"}"),
            (r#"{"a":"\ud83cx\u0041"}"#, "{\"a\":\"\u{fffd}x\\u0041\"}"),
            ("{\"a\":\"x\u{8}\ny\"}", "{\"a\":\"x\u{fffd}\u{fffd}y\"}"),
            (r#"{"a":"it\'s \x41 \u12"}"#, "{\"a\":\"it\u{fffd}'s \u{fffd}x41 \u{fffd}u12\"}"),
            (r#"{"\ud83c":1}"#, "{\"\u{fffd}\":1}"),
        ] {
            assert_eq!(mended(broken), whole);
        }
    }

    #[test]
    fn a_text_that_does_not_end_stays_as_it_is() {
        for text in ["{\"a\":\"x", "{\"a\":\"x\\\"", "{\"a\":\"兰\\u00"] {
            assert!(serde_json::from_str::<serde_json::Value>(&mended(text)).is_err(), "{text}");
        }
    }
}
