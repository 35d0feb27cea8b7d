//! Verifies and decrypts what arrives at the address of an app's pushes.

use chrono::TimeDelta;
use domain::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use crate::{BadMessage, EncodingAesKey, PushMessage};

/// The tolerated age of a push, and the tolerated difference of clocks.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// The parameters of an address that receives a push or is checked. Does not print.
#[derive(Clone, Default, Deserialize)]
pub struct PushQuery {
    /// The signature of `token`, `timestamp` and `nonce`.
    pub signature: Option<String>,
    /// The signature of `token`, `timestamp`, `nonce` and the encrypted message.
    pub msg_signature: Option<String>,
    /// When the push was sent, in Unix seconds.
    #[serde(default)]
    pub timestamp: String,
    /// A random text.
    #[serde(default)]
    pub nonce: String,
    /// The text that the check of an address expects back.
    pub echostr: Option<String>,
}

/// Why a push is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushRefusal {
    /// A signature is missing or wrong.
    #[error("the signature is missing or wrong")]
    Signature,
    /// It was sent more than five minutes ago, or is from the future.
    #[error("the timestamp is not within five minutes of the service's clock")]
    Stale,
    /// The app has a key, and the push is not encrypted.
    #[error("the message is not encrypted")]
    Plain,
    /// No key of the app decrypts it, or it is for another receiver.
    #[error("the message does not decrypt with a key of the app, or is for another receiver")]
    Undecipherable,
    /// The message cannot be read.
    #[error(transparent)]
    Message(#[from] BadMessage),
}

/// Verifies and decrypts the pushes of one app.
///
/// With keys, only encrypted messages are accepted: the secure mode, or the encrypted half of the compatible mode. Their
/// signature covers the message. Without keys, messages are read as they are: the signature of the plain mode does not cover
/// them, so that only TLS protects them.
#[derive(Debug, Clone)]
pub struct PushGate {
    /// The token that signs.
    pub token: SecretString,
    /// The present key, and the one before while it is being replaced.
    pub keys: Vec<EncodingAesKey>,
}

impl PushGate {
    /// Returns the answer to the check of an address: the text that was sent along, decrypted if it is encrypted.
    ///
    /// # Errors
    ///
    /// If the signature or the timestamp is wrong, or the text does not decrypt.
    pub fn echo(&self, query: &PushQuery, now: Timestamp) -> Result<String, PushRefusal> {
        let echo = query.echostr.as_deref().unwrap_or_default();
        match (&query.signature, &query.msg_signature) {
            // WeCom encrypts the text, and has no plain signature.
            (None, Some(signature)) => {
                self.check(signature, (query, Some(echo)), now)?;
                // It ends with the company's id, also where pushes end with the suite's; the signature covers it.
                let echo = self.keys.iter().find_map(|key| key.decrypt(echo, None));
                let echo = echo.ok_or(PushRefusal::Undecipherable)?;
                String::from_utf8(echo).map_err(|_| PushRefusal::Undecipherable)
            }
            (signature, _) => {
                self.check(signature.as_deref().unwrap_or_default(), (query, None), now)?;
                Ok(echo.to_owned())
            }
        }
    }

    /// Verifies a push and returns its message.
    ///
    /// # Errors
    ///
    /// If the signature or the timestamp is wrong, the message is not encrypted and has to be, does not decrypt, or is
    /// malformed.
    pub fn open(
        &self,
        query: &PushQuery,
        body: &[u8],
        (receiver, now): (&str, Timestamp),
    ) -> Result<PushMessage, PushRefusal> {
        // Before the body is parsed. In WeChat every mode has it; in WeCom there is only `msg_signature`.
        if let Some(signature) = &query.signature {
            self.check(signature, (query, None), now)?;
        }
        if self.keys.is_empty() {
            return if query.signature.is_some() { Ok(PushMessage::parse(body)?) } else { Err(PushRefusal::Signature) };
        }
        let signature = query.msg_signature.as_deref().ok_or(PushRefusal::Signature)?;
        let outer = PushMessage::parse(body)?;
        let encrypted = outer.get("Encrypt").ok_or(PushRefusal::Plain)?;
        self.check(signature, (query, Some(encrypted)), now)?;
        let open = |(at, key): (usize, &EncodingAesKey)| Some((at, key.decrypt(encrypted, Some(receiver))?));
        let (key, text) = self.keys.iter().enumerate().find_map(open).ok_or(PushRefusal::Undecipherable)?;
        let mut message = PushMessage::parse(&text)?;
        message.key = Some(key);
        Ok(message)
    }

    /// Returns the body that answers a message with a text to the person who sent it, encrypted with the key of the message.
    /// Only official accounts have such answers (被动回复), in XML only. `salt` is random.
    ///
    /// <https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html>
    #[must_use]
    pub fn reply(
        &self,
        message: &PushMessage,
        text: &str,
        (receiver, now, salt): (&str, Timestamp, [u8; 16]),
    ) -> String {
        let [from, to] = ["ToUserName", "FromUserName"].map(|name| cdata(message.get(name).unwrap_or_default()));
        let timestamp = now.unix_parts().0;
        let reply = format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName><CreateTime>{timestamp}</CreateTime>\
             <MsgType><![CDATA[text]]></MsgType><Content>{}</Content></xml>",
            cdata(text)
        );
        let Some(key) = message.key.and_then(|at| self.keys.get(at)) else { return reply };
        let encrypted = key.encrypt(salt, &reply, receiver);
        let nonce = data_encoding::HEXLOWER.encode(&salt[..8]);
        let signature = self.signature(&timestamp.to_string(), &nonce, Some(&encrypted));
        format!(
            "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature><TimeStamp>{timestamp}</TimeStamp>\
             <Nonce>{}</Nonce></xml>",
            cdata(&encrypted),
            cdata(&signature),
            cdata(&nonce)
        )
    }

    fn signature(&self, timestamp: &str, nonce: &str, encrypted: Option<&str>) -> String {
        let mut signed = [self.token.expose_secret(), timestamp, nonce, encrypted.unwrap_or_default()];
        // An absent part sorts first and adds nothing.
        signed.sort_unstable();
        data_encoding::HEXLOWER.encode(&Sha1::digest(signed.concat()))
    }

    /// Compares a signature with that of the query and, if there is one, of the encrypted text.
    fn check(
        &self,
        given: &str,
        (query, encrypted): (&PushQuery, Option<&str>),
        now: Timestamp,
    ) -> Result<(), PushRefusal> {
        let signature = self.signature(&query.timestamp, &query.nonce, encrypted);
        if !bool::from(given.as_bytes().ct_eq(signature.as_bytes())) {
            return Err(PushRefusal::Signature);
        }
        let sent: i64 = query.timestamp.parse().map_err(|_| PushRefusal::Stale)?;
        let sent = sent.checked_mul(1000).map(Timestamp::from_millis).ok_or(PushRefusal::Stale)?;
        if sent < now.minus(WINDOW) || sent > now.plus(WINDOW) { Err(PushRefusal::Stale) } else { Ok(()) }
    }
}

/// Returns a text as a section that needs no escapes.
fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

impl std::fmt::Debug for PushQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushQuery").finish_non_exhaustive()
    }
}
