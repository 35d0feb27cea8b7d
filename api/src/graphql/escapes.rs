//! Escaped characters beyond U+FFFF in the strings of a document: `\u{1F33F}` and the surrogate pair `\uD83C\uDF3F`
//! (GraphQL, section 2.9.4). The library's parser refuses both, so they are replaced before it reads the document.

use std::borrow::Cow;

/// The most hexadecimal digits of a braced escape, with leading zeros.
const MAX_DIGITS: usize = 8;

/// Returns the document with the characters themselves in place of their escapes, or the same text if it has no such
/// escape.
///
/// An escape that names no character stays, and the parser refuses it. A replacement is shorter than its escape, so the
/// columns of errors behind it on the same line are smaller than in the text of the client.
pub(super) fn replace_wide(document: &str) -> Cow<'_, str> {
    if !document.contains("\\u") {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    let mut blocks = Blocks::default();
    while let Some(at) = rest.find(['"', '#']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let token = token_length(rest, &mut blocks);
        if rest.starts_with('"') && !rest.starts_with("\"\"\"") {
            replace_in_string(&rest[..token], &mut out);
        } else {
            out.push_str(&rest[..token]);
        }
        rest = &rest[token..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether a block string without an end was found. None behind it has an end either, so the search is not repeated.
#[derive(Default)]
struct Blocks {
    are_over: bool,
}

/// Returns the length of the comment, the block string or the string at the start of the text.
fn token_length(text: &str, blocks: &mut Blocks) -> usize {
    if text.starts_with('#') {
        return text.find(['\n', '\r']).unwrap_or(text.len());
    }
    if text.starts_with("\"\"\"") {
        // Without an end, the parser reads an empty string.
        let length = if blocks.are_over { None } else { block_length(text) };
        blocks.are_over |= length.is_none();
        return length.unwrap_or(2);
    }
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' | '\r' => return at,
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// Returns the length of the block string at the start of the text, or `None` if it has no end.
fn block_length(text: &str) -> Option<usize> {
    let mut at = 3;
    loop {
        let end = at + text[at..].find("\"\"\"")?;
        if !text[at..end].ends_with('\\') {
            return Some(end + 3);
        }
        at = end + 3;
    }
}

/// Copies a string with its quotation marks, and replaces the escapes in it.
fn replace_in_string(string: &str, out: &mut String) {
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((character, length)) = wide_escape(rest) {
            write(character, out);
            rest = &rest[length..];
        } else {
            // The escaped character may be another backslash.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    out.push_str(rest);
}

/// Reads `\u{…}` or a surrogate pair, and its length.
fn wide_escape(text: &str) -> Option<(char, usize)> {
    let after = text.strip_prefix("\\u")?;
    if let Some(braced) = after.strip_prefix('{') {
        let length = braced.bytes().take(MAX_DIGITS + 1).position(|b| b == b'}').filter(|length| *length > 0)?;
        let digits = &braced[..length];
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        return Some((char::from_u32(code)?, 4 + digits.len()));
    }
    let high = unit(after)?;
    let low = unit(after.get(4..)?.strip_prefix("\\u")?)?;
    let pair = char::decode_utf16([high, low]).next()?.ok()?;
    (u32::from(pair) > 0xFFFF).then_some((pair, 12))
}

/// Reads four hexadecimal digits.
fn unit(text: &str) -> Option<u16> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// Writes a character into a string. One that the parser reads as an escape stays an escape.
fn write(character: char, out: &mut String) {
    match u32::from(character) {
        code @ ..=0xFFFF => out.extend(["\\u", &format!("{code:04X}")]),
        _ => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::Selection;
    use async_graphql_value::Value;
    use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use proptest::{collection, sample};

    use super::replace_wide;

    /// Returns the strings that the parser reads in the list `{ f(a: […]) }`, or `None` if it refuses the document.
    fn strings(list: &str) -> Option<Vec<String>> {
        let text = format!("{{ f(a: [{list}]) }}");
        let document = parse_query(replace_wide(&text).as_ref()).ok()?;
        let operation = document.operations.iter().next()?.1;
        let Selection::Field(field) = &operation.node.selection_set.node.items.first()?.node else { return None };
        let Value::List(values) = &field.node.arguments.first()?.1.node else { return None };
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        values.iter().map(text).collect()
    }

    #[test]
    fn a_character_is_read_however_it_is_escaped() {
        for list in [
            r#""\ud83c\udf3f""#,
            r#""\uD83C\uDF3F""#,
            r#""\u{1F33F}""#,
            r#""\u{1f33f}""#,
            r#""\u{0001F33F}""#,
            r#""🌿""#,
        ] {
            assert_eq!(strings(list), Some(vec!["🌿".to_owned()]), "{list}");
        }
        for (list, expected) in [
            (r#""\u{22}\u{5C}\u{A}\u{0}""#, "\"\\\n\0"),
            (r#""\\u{1F33F}""#, "\\u{1F33F}"),
            (r#""\\\u{1F33F}""#, "\\🌿"),
            (r#""a\"\ud83c\udf3fb\u4e2d""#, "a\"🌿b中"),
            // The library keeps the backslash before the quotation marks.
            (r#""""\u{1F33F}\""" "x """"#, r#"\u{1F33F}\""" "x "#),
        ] {
            assert_eq!(strings(list), Some(vec![expected.to_owned()]), "{list}");
        }
    }

    #[test]
    fn an_escape_of_no_character_is_refused() {
        for list in [
            r#""\ud83c""#,
            r#""\udf3f\ud83c""#,
            r#""\ud83cx\udf3f""#,
            r#""\u{D83C}""#,
            r#""\u{110000}""#,
            r#""\u{}""#,
            r#""\u{1F33F""#,
            r#""\u{000000041}""#,
            r#""\u{+41}""#,
            r#""\u00""#,
            r#""\u""#,
        ] {
            assert_eq!(strings(list), None, "{list}");
        }
    }

    #[test]
    fn a_text_without_such_an_escape_is_not_copied() {
        assert!(matches!(replace_wide("{ a(b: \"\\n\") }"), std::borrow::Cow::Borrowed(_)));
    }

    /// Input that a search for the end of each string would scan again and again.
    #[test]
    fn a_long_document_is_read_once() {
        let head = "{ a(b: \"\\u0041\") }\n\"\"\"\n";
        for piece in ["\\\"\"\"\n", "\"\"\"\n", "\"\\u{", "\\u{", "#\"\"\"", "\"\\", "\\\"\"\"\""] {
            let document = format!("{head}{}", piece.repeat(4_000_000 / piece.len()));
            // With quadratic time, this test would run for hours.
            assert!(!replace_wide(&document).is_empty());
        }
    }

    /// A string, as written and as decoded.
    fn literal() -> impl Strategy<Value = (String, String)> {
        let character = any::<char>().prop_flat_map(|c| {
            let mut units = [0; 2];
            let utf16: Vec<String> = c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let utf16 = utf16.concat();
            let braced = format!("\\u{{{:X}}}", u32::from(c));
            sample::select(vec![(utf16, c), (braced, c)])
        });
        let plain =
            sample::select(vec![("a", 'a'), ("\\\\", '\\'), ("\\\"", '"'), ("#", '#'), ("{", '{'), ("🌿", '🌿')]);
        let piece = prop_oneof![character, plain.prop_map(|(text, c)| (text.to_owned(), c))];
        collection::vec(piece, 0..8).prop_map(|pieces| {
            let written: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
            (format!("\"{written}\""), pieces.iter().map(|(_, c)| *c).collect())
        })
    }

    /// A block string, in which only the end can be escaped.
    fn block() -> impl Strategy<Value = (String, String)> {
        let piece = sample::select(vec!["\\u{1F33F}", "\\ud83c\\udf3f", "a", "#", "\\\\", " \" ", "\\n"]);
        collection::vec(piece, 0..6).prop_map(|pieces| {
            let text = format!("x{}x", pieces.concat());
            (format!("\"\"\"{text}\"\"\""), text)
        })
    }

    proptest! {
        #[test]
        fn every_string_has_the_characters_that_were_escaped(
            list in collection::vec(prop_oneof![literal(), block()], 1..6),
            comment in "[\"#\\\\u{}a-f0-9]{0,12}",
        ) {
            let written: Vec<String> = list.iter().map(|(text, _)| format!("{text} #{comment}\n")).collect();
            let meant: Vec<String> = list.into_iter().map(|(_, meant)| meant).collect();

            prop_assert_eq!(strings(&written.concat()), Some(meant));
        }

        #[test]
        fn what_the_parser_accepts_keeps_its_meaning(
            pieces in collection::vec(
                sample::select(vec!["\"", "\"\"\"", "\\", "\\\"", "\\u", "0041", "d83c", "{1F33F}", "#", "\n", "\r", "a", " ", "é"]),
                0..16,
            ),
        ) {
            let text = format!("{{ f(a: [{}]) }}", pieces.concat());
            if let Ok(before) = parse_query(&text) {
                let after = parse_query(replace_wide(&text).as_ref());
                prop_assert!(after.is_ok());
                prop_assert_eq!(format!("{:?}", after.ok().map(|it| it.operations)), format!("{:?}", Some(before.operations)));
            }
        }
    }
}
