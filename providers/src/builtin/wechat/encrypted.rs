//! Decryption of data that a mini program's page receives encrypted with the session key of the person's last login.

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use data_encoding::BASE64;
use domain::AppId;
use secrecy::{ExposeSecret, SecretString};

use crate::{EncryptedData, ErrorKind, JsonAnswer, ProviderError};

/// Checks which app WeChat issued the data to.
///
/// # Errors
///
/// [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer) for another app's data: a new login would return the same, so the
/// operator has to find its origin.
pub(super) fn check_watermark(data: &JsonAnswer, app_id: &AppId) -> Result<(), ProviderError> {
    let watermark = data.needed_object("watermark")?;
    if watermark.needed_text("appid")? == app_id.as_str() {
        return Ok(());
    }
    Err(watermark.wrong("appid", "is another app"))
}

/// Decrypts data that is meant for this app.
///
/// WeChat uses AES-128-CBC without a signature: tampering shows only in that the result is not what WeChat writes. So the
/// parser is strict: the padding is that of AES (libraries that accept up to 32 bytes confuse it with that of pushes), the
/// text is exact UTF-8 and JSON, and no field occurs twice. The types of the fields say nothing about tampering.
///
/// # Errors
///
/// [`StaleData`](ErrorKind::StaleData) if the data does not decrypt to an object that has the field `has`, nearly always
/// because the page has logged in again since; [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer) for an invalid session key and for data that is meant
/// for another app.
pub(super) fn open(
    data: &EncryptedData,
    session_key: &SecretString,
    (app_id, has): (&AppId, &str),
) -> Result<JsonAnswer, ProviderError> {
    let key = BASE64.decode(session_key.expose_secret().as_bytes()).ok();
    let key: [u8; 16] = key.and_then(|key| key.try_into().ok()).ok_or_else(|| {
        ProviderError::new(ErrorKind::UnexpectedAnswer, "WeChat's `session_key` is not 16 bytes in base64")
    })?;
    let cipher = cbc::Decryptor::<Aes128>::new(&key.into(), &data.iv.into());
    let text =
        cipher.decrypt_padded_vec::<Pkcs7>(&data.data).map_err(|_| stale("does not decrypt with this login's key"))?;
    let opened = JsonAnswer::read_exactly("the encrypted data", &text);
    let opened = opened.filter(|opened| opened.needed_object("watermark").is_ok_and(|mark| mark.has("appid")));
    let opened = opened.ok_or_else(|| stale("does not decrypt to WeChat's format"))?;
    check_watermark(&opened, app_id)?;
    if opened.has(has) { Ok(opened) } else { Err(stale("is not what was asked for")) }
}

/// Returns the error for data that does not fit the login sent with it.
pub(super) fn stale(what: &str) -> ProviderError {
    ProviderError::new(ErrorKind::StaleData, format!("the encrypted data {what}"))
}

#[cfg(test)]
mod tests {
    use aes::cipher::BlockModeEncrypt;

    use super::*;

    const SESSION_KEY: &str = "ZGVmZ2hpamtsbW5vcHFycw==";
    const IV: &str = "yMnKy8zNzs/Q0dLT1NXW1w==";
    const TELEPHONE: &str = concat!(
        "5m5hidf6LQ+HYPYHSqU/fiOS4KmCZOm/8YSznQh1mjmY28H6Y98180MxcE0J5c2jaaTP27T4Bb0wf9VtnmYNVvo68TY6z/3Ghhy1kQtqJaY/",
        "wtkKFEIw9FFw7GEXJxrhFuRsJP9kPCvpBNGCDhf9VRJIVmcjp8ZFh+GgnLYK7JsnRozTY7bTZlRiThboZet0x+sZFVmScBtv/HpzBtAV+g==",
    );

    fn opened(data: &EncryptedData, session_key: &str) -> Result<JsonAnswer, ErrorKind> {
        let app_id = "wxabcdef0123456789".parse().expect("an app id");
        open(data, &session_key.into(), (&app_id, "watermark")).map_err(|error| error.kind)
    }

    fn refused(data: &EncryptedData, session_key: &str) -> ErrorKind {
        opened(data, session_key).expect_err("a refusal")
    }

    fn telephone() -> EncryptedData {
        EncryptedData::parse(TELEPHONE, IV).expect("encrypted data")
    }

