//! WeChat's signatures: of pushes, of web pages with the JS-SDK, of a person's raw data, and of a session key.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// Signs a push or a URL verification: the `signature` of its query.
///
/// It covers neither body nor person, which is why encrypted pushes also have a [`push_message`] signature.
#[must_use]
pub fn push(token: &str, timestamp: &str, nonce: &str) -> String {
    sorted([token, timestamp, nonce])
}

/// Signs an encrypted push: the `msg_signature` of its query, which covers the encrypted message.
#[must_use]
pub fn push_message(token: &str, timestamp: &str, nonce: &str, encrypt: &str) -> String {
    sorted([token, timestamp, nonce, encrypt])
}

/// Signs a web page for `wx.config`. The part of `url` after a `#` is not signed; nothing is escaped.
///
/// ```
/// let page = "https://app.example.test/h5/page?x=1";
/// let signature = sandbox::signature::js_sdk("a ticket", "n0nce", 1_760_000_000, page);
/// assert_eq!(signature, sandbox::signature::js_sdk("a ticket", "n0nce", 1_760_000_000, &format!("{page}#top")));
/// ```
#[must_use]
pub fn js_sdk(ticket: &str, noncestr: &str, timestamp: i64, url: &str) -> String {
    let page = url.split('#').next().unwrap_or_default();
    sha1_hex(&format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}"))
}

/// Signs the `rawData` of a mini program with the session key, which is used as its base64 text.
#[must_use]
pub fn raw_data(raw_data: &str, session_key: &str) -> String {
    sha1_hex(&[raw_data, session_key].concat())
}

/// Signs the empty text with the session key, used as its base64 text, for the checks of a session. The only signature
/// with HMAC-SHA-256.
#[must_use]
pub fn session(session_key: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(session_key.as_bytes()).expect("HMAC takes a key of any length");
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// WeChat sorts the values before hashing them.
fn sorted<const N: usize>(mut values: [&str; N]) -> String {
    values.sort_unstable();
    sha1_hex(&values.concat())
}

fn sha1_hex(text: &str) -> String {
    HEXLOWER.encode(&Sha1::digest(text))
}

#[cfg(test)]
mod tests {
    use super::{js_sdk, push, raw_data, session};

    const TOKEN: &str = "sandbox_token_01";

    #[test]
    fn a_push_is_signed_by_its_token_time_and_nonce() {
        assert_eq!(push(TOKEN, "1760000000", "904417236"), "544c41966bb6aad8fd4e699d0b2f25baa6ceaf63");
    }

    #[test]
    fn the_order_of_the_values_does_not_matter() {
        assert_eq!(push("904417236", TOKEN, "1760000000"), push(TOKEN, "1760000000", "904417236"));
    }

    #[test]
    fn a_page_is_signed_without_what_follows_the_hash() {
        let ticket = "kgt8ON7yVITDhtdwci0qeSandboxTicketExample";

        let signature = js_sdk(ticket, "n0nceExample", 1_760_000_000, "https://app.example.test/h5/page?x=1#top");

        assert_eq!(signature, "c5fefe05cb661002d3096c449b3f1df7697419bf");
    }

    #[test]
    fn raw_data_is_signed_with_the_text_of_the_session_key() {
        let signature = raw_data(r#"{"nickName":"兰心🌿","gender":0}"#, "ZGVmZ2hpamtsbW5vcHFycw==");

        assert_eq!(signature, "2d13f57c45384bf1c295fe215fdefba4c1b1ccb9");
    }

    #[test]
    fn a_session_is_signed_for_with_the_text_of_its_key() {
        let signature = session("ZGVmZ2hpamtsbW5vcHFycw==");

        assert_eq!(signature, "582e292868a190779429cba874bf36125b05105cccde8e9d059302b8db9a84b4");
    }
}
