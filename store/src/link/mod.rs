//! Adds logins to accounts (R13) and removes logins and phones from them (R7).

mod add;
mod remove;

pub use add::add;
pub use remove::{Held, hold, is_open, unbind_phone, unlink_open_id};
