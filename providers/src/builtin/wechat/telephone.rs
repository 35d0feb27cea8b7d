//! A phone number that WeChat returns for a mini program, by the code of the phone button or encrypted.

use domain::{AppId, PhoneNumber};
use serde_json::Value;

use super::encrypted;
use crate::{JsonAnswer, ProviderError};

/// Returns the number if it was issued to this app.
///
/// `phoneNumber`, beside the fields that are read, has the country code of foreign numbers and lacks China's.
/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber>
pub(super) fn number(telephone: &JsonAnswer, app_id: &AppId) -> Result<PhoneNumber, ProviderError> {
    encrypted::check_watermark(telephone, app_id)?;
    // A string in the page's table, a number in its sample.
    let country = match telephone.known("countryCode")? {
        Some(Value::String(text)) => text.trim().trim_start_matches('+').to_owned(),
        _ => telephone.needed_number("countryCode")?.to_string(),
    };
    // Without one, the number would be read with a country code of its own first digits.
    if country.is_empty() || !country.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(telephone.wrong("countryCode", "is not the code of a country"));
    }
    let number = format!("+{country}{}", telephone.needed_text("purePhoneNumber")?);
    PhoneNumber::parse_verified(&number)
        .map_err(|bad| telephone.wrong("purePhoneNumber", "is not a phone number").caused_by(bad))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ErrorKind;

    fn number(country: &Value, pure: &str) -> Result<String, ErrorKind> {
        let told = json!({ "phoneNumber": "ignored", "purePhoneNumber": pure, "countryCode": country,
            "watermark": { "timestamp": 1_760_000_000, "appid": "wxabcdef0123456789" } });
        let telephone = JsonAnswer::read("the answer", told.to_string().as_bytes()).expect("an object");
        super::number(&telephone, &"wxabcdef0123456789".parse().expect("an app id"))
            .map(|number| number.e164().to_owned())
            .map_err(|error| error.kind)
    }

    #[test]
    fn the_country_is_a_text_or_a_number() {
        let numbers = [json!("86"), json!(86)].map(|country| number(&country, "13800000001"));

        assert_eq!(numbers, [const { Ok("+8613800000001") }; 2].map(|number| number.map(str::to_owned)));
    }

    #[test]
    fn a_foreign_number_keeps_its_country() {
        assert_eq!(number(&json!("44"), "7447900123"), Ok("+447447900123".to_owned()));
    }

    #[test]
    fn what_is_no_number_is_unexpected() {
        assert_eq!(number(&json!("86"), "12"), Err(ErrorKind::UnexpectedAnswer));
        assert_eq!(number(&json!(""), ""), Err(ErrorKind::UnexpectedAnswer));
        for country in ["", " ", "CN", "-1"] {
            assert_eq!(number(&json!(country), "13105551234"), Err(ErrorKind::UnexpectedAnswer), "{country:?}");
        }
    }
}
