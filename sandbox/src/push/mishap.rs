//! What goes wrong with the delivery of a push, on request.

use crate::dice;

use super::Settings;
use super::letter::Letter;
use super::settings::Secrecy;

/// The age of the signature of a stale push, in seconds.
const STALE: i64 = 3600;

/// What goes wrong with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The push is not sent at all.
    Lost,
    /// The first answer does not arrive, so that the push is sent again.
    AnswerLost,
    /// The push is sent once more after it was received.
    Twice,
    /// It is signed with another token.
    Forged,
    /// It was signed an hour ago.
    Stale,
    /// It is encrypted with another key.
    WrongKey,
    /// The body ends in the middle.
    Truncated,
}

impl Mishap {
    /// Returns the settings that the push is signed and encrypted with.
    pub(super) fn settings(self, right: &Settings) -> Settings {
        let mut settings = right.clone();
        match (self, &right.secrecy) {
            (Self::Forged, _) => settings.form.token = dice::hex::<16>(),
            (Self::WrongKey, Secrecy::Compatible(_)) => settings.secrecy = Secrecy::Compatible(dice::bytes().into()),
            (Self::WrongKey, Secrecy::Secure(_)) => settings.secrecy = Secrecy::Secure(dice::bytes().into()),
            (Self::WrongKey, Secrecy::Plain)
            | (Self::Lost | Self::AnswerLost | Self::Twice | Self::Stale | Self::Truncated, _) => (),
        }
        settings
    }

    /// Changes the push as it is sent.
    pub(super) fn spoil(self, letter: &mut Letter) {
        if self == Self::Truncated {
            let half = (0..=letter.body.len() / 2).rev().find(|at| letter.body.is_char_boundary(*at));
            letter.body.truncate(half.unwrap_or_default());
        }
    }

    /// Returns the age of the signature, in seconds.
    pub(super) fn age(self) -> i64 {
        if self == Self::Stale { STALE } else { 0 }
    }

    /// Returns whether it has an effect on pushes with these settings.
    pub(crate) const fn concerns(self, settings: &Settings) -> bool {
        !matches!((self, &settings.secrecy), (Self::WrongKey, Secrecy::Plain))
    }
}
