//! The text messages from the service under test to the people of the sandbox. None is delivered elsewhere.

use serde::Serialize;

use super::newest::Newest;

const CAPACITY: usize = 1_000;

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sms {
    pub(crate) to: String,
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) at: String,
}

/// The newest messages.
#[derive(Default)]
pub(crate) struct Inbox {
    newest: Newest<Sms, CAPACITY>,
}

impl Inbox {
    pub(crate) fn deliver(&self, sms: Sms) {
        self.newest.add(sms);
    }

    /// Returns the messages to a number, or all, newest first.
    pub(crate) fn read(&self, to: Option<&str>) -> Vec<Sms> {
        self.newest.wanted(usize::MAX, |sms| to.is_none_or(|to| digits(to) == digits(&sms.to)))
    }
}

/// Numbers are compared by their digits: the `+` of a query often arrives as a space.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
