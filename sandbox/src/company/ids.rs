//! The openIds, unionIds and other ids, computed so that they are the same in every run of the sandbox. They are not
//! secret; the key only separates them from other hashes.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{App, Person};

const KEY: &[u8] = b"sandbox ids, first edition";

/// One per person and app: 28 characters, beginning with `o`.
pub(crate) fn open_id(app: &App, person: &Person) -> String {
    id("o", &["open", &app.id, &person.id])
}

/// One per person and Open Platform account: 28 characters, beginning with `oU`.
pub(crate) fn union_id(app: &App, person: &Person) -> Option<String> {
    let scope = app.union_scope.as_deref()?;
    Some(id("oU", &["union", scope, &person.id]))
}

/// The openId of the snapshot page: stable, and different from every person's.
pub(crate) fn snapshot_open_id(app: &App, person: &Person) -> String {
    id("o", &["snapshot open", &app.id, &person.id])
}

/// The unionId of the snapshot page: per app, so that it cannot connect two logins.
pub(crate) fn snapshot_union_id(app: &App, person: &Person) -> Option<String> {
    app.union_scope.as_ref()?;
    Some(id("oU", &["snapshot union", &app.id, &person.id]))
}

/// Returns the unionId after its app has moved to another Open Platform account.
pub(crate) fn moved_union_id(app_id: &str, union_id: &str) -> String {
    id("oU", &["moved union", app_id, union_id])
}

/// WeCom's id of a customer of a corp: 32 characters, beginning with `wm`.
pub(crate) fn external_user_id(app: &App, person: &Person) -> String {
    text("wm", 32, &["external user", &app.id, &person.id])
}

/// The id of the phone on which a person has WeCom. Its format is not documented; here it is 32 hex digits.
pub(crate) fn device_id(person: &Person) -> String {
    HEXLOWER.encode(&hash(&["device", &person.id]))[..32].to_owned()
}

/// The default 原始 ID of an app: `gh_` and 12 hex digits.
pub(crate) fn original_id(app_id: &str) -> String {
    format!("gh_{}", &HEXLOWER.encode(&hash(&["original", app_id]))[..12])
}

/// The ticket of an account's QR code for a scene: it has WeChat's format and is always the same.
pub(crate) fn qr_ticket(app: &App, scene: &str) -> String {
    format!("gQ{}", BASE64URL_NOPAD.encode(&hash(&["qr", &app.id, scene])))
}

/// The version of a person's picture, which changes with the picture.
pub(crate) fn picture(person: &Person) -> String {
    let parts = ["picture", &person.id, person.avatar.as_deref().unwrap_or_default(), &person.nickname];
    HEXLOWER.encode(&hash(&parts))[..8].to_owned()
}

fn id(start: &str, parts: &[&str]) -> String {
    text(start, 28, parts)
}

fn text(start: &str, length: usize, parts: &[&str]) -> String {
    let text = BASE64URL_NOPAD.encode(&hash(parts));
    format!("{start}{}", &text[..length - start.len()])
}

fn hash(parts: &[&str]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part.as_bytes());
        // A separator that cannot occur in a part: `ab`+`c` and `a`+`bc` must be different people.
        mac.update(&[0]);
    }
    mac.finalize().into_bytes().into()
}
