//! Answers with the files of a bundle of `web/`, embedded in the binary.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// Returns whether this binary has the bundle.
#[cfg(feature = "sandbox")]
pub(super) fn is_built<B: RustEmbed>() -> bool {
    B::get("index.html").is_some()
}

/// Returns the page of a bundle with its policy, or a page that says how to build the bundle.
pub(super) fn page<B: RustEmbed>(name: &str, policy: &str) -> Response {
    let page = B::get("index.html").map_or_else(|| without_bundle(name).into_bytes().into(), |index| index.data);
    // The address may briefly contain a code, which must not leak as a referrer or stay in a cache.
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

/// Returns a file of a bundle.
pub(super) fn asset<B: RustEmbed>(file: &str) -> Response {
    let Some(found) = B::get(file) else { return StatusCode::NOT_FOUND.into_response() };
    // Names of assets contain a hash of their content.
    let cache = if file.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = found.metadata.mimetype().to_owned();
    ([(CONTENT_TYPE, kind.as_str()), (CACHE_CONTROL, cache)], found.data).into_response()
}

/// The page of a binary that was built without the bundle.
fn without_bundle(name: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Guiyi {name}</title>\
        <body style='font:17px/1.6 system-ui;max-width:38rem;margin:12vh auto;padding:0 1.5rem'>\
        <h1>The {name} is not in this binary</h1>\
        <p>It is built with Node 20: run <code>make run</code>, or <code>make web</code> and build again.</p>\
        <p lang=zh-CN>此程序未包含 {name}。请安装 Node 20 后运行 <code>make run</code>，或运行 <code>make web</code> 后重新编译。</p>"
    )
}
