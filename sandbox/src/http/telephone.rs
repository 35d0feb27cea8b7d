//! The format of phone numbers: for a mini program, by code or encrypted, and for a member in WeCom.

use rlibphonenumber::PhoneNumber;

use crate::company::App;
use crate::encrypted_data::{CountryCode, Telephone, Watermark};

/// The country whose numbers WeChat and WeCom return without its code.
const CHINA: &str = "+86";

/// Formats an E.164 number for an app; `None` if no country has such a number.
pub(super) fn telephone(number: &str, app: &App, now: i64) -> Option<Telephone> {
    let parsed: PhoneNumber = number.parse().ok()?;
    let (country, pure) = (u16::try_from(parsed.country_code).ok()?, parsed.get_national_significant_number());
    let country_code =
        if app.numeric_country_code { CountryCode::Number(country) } else { CountryCode::Text(country.to_string()) };
    Some(Telephone {
        phone_number: told(number).to_owned(),
        pure_phone_number: pure,
        country_code,
        watermark: Watermark { timestamp: now, appid: app.id.clone() },
    })
}

/// Formats a number as is usual in China: with its country code, except for China.
pub(super) fn told(number: &str) -> &str {
    number.strip_prefix(CHINA).unwrap_or(number)
}
