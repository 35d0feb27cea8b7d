//! The data about a person that a mini program's page receives: public `rawData`, and `encryptedData` for its server.

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use data_encoding::BASE64;
use serde::Serialize;

/// Encrypts `plaintext` with a session key, given as the base64 text that `jscode2session` returns.
///
/// # Errors
///
/// If the session key is not the base64 of 16 bytes.
///
/// ```
/// use sandbox::encrypted_data::encrypt;
///
/// let encrypted = encrypt("ZGVmZ2hpamtsbW5vcHFycw==", [7; 16], r#"{"openId":"o…"}"#)?;
/// assert_eq!(encrypted.iv, "BwcHBwcHBwcHBwcHBwcHBw==");
/// # Ok::<(), sandbox::encrypted_data::NotASessionKey>(())
/// ```
pub fn encrypt(session_key: &str, iv: [u8; 16], plaintext: &str) -> Result<Encrypted, NotASessionKey> {
    let key = BASE64.decode(session_key.as_bytes()).ok().and_then(|key| <[u8; 16]>::try_from(key).ok());
    let cipher = cbc::Encryptor::<Aes128>::new(&key.ok_or(NotASessionKey)?.into(), &iv.into());
    let encrypted = cipher.encrypt_padded_vec::<Pkcs7>(plaintext.as_bytes());
    Ok(Encrypted { encrypted_data: BASE64.encode(&encrypted), iv: BASE64.encode(&iv) })
}

/// The two base64 texts that a page passes to its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Encrypted {
    /// AES-128-CBC of the plaintext, with PKCS#7.
    pub encrypted_data: String,
    /// The initialization vector, which is not secret.
    pub iv: String,
}

/// The session key is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session key is not 16 bytes in base64")]
pub struct NotASessionKey;

/// The public data, whose JSON is the `rawData` of a mini program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RawProfile {
    /// The nickname, or `微信用户` where WeChat hides it.
    pub nick_name: String,
    /// Always 0 since 2021.
    pub gender: u8,
    /// The language of the person's WeChat: `zh_CN`, `zh_TW`, `en`.
    pub language: String,
    /// Empty since 2021.
    pub city: String,
    /// Empty since 2021.
    pub province: String,
    /// Empty since 2021.
    pub country: String,
    /// The address of the picture.
    pub avatar_url: String,
}

/// The private data about a person, whose JSON is the plaintext of `encryptedData`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Absent in the data of `wx.getUserProfile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_id: Option<String>,
    /// The public part.
    #[serde(flatten)]
    pub raw: RawProfile,
    /// Absent if the mini program is not bound to an Open Platform account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub union_id: Option<String>,
    /// The app and the time.
    pub watermark: Watermark,
}

/// The person's number from the phone number button, whose JSON is the plaintext of `encryptedData`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Telephone {
    /// With the country code, except for China.
    pub phone_number: String,
    /// Without the country code.
    pub pure_phone_number: String,
    /// The digits of the country code: `86`.
    pub country_code: CountryCode,
    /// The app and the time.
    pub watermark: Watermark,
}

/// A string in the documents' table, a number in their sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CountryCode {
    /// As in the table.
    Text(String),
    /// As in the sample.
    Number(u16),
}

/// Lets a server verify that a plaintext is meant for it, and recent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watermark {
    /// Unix seconds.
    pub timestamp: i64,
    /// The mini program.
    pub appid: String,
}

#[cfg(test)]
mod tests {
    use aes::cipher::BlockModeDecrypt;

    use super::*;

    const SESSION_KEY: &str = "ZGVmZ2hpamtsbW5vcHFycw==";
    const IV: &str = "yMnKy8zNzs/Q0dLT1NXW1w==";
    const TELEPHONE: &str = concat!(
        "5m5hidf6LQ+HYPYHSqU/fiOS4KmCZOm/8YSznQh1mjmY28H6Y98180MxcE0J5c2jaaTP27T4Bb0wf9VtnmYNVvo68TY6z/3Ghhy1kQtqJaY/",
        "wtkKFEIw9FFw7GEXJxrhFuRsJP9kPCvpBNGCDhf9VRJIVmcjp8ZFh+GgnLYK7JsnRozTY7bTZlRiThboZet0x+sZFVmScBtv/HpzBtAV+g==",
    );

