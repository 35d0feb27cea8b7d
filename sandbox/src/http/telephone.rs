//! A person's number as WeChat tells it to a mini program, by a code of the button or encrypted, and WeCom of a member.
//! Who may ask for it is decided in `mini_program`, `control::encrypted` and `wecom_visitor`.

use crate::company::App;
use crate::encrypted_data::{CountryCode, Telephone, Watermark};

/// The country whose numbers WeChat and WeCom tell without it.
const CHINA: &str = "+86";

/// Tells a number of E.164 to an app; `None` when no country has such a number.
pub(super) fn telephone(number: &str, app: &App, now: i64) -> Option<Telephone> {
    let parsed = phonenumber::parse(None, number).ok()?;
    let (country, pure) = (parsed.code().value(), parsed.national().to_string());
    let country_code =
        if app.numeric_country_code { CountryCode::Number(country) } else { CountryCode::Text(country.to_string()) };
    Some(Telephone {
        phone_number: told(number).to_owned(),
        pure_phone_number: pure,
        country_code,
        watermark: Watermark { timestamp: now, appid: app.id.clone() },
    })
}

/// A number as people in China write it: with its country, unless that is China.
pub(super) fn told(number: &str) -> &str {
    number.strip_prefix(CHINA).unwrap_or(number)
}
