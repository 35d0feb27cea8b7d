//! The text messages that the service under trial sent to the people here.
//! Nothing is delivered anywhere.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Serialize;

use super::locked;

const CAPACITY: usize = 1_000;

/// One text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sms {
    pub(crate) to: String,
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) at: String,
}

/// The newest thousand messages.
#[derive(Default)]
pub(crate) struct Inbox {
    newest_first: Mutex<VecDeque<Sms>>,
}

impl Inbox {
    pub(crate) fn deliver(&self, sms: Sms) {
        let mut messages = locked(&self.newest_first);
        messages.push_front(sms);
        messages.truncate(CAPACITY);
    }

    /// The messages to a number, or all, newest first.
    pub(crate) fn read(&self, to: Option<&str>) -> Vec<Sms> {
        let messages = locked(&self.newest_first);
        messages.iter().filter(|sms| to.is_none_or(|to| digits(to) == digits(&sms.to))).cloned().collect()
    }
}

/// Numbers are compared by their digits: the `+` of a query arrives as a space as often as not.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Inbox, Sms};

    #[test]
    fn the_inbox_keeps_the_newest_thousand() {
        let inbox = Inbox::default();
        let sms = |n: usize| Sms { to: "+86".to_owned(), code: n.to_string(), text: String::new(), at: String::new() };

        (0..CAPACITY + 5).for_each(|n| inbox.deliver(sms(n)));

        let kept = inbox.read(None);
        assert_eq!((kept.len(), kept[0].code.as_str(), kept[CAPACITY - 1].code.as_str()), (CAPACITY, "1004", "5"));
    }
}
