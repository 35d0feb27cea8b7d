//! SMS codes: sending them, and the human check before.

mod code;
mod human;
mod login_code;

pub use code::{CodeSent, SendCode, send};
pub(crate) use human::{is_known, require_human};
pub use login_code::{SendLoginCode, send_for_login};
