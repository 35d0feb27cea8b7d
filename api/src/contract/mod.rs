//! The contracts of the plug-in points: promises that are tested against every plug-in, over real HTTP on loopback.
//!
//! Each contract has a `Tape`, which describes how the upstream of one plug-in behaves, and a macro that makes a test of
//! each promise. A tape has no default, so that a new field keeps every plug-in from compiling until it is filled in.
//! `docs/plugins.md` shows how to write a plug-in with its tape. The contract of identity providers is in the crate
//! `providers`.

pub mod carrier;
pub mod fake;
pub mod human;
pub mod line;
pub mod notice;
pub mod picture;
mod stage;

use domain::{PhoneNumber, Timestamp};
use toml::Table;

use crate::config::{self, Config, Source};

pub use providers::contract::{Answer, CODE, Call, SECRET};
pub use stage::Given;

/// The mobile number of mainland China in every scenario. No output of a plug-in may contain it.
pub const HOME: &str = "+8613800000001";
/// Its form without the country code.
const HOME_NATIONAL: &str = "13800000001";
/// The number abroad in every scenario.
pub const ABROAD: &str = "+85251234567";
/// A number of North America whose digits are also those of a mobile phone of mainland China.
pub const LOOKALIKE: &str = "+13105551234";
/// The time at which every scenario is played.
pub const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);
/// What no error, log line or span may contain.
const SECRETS: [&str; 3] = [SECRET, CODE, HOME_NATIONAL];

/// Declares the promises of a contract: the list with the functions, and the macro that makes a test of each.
///
/// The first token is `$`, which a macro needs to write another one.
macro_rules! promises {
    ($d:tt $(#[$meta:meta])* $contract:ident, $macro:ident, $tape:ty; $($name:ident,)+) => {
        /// A promise: its name, and a function that panics if a plug-in breaks it.
        pub type Promise = (&'static str, fn(&$tape));

        /// All promises.
        pub const PROMISES: &[Promise] = &[$((stringify!($name), $name)),+];

        /// Checks one promise.
        ///
        /// # Panics
        ///
        /// If the plug-in breaks the promise, or the contract has no promise of this name.
        pub fn check(promise: &str, tape: &$tape) {
            let found = PROMISES.iter().find(|(name, _)| *name == promise);
            let Some((_, keeps)) = found else { panic!("the contract has no promise `{promise}`") };
            keeps(tape);
        }

        $(#[$meta])*
        #[macro_export]
        macro_rules! $macro {
            ($d tape:expr) => {
                $(#[test] fn $name() { $d crate::contract::$contract::check(stringify!($name), &$d tape); })+
            };
        }
    };
}
use promises;

/// Returns a configuration with some settings changed, for tapes of the plug-ins built in.
pub(crate) fn configured(overrides: Table) -> Config {
    config::load(&Source { overrides, ..Source::default() }).expect("the settings of the tape are sound")
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).expect("the number of the contract is one")
}
