//! What is no part of a key or a name: characters that show nothing, marks that programs write for no value, and what spreadsheets
//! make of an id.

/// Words that programs write for no value, in any case and with any punctuation around: `(null)`, `[NULL]`, `<nil>`, `"None"`, `#N/A`.
const NULL_WORDS: [&str; 5] = ["null", "undefined", "none", "nil", "n/a"];
/// Marks for no value that are compared to the letter: `Nan` is a name, and `\N` is what dumps of databases write.
const NULL_MARKS: [&str; 4] = ["NaN", "nan", "\\N", "\\n"];
/// Signs that stand for no value if there is nothing else: `-`, `/`, `*****`, `{}`, `[]`, `""`.
const NULL_SIGNS: &str = "-_/\\*#?{}[]()<>\"'`";

/// Returns whether a character shows nothing by itself: control characters, zero-width spaces, fillers, controls of the direction of
/// text, and the replacement for what could not be decoded.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
                | '\u{200B}' | '\u{200C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
                | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFD}' | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0001}'
        )
}

/// Returns whether a character only joins or varies the one before: part of an emoji, but not of a number.
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E007F}')
}

/// Returns whether the text is what programs write for no value or for a failure.
pub(crate) fn is_null_mark(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    NULL_WORDS.iter().any(|mark| word.eq_ignore_ascii_case(mark))
        || NULL_MARKS.contains(&text)
        || (!text.is_empty() && text.chars().all(|c| NULL_SIGNS.contains(c)))
        || is_spreadsheet_error(text)
}

/// `#REF!`, `#DIV/0!`, `#NAME?`.
fn is_spreadsheet_error(text: &str) -> bool {
    let inner = text.strip_prefix('#').and_then(|rest| rest.strip_suffix(['!', '?']));
    inner.is_some_and(|name| name.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'/' | b'0'..=b'9' | b'_')))
}

/// Returns whether the text is a number as a spreadsheet or a data frame shows an id: `1.23457E+17` and `4.00E+17` stand for a million
/// other ids too, and `1001.0` and `1,001` are other texts than the id `1001`.
pub(crate) fn is_damaged_number(text: &str) -> bool {
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
    let is_power = text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        let digits = exponent.trim_start_matches(['+', '-']);
        // `1E5` is an id; no id has a sign or a decimal point there.
        let has_sign = digits.len() < exponent.len() || mantissa.contains(['.', ',']);
        has_sign && is_number(mantissa) && is_number(digits)
    });
    is_power || is_whole_fraction(text) || is_grouped(text)
}

/// `1001.0`, `1001.00`.
fn is_whole_fraction(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, fraction)| {
        is_digits(whole) && is_digits(fraction) && fraction.bytes().all(|digit| digit == b'0')
    })
}

/// `1,001`, `1,234,567`, `1,001.00`.
fn is_grouped(text: &str) -> bool {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_group = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    whole.contains(',')
        && (1..=3).contains(&first.len())
        && is_group(first)
        && groups.all(|group| group.len() == 3 && is_group(group))
        && text[whole.len()..].bytes().all(|b| b == b'.' || b.is_ascii_digit())
}

/// Returns whether the text begins with what spreadsheets and shops put before an id so that it stays text: `="A-1"`, `'A-1`, `` `A-1 ``.
pub(crate) fn is_guarded(text: &str) -> bool {
    text.starts_with(['\'', '`', '"']) || text.starts_with("=\"")
}
