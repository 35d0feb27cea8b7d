//! Reads a body, no further than its limit.

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::Body as _;

use super::incoming::RefusedRequest;

/// A body that is being read.
pub(super) struct Reading {
    body: Body,
    bytes: Vec<u8>,
}

impl Reading {
    pub(super) fn of(body: Body) -> Self {
        Self { body, bytes: Vec::new() }
    }

    /// Reads on until the body ends, and returns true; or until it is known to be longer than `limit`, and returns false.
    /// Of a body that announces a greater length nothing is read.
    pub(super) async fn ends_within(&mut self, limit: usize) -> Result<bool, RefusedRequest> {
        loop {
            let rest = usize::try_from(self.body.size_hint().lower()).unwrap_or(usize::MAX);
            if self.bytes.len().saturating_add(rest) > limit {
                return Ok(false);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.bytes.extend(frame.into_data().unwrap_or_default()),
                Some(Err(_)) => return Err(RefusedRequest::malformed("the body is incomplete")),
                None => return Ok(true),
            }
        }
    }

    /// Returns what was read.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Bytes;
    use futures::stream;

    use super::*;

    /// Returns a body of ten parts of ten bytes each without a content length, and the number of parts that were read.
    fn parts() -> (Body, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        let count = read.clone();
        let part = move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 10]))
        };
        (Body::from_stream(stream::iter((0..10).map(part))), read)
    }

    #[tokio::test]
    async fn a_body_without_a_length_is_read_as_far_as_the_part_that_exceeds_the_limit() {
        for (limit, ends, parts_read) in [(0, false, 1), (35, false, 4), (99, false, 10), (100, true, 10)] {
            let (body, read) = parts();

            let ended = Reading::of(body).ends_within(limit).await.expect("a whole body");

            assert_eq!((ended, read.load(Ordering::Relaxed)), (ends, parts_read), "{limit}");
        }
    }

    #[tokio::test]
    async fn reading_goes_on_where_it_stopped() {
        let mut reading = Reading::of(parts().0);

        assert!(!reading.ends_within(35).await.expect("a whole body"));
        assert!(reading.ends_within(100).await.expect("a whole body"));

        assert_eq!(reading.into_bytes(), [b'x'; 100]);
    }

    #[tokio::test]
    async fn of_a_body_that_announces_a_greater_length_nothing_is_read() {
        let mut reading = Reading::of(Body::from(vec![b'x'; 100]));

        assert!(!reading.ends_within(99).await.expect("a whole body"));
        assert!(reading.bytes.is_empty());
        assert!(reading.ends_within(100).await.expect("a whole body"));
    }
}
