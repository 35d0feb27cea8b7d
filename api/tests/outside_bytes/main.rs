//! Feeds malformed input to every public parser of external text. None panics, accepted input is canonical and within
//! its limits, and no refusal repeats the input. Private parsers are tested in their modules.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use api::error::Language;
use api::token::{CodeChallenge, CodeVerifier, DeviceToken, RefreshToken};
use domain::order::OrderNo;
use domain::{
    AppId, AppName, ExternalId, LinkEventId, Money, OpenId, OrderId, PhoneNumber, SessionId, UnionId, UserId,
};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseError;
use providers::{EncryptedData, LoginCode, PhoneCode};

/// Input that has broken parsers elsewhere, or resembles valid input.
fn seeds() -> Vec<String> {
    serde_json::from_str(include_str!("seeds.json")).unwrap()
}

fn outside() -> impl Strategy<Value = String> {
    let seed = || select(seeds());
    prop_oneof![
        any::<String>(),
        "[ -~]{0,200}",
        "[A-Za-z0-9_-]{40,70}",
        "[0-9+() ;=.a-z-]{0,40}",
        "(usr|ord|ses|evt)_[0-9a-fA-F-]{30,36}",
        seed(),
        (seed(), seed()).prop_map(|(one, other)| one + &other),
        (seed(), 0..400_usize).prop_map(|(seed, times)| seed.repeat(times)),
        (seed(), any::<Index>(), any::<char>()).prop_map(|(seed, at, put)| {
            let mut chars: Vec<char> = seed.chars().collect();
            let at = at.index(chars.len() + 1);
            chars.insert(at, put);
            chars.into_iter().collect()
        }),
    ]
}

/// Checks that a refusal names the violated rule and does not repeat the input, which may be a secret.
fn is_discreet(refusal: &(impl Debug + Display), text: &str) -> Result<(), TestCaseError> {
    let said = format!("{refusal} {refusal:?}");
    prop_assert!(text.len() < 8 || !said.contains(text), "{said}");
    Ok(())
}

/// Checks that accepted input has one written form and parses back to itself.
fn is_canonical<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Result<(), TestCaseError>
where
    T::Err: Debug + Display,
{
    match text.parse::<T>() {
        Ok(value) => prop_assert_eq!(value.to_string(), text),
        Err(refusal) => is_discreet(&refusal, text)?,
    }
    Ok(())
}

