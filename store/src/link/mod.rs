//! Adds logins to accounts (R13) and removes logins and phones from them (R7).

mod add;
mod note;
mod remove;

pub use add::add;
pub(crate) use note::{note, note_all, unclaimed};
pub use remove::{Held, hold, is_open, unbind_phone, unlink_open_id};