    /// Encrypts text as WeChat does, with padding given by the test.
    fn encrypted(padded: &[u8]) -> EncryptedData {
        let key: [u8; 16] = BASE64.decode(SESSION_KEY.as_bytes()).expect("base64").try_into().expect("16 bytes");
        let mut data = padded.to_vec();
        let cipher = cbc::Encryptor::<Aes128>::new(&key.into(), &[7; 16].into());
        let length = data.len();
        cipher.encrypt_padded::<aes::cipher::block_padding::NoPadding>(&mut data, length).expect("whole blocks");
        EncryptedData { data, iv: [7; 16] }
    }

    fn padded(text: &[u8]) -> Vec<u8> {
        let pad = 16 - text.len() % 16;
        [text, &vec![u8::try_from(pad).expect("at most 16"); pad]].concat()
    }

    #[test]
    fn the_published_telephone_is_read() {
        let text = opened(&telephone(), SESSION_KEY).expect("a telephone");

        let texts = ["phoneNumber", "purePhoneNumber", "countryCode"].map(|name| text.text(name).expect("a text"));
        assert_eq!(texts, ["13800000001", "13800000001", "86"]);
        let watermark = text.needed_object("watermark").expect("a watermark");
        assert_eq!(watermark.needed_seconds("timestamp").expect("a time"), 1_760_000_000);
        assert_eq!(watermark.needed_text("appid").expect("an app id"), "wxabcdef0123456789");
    }

    #[test]
    fn data_of_another_login_is_stale() {
        assert_eq!(refused(&telephone(), "AAECAwQFBgcICQoLDA0ODw=="), ErrorKind::StaleData);
    }

    #[test]
    fn data_that_was_tampered_with_is_stale() {
        let whole = telephone();
        let flipped = |at: usize| {
            let mut data = whole.clone();
            data.data[at] ^= 1;
            refused(&data, SESSION_KEY)
        };

        // A flipped bit garbles its own block, and thereby the padding if it is in the last one.
        assert_eq!([flipped(0), flipped(40), flipped(159)], [ErrorKind::StaleData; 3]);
    }

    #[test]
    fn an_array_of_the_fields_is_stale() {
        let encrypted = |text: &[u8]| encrypted(&padded(text));

        assert!(opened(&encrypted(br#"{"watermark":{"appid":"wxabcdef0123456789"}}"#), SESSION_KEY).is_ok());
        assert_eq!(refused(&encrypted(br#"[{"appid":"wxabcdef0123456789"}]"#), SESSION_KEY), ErrorKind::StaleData);
    }

    #[test]
    fn a_padding_longer_than_a_block_is_stale() {
        let text = br#"{"watermark":{"appid":"wxabcdef0123456789"}}"#;
        let long = 32 - text.len() % 16;
        let padded = [text.as_slice(), &vec![u8::try_from(long).expect("at most 32"); long]].concat();

        assert_eq!(refused(&encrypted(&padded), SESSION_KEY), ErrorKind::StaleData);
    }

    #[test]
    fn text_that_is_not_utf8_is_stale() {
        let text = b"{\"watermark\":{\"appid\":\"wxabcdef0123456789\"},\"nickName\":\"\xff\"}";

        assert_eq!(refused(&encrypted(&padded(text)), SESSION_KEY), ErrorKind::StaleData);
    }

    #[test]
    fn a_field_that_occurs_twice_is_stale() {
        let text = br#"{"watermark":{"appid":"wxabcdef0123456789"},"openId":"oLan","openId":"oLan"}"#;

        assert_eq!(refused(&encrypted(&padded(text)), SESSION_KEY), ErrorKind::StaleData);
    }

    #[test]
    fn data_for_another_app_is_unexpected() {
        let text = br#"{"watermark":{"appid":"wx0000000000000000"}}"#;

        assert_eq!(refused(&encrypted(&padded(text)), SESSION_KEY), ErrorKind::UnexpectedAnswer);
    }

    #[test]
    fn a_key_that_is_none_is_unexpected() {
        let outcomes = ["", "a2V5", "no base64"].map(|key| refused(&telephone(), key));

        assert_eq!(outcomes, [ErrorKind::UnexpectedAnswer; 3]);
    }
}
