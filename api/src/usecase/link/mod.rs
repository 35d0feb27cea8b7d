//! Credentials of an account: linking a further app (R13), and removing a phone or an app (R7).

mod add;
mod remove;

pub use add::{Added, add};
pub use remove::{unbind_phone, unlink_open_id};
