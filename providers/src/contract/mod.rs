//! The provider contract: promises that are run against every provider, over real HTTP on loopback.
//! How an upstream behaves is told by each provider's [`Tape`].

mod tape;

pub use tape::{Answer, CODE, Call, Person, Play, SECRET, Scene, TOKEN, Tape};