    #[test]
    fn a_telephone_is_encrypted_as_wechat_does() {
        let plaintext = serde_json::to_string(&telephone()).unwrap();

        let encrypted = encrypt(SESSION_KEY, bytes(IV), &plaintext).unwrap();

        assert_eq!(encrypted, Encrypted { encrypted_data: TELEPHONE.to_owned(), iv: IV.to_owned() });
    }

    #[test]
    fn what_was_encrypted_can_be_read_with_the_same_session_key() {
        let plaintext = serde_json::to_string(&profile()).unwrap();

        let encrypted = encrypt(SESSION_KEY, [7; 16], &plaintext).unwrap();

        assert_eq!(decrypt(SESSION_KEY, &encrypted), plaintext);
    }

    #[test]
    fn a_profile_has_its_fields_in_the_order_of_wechat() {
        let json = serde_json::to_string(&profile()).unwrap();

        assert_eq!(
            json,
            concat!(
                r#"{"openId":"oMini0Ex4mple7hV2cYtR9kLwPz0","nickName":"兰心🌿","gender":0,"language":"zh_CN","#,
                r#""city":"","province":"","country":"","avatarUrl":"https://thirdwx.qlogo.cn/lan/132","#,
                r#""unionId":"oUn10nEx4mpleV7tK2cQ9wLmPz3d","#,
                r#""watermark":{"timestamp":1760000000,"appid":"wxabcdef0123456789"}}"#,
            )
        );
    }

    #[test]
    fn ids_that_are_not_given_are_absent() {
        let nobody = Profile { open_id: None, union_id: None, ..profile() };

        let json = serde_json::to_string(&nobody).unwrap();

        assert_eq!(
            json,
            concat!(
                r#"{"nickName":"兰心🌿","gender":0,"language":"zh_CN","city":"","province":"","country":"","#,
                r#""avatarUrl":"https://thirdwx.qlogo.cn/lan/132","#,
                r#""watermark":{"timestamp":1760000000,"appid":"wxabcdef0123456789"}}"#,
            )
        );
    }

    #[test]
    fn a_session_key_of_another_length_encrypts_nothing() {
        let keys = ["", "ZGVm", "no base64", "ZGVmZ2hpamtsbW5vcHFycw", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="];

        let encrypted = keys.map(|key| encrypt(key, [7; 16], "{}"));

        assert_eq!(encrypted, [const { Err(NotASessionKey) }; 5]);
    }

    fn telephone() -> Telephone {
        Telephone {
            phone_number: "13800000001".to_owned(),
            pure_phone_number: "13800000001".to_owned(),
            country_code: CountryCode::Text("86".to_owned()),
            watermark: watermark(),
        }
    }

    fn profile() -> Profile {
        Profile {
            open_id: Some("oMini0Ex4mple7hV2cYtR9kLwPz0".to_owned()),
            raw: RawProfile {
                nick_name: "兰心🌿".to_owned(),
                gender: 0,
                language: "zh_CN".to_owned(),
                city: String::new(),
                province: String::new(),
                country: String::new(),
                avatar_url: "https://thirdwx.qlogo.cn/lan/132".to_owned(),
            },
            union_id: Some("oUn10nEx4mpleV7tK2cQ9wLmPz3d".to_owned()),
            watermark: watermark(),
        }
    }

    fn watermark() -> Watermark {
        Watermark { timestamp: 1_760_000_000, appid: "wxabcdef0123456789".to_owned() }
    }

    /// Decrypts as a mini program's server does.
    fn decrypt(session_key: &str, encrypted: &Encrypted) -> String {
        let cipher = cbc::Decryptor::<Aes128>::new(&bytes(session_key).into(), &bytes(&encrypted.iv).into());
        let ciphertext = BASE64.decode(encrypted.encrypted_data.as_bytes()).unwrap();
        String::from_utf8(cipher.decrypt_padded_vec::<Pkcs7>(&ciphertext).unwrap()).unwrap()
    }

    fn bytes(base64: &str) -> [u8; 16] {
        BASE64.decode(base64.as_bytes()).unwrap().try_into().unwrap()
    }
}
