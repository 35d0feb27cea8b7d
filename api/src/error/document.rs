//! The text of `docs/errors.md`. A test compares the file with the generated text.

use super::{ErrorCode, Language};

const HEAD: &str = "# Error codes\n\n\
    Every error of the API carries `extensions.code` from this list, which is the enum `ErrorCode` of the schema, with \
    `extensions.advice` (what to do), `extensions.errorId` (for the operator's log), and where they apply `extensions.detail` \
    (for developers) and `extensions.retryAfter` (seconds). `message` and `advice` come in English or Chinese, by \
    `Accept-Language`.\n\n\
    This page is made by `guiyi errors`.\n";

/// Returns the whole page.
#[must_use]
pub fn documentation() -> String {
    ErrorCode::ALL.iter().fold(HEAD.to_owned(), |page, code| page + &paragraph(*code))
}

fn paragraph(code: ErrorCode) -> String {
    let [en, zh] = [code.words(Language::En), code.words(Language::ZhCn)];
    format!("\n## {code}\n\n{} {}\n\n{}{}\n", en.message, en.advice, zh.message, zh.advice)
}
