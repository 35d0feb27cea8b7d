//! `[pictures]`: uploads of pictures and their store. See `config.default.toml` for the keys.

use std::path::{Path, PathBuf};

use providers::{Checks, Problem};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The largest upload that may be allowed, in KiB: the memory of one request.
const MAX_LIMIT_KIB: u32 = 16_384;
/// The most decoders: each needs up to 200 MiB.
const MAX_DECODERS: u32 = 64;

/// `[pictures]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Pictures {
    pub store: PictureStoreKind,
    pub limit_kib: u32,
    pub decoders: u32,
    pub folder: PathBuf,
    pub s3: S3,
}

/// Where pictures are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureStoreKind {
    /// Nowhere: pictures cannot be uploaded.
    None,
    /// In the service's database.
    Database,
    /// As files of a folder.
    Folder,
    /// In a bucket of a service with the protocol of Amazon S3.
    S3,
}

/// `[pictures.s3]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct S3 {
    #[serde(deserialize_with = "url_or_none")]
    pub endpoint: Option<Url>,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub path_style: bool,
    pub prefix: String,
}

/// An empty text is none.
fn url_or_none<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(given)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(serde::de::Error::custom) }
}

/// Returns the problems that concern more than the type of a key.
pub(super) fn problems(settings: &Pictures) -> Vec<Problem> {
    let mut found = Checks::default();
    if !(1..=MAX_LIMIT_KIB).contains(&settings.limit_kib) {
        found.note("pictures.limit_kib", format!("must be 1 to {MAX_LIMIT_KIB}"));
    }
    if !(1..=MAX_DECODERS).contains(&settings.decoders) {
        found.note("pictures.decoders", format!("must be 1 to {MAX_DECODERS}"));
    }
    match settings.store {
        PictureStoreKind::None | PictureStoreKind::Database => {}
        PictureStoreKind::Folder => folder(&settings.folder, &mut found),
        PictureStoreKind::S3 => s3(&settings.s3, &mut found),
    }
    found.finish(Some(())).err().unwrap_or_default()
}

fn folder(folder: &Path, found: &mut Checks) {
    if folder.as_os_str().is_empty() {
        found.note("pictures.folder", "is missing");
    } else if !folder.is_dir() {
        found.note("pictures.folder", "is not a folder that exists");
    }
}

fn s3(settings: &S3, found: &mut Checks) {
    match &settings.endpoint {
        Some(url) => drop(found.upstream("pictures.s3.endpoint", url.as_str())),
        None => found.note("pictures.s3.endpoint", "is missing"),
    }
    for (key, text) in [("region", &settings.region), ("access_key_id", &settings.access_key_id)] {
        if text.trim().is_empty() {
            found.note(&format!("pictures.s3.{key}"), "is missing");
        }
    }
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if !(3..=63).contains(&settings.bucket.len()) || !settings.bucket.bytes().all(is_name) {
        found.note("pictures.s3.bucket", "must have 3 to 63 characters of a-z, 0-9, `.` and `-`");
    }
    found.secret("pictures.s3.secret_access_key", Some(settings.secret_access_key.clone()));
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if settings.prefix.len() > 128 || settings.prefix.starts_with('/') || !settings.prefix.bytes().all(is_sound) {
        found.note(
            "pictures.s3.prefix",
            "must be up to 128 of A-Z, a-z, 0-9, `-`, `_`, `.` and `/`, and not begin with `/`",
        );
    }
}
