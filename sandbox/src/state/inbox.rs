//! The text messages that the service under trial sent to the people here.
//! Nothing is delivered anywhere.

use serde::Serialize;

use super::newest::Newest;

const CAPACITY: usize = 1_000;

/// One text message.
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

    /// The messages to a number, or all, newest first.
    pub(crate) fn read(&self, to: Option<&str>) -> Vec<Sms> {
        self.newest.wanted(usize::MAX, |sms| to.is_none_or(|to| digits(to) == digits(&sms.to)))
    }
}

/// Numbers are compared by their digits: the `+` of a query arrives as a space as often as not.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
