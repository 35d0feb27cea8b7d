//! TODO

mod add;
mod remove;

pub use add::add;
pub use remove::{Held, hold, is_open, unbind_phone, unlink_open_id};
