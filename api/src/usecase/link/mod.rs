//! TODO

mod add;
mod remove;

pub use add::{Added, add};
pub use remove::{unbind_phone, unlink_open_id};
