//! Reads the values that a cell may have. Each reader says why a value is refused; its column adds what was expected.

pub(super) mod amount;
pub(super) mod key;
pub(super) mod time;
mod zone;

pub(super) use self::zone::Zone;
