//! The newest calls of WeChat's paths, each with its request and answer. See `http::recording` for which are recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::clock::Seconds;

use super::newest::Newest;

const CAPACITY: usize = 200;
/// Longer bodies are truncated to this length, in bytes.
const BODY: usize = 16 * 1024;
/// Longer headers are truncated to this length, in bytes.
const HEADER: usize = 2 * 1024;

/// A call, including its secrets: the sandbox's secrets are invented, and meant to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    /// The sequence number of the call, by arrival.
    pub(crate) number: u64,
    pub(crate) at: Seconds,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) request: Message,
    pub(crate) status: u16,
    pub(crate) answer: Message,
    /// Microseconds from the arrival to the answer.
    pub(crate) micros: u64,
}

/// Headers and a body, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    /// The first 16 KB of the body.
    pub(crate) body: String,
    /// The length of the whole body.
    pub(crate) bytes: usize,
}

impl Message {
    pub(crate) fn of<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>, body: &[u8]) -> Self {
        let headers = headers.map(|(name, value)| (name.to_owned(), beginning(value, HEADER))).collect();
        Self { headers, body: beginning(body, BODY), bytes: body.len() }
    }
}

/// Bytes that are not UTF-8, and a truncated character, become replacement characters.
fn beginning(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(most)]).into_owned()
}

/// The newest calls.
#[derive(Default)]
pub(crate) struct Calls {
    arrived: AtomicU64,
    newest: Newest<Arc<Call>, CAPACITY>,
}

impl Calls {
    /// Assigns the number of an arriving call.
    pub(crate) fn arrive(&self) -> u64 {
        self.arrived.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn keep(&self, call: Call) {
        self.newest.add(Arc::new(call));
    }

    /// Returns the calls of a path, or all, in the order of their answers, newest first.
    pub(crate) fn read(&self, path: Option<&str>) -> Vec<Arc<Call>> {
        self.newest.wanted(usize::MAX, |call| path.is_none_or(|path| path == call.path))
    }

    pub(crate) fn clear(&self) {
        self.newest.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::{BODY, HEADER, Message};

    #[test]
    fn of_long_headers_and_bodies_the_beginning_is_kept() {
        let (long, body) = (vec![b'h'; HEADER + 1], vec![b'b'; BODY + 1]);

        let message = Message::of(iter::once(("x-long", long.as_slice())), &body);

        let expected = Message {
            headers: vec![("x-long".to_owned(), "h".repeat(HEADER))],
            body: "b".repeat(BODY),
            bytes: BODY + 1,
        };
        assert_eq!(message, expected);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let message = Message::of(iter::once(("x-odd", b"\xff".as_slice())), b"a\xffb");

        let expected = Message {
            headers: vec![("x-odd".to_owned(), "\u{fffd}".to_owned())],
            body: "a\u{fffd}b".to_owned(),
            bytes: 3,
        };
        assert_eq!(message, expected);
    }
}
