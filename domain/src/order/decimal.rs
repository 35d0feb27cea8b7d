//! Decimal numbers as text, read into whole units of their last place. Nothing is rounded.

/// Why a text is not a decimal number with so many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadDecimal {
    /// Not digits with at most one point between them.
    Text,
    /// Too many decimal places, trailing zeros not counted.
    Places,
    /// More than 128 bits.
    TooLarge,
}

/// Reads `128.5` with two places as 12,850.
pub(super) fn read(text: &str, places: u32) -> Result<i128, BadDecimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(BadDecimal::Text);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places as usize {
        return Err(BadDecimal::Places);
    }
    let units = format!("{whole}{fraction:0<width$}", width = places as usize);
    let units: i128 = units.parse().map_err(|_| BadDecimal::TooLarge)?;
    Ok(if negative { -units } else { units })
}

/// Writes 12,850 with two places as `128.50`. Of trailing zeros, only those within the first `least` places remain.
pub(super) fn write(units: i128, places: u32, least: u32) -> String {
    let places = places as usize;
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let kept = fraction.trim_end_matches('0').len().max(least as usize);
    if kept == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{}", &fraction[..kept]) }
}
