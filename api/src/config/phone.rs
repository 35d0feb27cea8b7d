//! `[phone]`: numbers, codes and logins by phone. See `config.default.toml` for the keys.

use std::fmt::Display;
use std::str::FromStr;

use chrono::TimeDelta;
use domain::{BadPhone, Country, MobilePrefix, NoSms, PhoneNumber, phone};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// `[phone]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Phone {
    pub fresh_login_minutes: u32,
    pub fresh_number_days: u32,
    pub unknown_last_proof: UnknownLastProof,
    pub quick_code_binds: bool,
    pub login: PhoneLogin,
    pub login_without_human_check: bool,
    #[serde(deserialize_with = "parsed_list")]
    pub extra_prefixes: Vec<MobilePrefix>,
    #[serde(deserialize_with = "parsed_list")]
    pub countries: Vec<Country>,
    pub prefixes_without_sms: Vec<String>,
    pub code_minutes: u32,
    pub resend_seconds: u32,
    pub codes_per_number: u32,
    pub codes_per_account: u32,
    pub codes_per_device: u32,
    pub codes_per_address: u32,
    pub codes_per_app: u32,
    pub tries_per_code: u32,
    pub tries_per_device: u32,
    pub tries_per_number: u32,
}

impl Phone {
    /// Parses a number as people write it.
    ///
    /// # Errors
    ///
    /// [`BadPhone`] if it is not a valid number and has none of the extra prefixes.
    pub fn parse(&self, text: &str) -> Result<PhoneNumber, BadPhone> {
        PhoneNumber::parse_admitting(text, &self.extra_prefixes)
    }

    /// Returns whether SMS can be sent to this number.
    pub fn takes_sms(&self, number: &PhoneNumber) -> Result<(), NoSms> {
        number.takes_sms(&self.countries, &self.prefixes_without_sms)
    }

    /// Returns what a login by a number may lead to.
    #[must_use]
    pub const fn logins(&self) -> phone::NumberLogins {
        match self.login {
            PhoneLogin::Off => phone::NumberLogins::Off,
            PhoneLogin::Existing => phone::NumberLogins::Existing,
            PhoneLogin::Open => phone::NumberLogins::Open,
        }
    }

    /// Returns the part that the identity rules use.
    #[must_use]
    pub fn policy(&self) -> phone::Policy {
        phone::Policy {
            fresh_login: TimeDelta::minutes(self.fresh_login_minutes.into()),
            fresh_number: TimeDelta::days(self.fresh_number_days.into()),
            quick_code_binds: self.quick_code_binds,
            trust_unknown_proof: self.unknown_last_proof == UnknownLastProof::Trust,
        }
    }
}

/// Who may sign in by a phone alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneLogin {
    /// No one.
    Off,
    /// People whose account has the phone.
    Existing,
    /// Everyone: a number without an account gets a new one.
    Open,
}

/// How an imported number without a known last proof counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownLastProof {
    /// As trusted.
    Trust,
    /// As untrusted.
    StepUp,
}

/// Parses a list of texts.
fn parsed_list<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let parse = |text: &String| text.parse().map_err(|bad: T::Err| D::Error::custom(format!("an entry {bad}")));
    texts.iter().map(parse).collect()
}