/// Checks that a key is trimmed, within its limit, and parses back to itself.
fn is_a_key<T: FromStr + PartialEq + Debug>(
    text: &str,
    (written, limit): (impl Fn(&T) -> String, usize),
) -> Result<(), TestCaseError>
where
    T::Err: Debug + Display,
{
    match text.parse::<T>() {
        Ok(key) => {
            let again = written(&key);
            prop_assert_eq!(again.as_str(), text.trim());
            prop_assert!(again.len() <= limit);
            prop_assert_eq!(again.parse::<T>().ok(), Some(key));
        }
        Err(refusal) => is_discreet(&refusal, text)?,
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_id_has_one_way_to_be_written(text in outside()) {
        is_canonical::<UserId>(&text)?;
        is_canonical::<OrderId>(&text)?;
        is_canonical::<SessionId>(&text)?;
        is_canonical::<LinkEventId>(&text)?;
    }

    #[test]
    fn an_id_that_is_ours_reads_back(uuid in any::<u128>()) {
        let id = UserId::from_uuid(uuid::Uuid::from_u128(uuid));
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_key_is_trimmed_and_bounded(text in outside()) {
        is_a_key::<OpenId>(&text, (|key| key.as_str().to_owned(), OpenId::MAX_LEN))?;
        is_a_key::<UnionId>(&text, (|key| key.as_str().to_owned(), UnionId::MAX_LEN))?;
        is_a_key::<AppId>(&text, (|key| key.as_str().to_owned(), AppId::MAX_LEN))?;
        is_a_key::<AppName>(&text, (|key| key.as_str().to_owned(), AppName::MAX_LEN))?;
        is_a_key::<ExternalId>(&text, (|key| key.as_str().to_owned(), ExternalId::MAX_LEN))?;
    }

    #[test]
    fn an_order_number_is_trimmed_and_bounded(text in outside()) {
        match OrderNo::parse(&text) {
            Ok(number) => {
                prop_assert_eq!(number.as_str(), text.trim());
                prop_assert!((1..=OrderNo::MAX_LEN).contains(&number.as_str().chars().count()));
            }
            Err(refusal) => is_discreet(&refusal, &text)?,
        }
    }

    #[test]
    fn a_phone_number_is_in_e_164_and_reads_back(text in outside()) {
        match PhoneNumber::parse(&text) {
            Ok(number) => {
                let e164 = number.e164();
                prop_assert!(e164.starts_with('+') && e164[1..].bytes().all(|b| b.is_ascii_digit()), "{}", e164);
                prop_assert!((4..=16).contains(&e164.len()), "{}", e164);
                prop_assert_eq!(PhoneNumber::parse(e164), Ok(number.clone()));
            }
            Err(refusal) => is_discreet(&refusal, &text)?,
        }
    }

    #[test]
    fn an_amount_reads_back(text in outside()) {
        let currency = "CNY".parse().unwrap();
        if let Ok(money) = Money::parse(&text, currency) {
            prop_assert_eq!(Money::parse(&money.amount(), currency).ok(), Some(money));
        }
    }

    #[test]
    fn a_code_is_printable_bounded_and_not_repeated(text in outside()) {
        match LoginCode::parse(&text) {
            Ok(code) => {
                prop_assert_eq!(code.expose(), text.trim());
                prop_assert!((1..=2_048).contains(&code.expose().len()));
                prop_assert_eq!(format!("{code:?}"), "LoginCode(…)");
            }
            Err(refusal) => is_discreet(&refusal, &text)?,
        }
        prop_assert_eq!(PhoneCode::parse(&text).is_ok(), LoginCode::parse(&text).is_ok());
    }

    #[test]
    fn encrypted_data_is_whole_blocks_within_its_limit(data in outside(), iv in outside(), bytes in any::<Vec<u8>>()) {
        let sound = data_encoding::BASE64.encode(&bytes);
        for (data, iv) in [(&data, &iv), (&sound, &iv), (&sound, &data_encoding::BASE64.encode(&[0; 16]))] {
            match EncryptedData::parse(data, iv) {
                Ok(read) => prop_assert!(
                    !read.data.is_empty() && read.data.len().is_multiple_of(16) && read.data.len() <= EncryptedData::MAX_LEN
                ),
                Err(refusal) => is_discreet(&refusal, data)?,
            }
        }
    }

    #[test]
    fn a_verifier_and_a_challenge_are_of_the_alphabet_and_length_of_the_rfc(text in outside()) {
        match CodeVerifier::parse(&text) {
            Ok(verifier) => {
                prop_assert!((43..=128).contains(&text.len()) && text.is_ascii());
                prop_assert_eq!(format!("{verifier:?}"), "CodeVerifier(…)");
            }
            Err(refusal) => is_discreet(&refusal, &text)?,
        }
        match CodeChallenge::parse(&text) {
            Ok(challenge) => prop_assert_eq!(data_encoding::BASE64URL_NOPAD.encode(&challenge.0), text),
            Err(refusal) => is_discreet(&refusal, &text)?,
        }
    }

    #[test]
    fn a_refresh_token_has_one_way_to_be_written(text in outside()) {
        match RefreshToken::parse(&text) {
            Ok(token) => {
                prop_assert!([43, 64].contains(&text.len()));
                prop_assert_eq!(token.text(), text);
                prop_assert_eq!(format!("{token:?}"), "RefreshToken(…)");
            }
            Err(refusal) => is_discreet(&refusal, &text)?,
        }
    }

    #[test]
    fn a_device_token_has_one_way_to_be_written(text in outside()) {
        if let Some(token) = DeviceToken::read(&text) {
            prop_assert_eq!(token.expose().len(), 43);
            prop_assert_eq!(token.expose(), text.as_str());
            prop_assert_eq!(format!("{token:?}"), "DeviceToken(…)");
        }
    }

    #[test]
    fn a_language_is_found_in_any_header(text in outside()) {
        let language = Language::negotiate(Some(&text));
        prop_assert!(matches!(language, Language::En | Language::ZhCn));
    }
}
