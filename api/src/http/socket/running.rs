//! The running subscriptions of one socket.

use std::task::{Context, Poll};

use async_graphql::Response;
use futures::StreamExt;
use futures::stream::BoxStream;
use metrics::gauge;

/// The subscriptions, in the order in which they have their turn.
#[derive(Default)]
pub(super) struct Running(Vec<Subscription>);

struct Subscription {
    id: String,
    /// Whether something was answered.
    has_begun: bool,
    events: BoxStream<'static, Response>,
}

/// What happened to a subscription.
pub(super) enum Event {
    /// The request was refused, so the subscription has ended.
    Refused { id: String, response: Response },
    /// Something happened.
    Next { id: String, response: Response },
    /// Nothing further happens.
    Completed { id: String },
}

impl Running {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|subscription| subscription.id == id)
    }

    pub(super) fn add(&mut self, id: String, events: BoxStream<'static, Response>) {
        gauge!("guiyi_subscriptions").increment(1);
        self.0.push(Subscription { id, has_begun: false, events });
    }

    /// Ends a subscription, if it runs.
    pub(super) fn end(&mut self, id: &str) {
        if let Some(at) = self.0.iter().position(|subscription| subscription.id == id) {
            self.remove(at);
        }
    }

    /// Waits for the next event. Cancel safe.
    pub(super) async fn next(&mut self) -> Event {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        for at in 0..self.0.len() {
            let subscription = &mut self.0[at];
            let Poll::Ready(answer) = subscription.events.poll_next_unpin(context) else { continue };
            let id = subscription.id.clone();
            let Some(response) = answer else {
                self.remove(at);
                return Poll::Ready(Event::Completed { id });
            };
            let is_first = !std::mem::replace(&mut subscription.has_begun, true);
            if is_first && response.data == async_graphql::Value::Null && !response.errors.is_empty() {
                self.remove(at);
                return Poll::Ready(Event::Refused { id, response });
            }
            // The others have their turn first, so that a busy one does not starve them.
            let subscription = self.0.remove(at);
            self.0.push(subscription);
            return Poll::Ready(Event::Next { id, response });
        }
        Poll::Pending
    }

    fn remove(&mut self, at: usize) {
        gauge!("guiyi_subscriptions").decrement(1);
        self.0.remove(at);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        gauge!("guiyi_subscriptions").decrement(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ServerError, Value};
    use futures::{FutureExt, stream};

    use super::*;

    fn told(event: &Event) -> String {
        match event {
            Event::Refused { id, .. } => format!("{id} refused"),
            Event::Next { id, .. } => format!("{id} next"),
            Event::Completed { id } => format!("{id} completed"),
        }
    }

    fn all(running: &mut Running) -> Vec<String> {
        std::iter::from_fn(|| running.next().now_or_never()).take(20).map(|event| told(&event)).collect()
    }

    fn answer() -> Response {
        Response::new(Value::from("x"))
    }

    fn error() -> Response {
        Response::from_errors(vec![ServerError::new("no", None)])
    }

    #[test]
    fn subscriptions_take_turns_and_complete_after_their_last_event() {
        let mut running = Running::default();
        running.add("a".to_owned(), stream::iter([answer(), answer()]).boxed());
        running.add("b".to_owned(), stream::iter([answer()]).boxed());
        running.add("c".to_owned(), stream::pending().boxed());

        assert_eq!(all(&mut running), ["a next", "b next", "a next", "b completed", "a completed"]);
        assert_eq!((running.len(), running.has("a"), running.has("c")), (1, false, true));
    }

    #[test]
    fn a_refused_request_ends_its_subscription_and_a_later_error_does_not() {
        let mut running = Running::default();
        running.add("a".to_owned(), stream::iter([error(), answer()]).boxed());
        running.add("b".to_owned(), stream::iter([answer(), error()]).boxed());

        assert_eq!(all(&mut running), ["a refused", "b next", "b next", "b completed"]);
    }

    #[test]
    fn nothing_is_told_of_a_subscription_that_the_client_has_ended() {
        let mut running = Running::default();
        running.add("a".to_owned(), stream::iter([answer()]).boxed());
        running.end("a");
        running.end("a");

        assert_eq!(all(&mut running), Vec::<String>::new());
    }
}
