//! An encoded push: the body, the same for every attempt, and the query, which differs for each.

use url::Url;

use crate::{dice, signature};

use super::render::{Field, render};
use super::settings::{Secrecy, Settings};
use super::{AesKey, Push};

/// A push, rendered and encrypted by its settings.
pub(super) struct Letter {
    pub(super) body: String,
    /// The `openid` of the query. In recorded pushes of followers it is the sender of the message; authorization events are
    /// assumed to do the same.
    sender: String,
    /// The encrypted message, in the modes that have one.
    encrypt: Option<String>,
}

impl Letter {
    pub(super) fn new(settings: &Settings, push: &Push) -> Self {
        let format = settings.form.format;
        let mut fields = push.fields(format, settings.form.ugly_keys);
        let encrypt = |key: &AesKey| key.encrypt(dice::bytes(), &render(&fields, format), &push.app_id);
        let encrypt = match &settings.secrecy {
            Secrecy::Plain => None,
            Secrecy::Compatible(key) | Secrecy::Secure(key) => Some(encrypt(key)),
        };
        if let Secrecy::Secure(_) = settings.secrecy {
            fields = vec![Field::text("ToUserName", &push.to_user)];
        }
        fields.extend(encrypt.as_deref().map(|encrypt| Field::text("Encrypt", encrypt)));
        Self { body: render(&fields, format), sender: push.sender().to_owned(), encrypt }
    }

    /// Returns the address of one attempt, signed for its time.
    pub(super) fn address(&self, settings: &Settings, now: i64) -> Url {
        let (mut url, stamp) = signed(settings, now);
        let mut query = url.query_pairs_mut();
        query.append_pair("openid", &self.sender);
        if let Some(encrypt) = &self.encrypt {
            let signature = signature::push_message(&settings.form.token, &stamp.timestamp, &stamp.nonce, encrypt);
            query.append_pair("encrypt_type", "aes").append_pair("msg_signature", &signature);
        }
        drop(query);
        url
    }
}

/// The signature parameters of one call.
pub(super) struct Stamp {
    timestamp: String,
    nonce: String,
}

/// Returns the address of the settings with `signature`, `timestamp` and a new `nonce`.
pub(super) fn signed(settings: &Settings, now: i64) -> (Url, Stamp) {
    let stamp = Stamp { timestamp: now.to_string(), nonce: u32::from_le_bytes(dice::bytes()).to_string() };
    let signature = signature::push(&settings.form.token, &stamp.timestamp, &stamp.nonce);
    let mut url = settings.url.clone();
    url.query_pairs_mut()
        .append_pair("signature", &signature)
        .append_pair("timestamp", &stamp.timestamp)
        .append_pair("nonce", &stamp.nonce);
    (url, stamp)
}
