//! A phone number that WeChat returns for a mini program, by the code of the phone button or encrypted.

use domain::{AppId, PhoneNumber};
use serde::Deserialize;

use super::encrypted::Watermark;
use crate::{ErrorKind, ProviderError};

/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Telephone {
    /// The number without the country code. `phoneNumber`, beside it, has the country code of foreign numbers and lacks
    /// China's, so it is not read.
    pure_phone_number: String,
    country_code: CountryCode,
    watermark: Watermark,
}

/// A string in the page's table, a number in its sample.
#[derive(Deserialize)]
#[serde(untagged)]
enum CountryCode {
    Text(String),
    Number(u16),
}

impl Telephone {
    /// Returns the number if it was issued to this app.
    pub(super) fn number(&self, app_id: &AppId) -> Result<PhoneNumber, ProviderError> {
        self.watermark.check(app_id)?;
        let country = match &self.country_code {
            CountryCode::Text(text) => text.clone(),
            CountryCode::Number(number) => number.to_string(),
        };
        PhoneNumber::parse_verified(&format!("+{country}{}", self.pure_phone_number)).map_err(|bad| {
            ProviderError::new(ErrorKind::UnexpectedAnswer, "the answer of WeChat has no usable phone number")
                .caused_by(bad)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn number(country: &Value, pure: &str) -> Result<String, ErrorKind> {
        let told = json!({ "phoneNumber": "ignored", "purePhoneNumber": pure, "countryCode": country,
            "watermark": { "timestamp": 1_760_000_000, "appid": "wxabcdef0123456789" } });
        let telephone: Telephone = serde_json::from_value(told).expect("a telephone");
        let number = telephone.number(&"wxabcdef0123456789".parse().expect("an app id"));
        number.map(|number| number.e164().to_owned()).map_err(|error| error.kind)
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
    }
}
