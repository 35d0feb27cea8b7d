//! SMS codes: sending them, and the human check before.

mod code;
mod human;

pub use code::{CodeSent, SendCode, send};
pub(crate) use human::{is_known, require_human};
