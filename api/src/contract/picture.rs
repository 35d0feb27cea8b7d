//! The contract of picture stores: the promises of every [`PictureStore`].

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::PictureId;
use http::StatusCode;
use providers::contract::tools::{Accident, Rig, page, server_errors};

use super::stage::{Stage, says_nothing_secret, throttled};
use super::{Answer, Call, Given, promises};
use crate::picture::{MAX_STORED, PictureError, PictureStore};

/// The objects of an upstream, by the path of a request.
pub type Objects = BTreeMap<String, Vec<u8>>;

/// How one store behaves.
///
/// The struct deliberately has no default: a new scenario keeps every store from compiling until its tape covers it.
#[derive(Debug, Clone, Copy)]
pub struct Tape {
    /// The name of the store.
    pub name: &'static str,
    /// Opens an empty store, with [`SECRET`](super::SECRET) as the account's secret.
    pub open: fn(&Given<'_>) -> Arc<dyn PictureStore>,
    /// The service that the store calls; `None` if it calls none, and the promises about services hold.
    pub upstream: Option<Upstream>,
}

/// How the service behaves that a store calls.
#[derive(Debug, Clone, Copy)]
pub struct Upstream {
    /// The page that documents the codes.
    pub source: &'static str,
    /// Answers a request as the service does, after it has checked what the service checks.
    pub answer: fn(&Call, &mut Objects) -> Answer,
    /// The service's answer with a code.
    pub refusal: fn(&str) -> Answer,
    /// The documented codes, each with the name of its [`PictureError`].
    pub codes: &'static [(&'static str, &'static str)],
    /// A code that the service does not document.
    pub undocumented: &'static str,
}

promises! {
    $
    /// Tests the picture store of a [`Tape`](crate::contract::picture::Tape), with one test for each promise. Belongs in a
    /// test module of its own, named after the store.
    picture, picture_contract, Tape;
    opening_makes_no_call,
    what_is_put_is_found_to_the_letter,
    a_picture_that_was_not_put_is_none,
    a_put_may_be_repeated,
    a_removed_picture_is_gone_and_its_removal_may_be_repeated,
    the_largest_picture_is_stored,
    a_picture_is_whole_while_it_is_put,
    every_documented_code_has_its_kind,
    an_undocumented_code_is_unexpected,
    a_store_that_fails_is_unavailable,
    a_store_that_does_not_answer_is_unavailable,
    each_operation_is_exactly_one_request,
    nothing_secret_is_repeated,
}

type Pictures = Stage<Arc<dyn PictureStore>>;

/// The smallest pictures: what stores see of a PNG and of a JPEG.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\xff one";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 two";

fn id(number: u8) -> PictureId {
    format!("pic_0199c8a6b2c07d3e9f00aabbccddee{number:02x}").parse().expect("an id")
}

fn played(tape: &Tape) -> Pictures {
    let objects = Mutex::new(Objects::new());
    let answer = tape.upstream.map(|upstream| upstream.answer);
    let rig = Rig::answering(move |call| match answer {
        Some(answer) => answer(call, &mut objects.lock().unwrap_or_else(PoisonError::into_inner)),
        None => page(StatusCode::NOT_FOUND, "no service"),
    });
    Stage::set(tape.open, rig)
}

/// The operations, each of which has another answer of the service.
const OPERATIONS: [&str; 3] = ["put", "get", "remove"];

async fn operate(store: &dyn PictureStore, operation: &str) -> Result<(), PictureError> {
    match operation {
        "put" => store.put(id(1), PNG).await,
        "get" => store.get(id(1)).await.map(drop),
        _ => store.remove(id(1)).await,
    }
}

impl Pictures {
    fn put(&self, number: u8, content: &[u8]) {
        self.run(async |store| store.put(id(number), content).await).expect("it is stored");
    }

    fn get(&self, number: u8) -> Option<Vec<u8>> {
        self.run(async |store| store.get(id(number)).await).expect("the store answers")
    }

    fn operate(&self, operation: &str) -> Result<(), PictureError> {
        self.run(async |store| operate(store.as_ref(), operation).await)
    }
}

/// An unavailable store must not keep Guiyi from starting.
fn opening_makes_no_call(tape: &Tape) {
    assert_eq!(played(tape).calls().len(), 0);
}

/// Also bytes that are no text, and each picture under its own id.
fn what_is_put_is_found_to_the_letter(tape: &Tape) {
    let stage = played(tape);

    stage.put(1, PNG);
    stage.put(2, JPEG);

    assert_eq!((stage.get(1).as_deref(), stage.get(2).as_deref()), (Some(PNG), Some(JPEG)));
}

/// It is no error: people keep old addresses.
fn a_picture_that_was_not_put_is_none(tape: &Tape) {
    let stage = played(tape);
    stage.put(1, PNG);

    assert_eq!(stage.get(2), None);
}

/// The answer to the first one was lost.
fn a_put_may_be_repeated(tape: &Tape) {
    let stage = played(tape);

    stage.put(1, PNG);
    stage.put(1, PNG);

    assert_eq!(stage.get(1).as_deref(), Some(PNG));
}

/// Two replicas may remove a picture at once, and the sweep repeats a removal whose answer was lost.
fn a_removed_picture_is_gone_and_its_removal_may_be_repeated(tape: &Tape) {
    let stage = played(tape);
    stage.put(1, PNG);
    stage.put(2, JPEG);

    for _ in 0..2 {
        stage.operate("remove").expect("a removal");

        assert_eq!((stage.get(1), stage.get(2).as_deref()), (None, Some(JPEG)));
    }
}

/// Larger ones are never put.
fn the_largest_picture_is_stored(tape: &Tape) {
    let stage = played(tape);
    let largest: Vec<u8> = (0..MAX_STORED).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect();

    stage.put(1, &largest);

    assert!(stage.get(1) == Some(largest));
}

/// A reader never sees a part of a picture that is being stored.
fn a_picture_is_whole_while_it_is_put(tape: &Tape) {
    let stage = played(tape);
    let content = vec![7; MAX_STORED];

    let seen = stage.run(async |store| {
        let is_stored = Cell::new(false);
        let put = async {
            let stored = store.put(id(1), &content).await;
            is_stored.set(true);
            stored
        };
        let read = async {
            let mut seen = Vec::new();
            while !is_stored.get() {
                seen.push(store.get(id(1)).await?);
                tokio::task::yield_now().await;
            }
            Ok::<_, PictureError>(seen)
        };
        let (stored, seen) = tokio::join!(put, read);
        stored.and(seen)
    });

    for found in seen.expect("the store answers").into_iter().flatten() {
        assert_eq!(found.len(), MAX_STORED);
    }
}

/// The operator has to act, or the store is down.
fn every_documented_code_has_its_kind(tape: &Tape) {
    let Some(upstream) = tape.upstream else { return };
    assert!(upstream.source.starts_with("https://"), "the page of the codes is public: {}", upstream.source);
    for kind in ["misconfigured", "unavailable"] {
        assert!(upstream.codes.iter().any(|(_, of)| *of == kind), "no documented code is {kind}");
    }
    for (code, kind) in upstream.codes {
        for operation in OPERATIONS {
            let refused = Stage::answer(tape.open, (upstream.refusal)(code)).operate(operation);

            is(refused, kind, &format!("{code} at {operation}"));
        }
    }
}

/// It is never a success, and never a picture that is not there.
fn an_undocumented_code_is_unexpected(tape: &Tape) {
    let Some(upstream) = tape.upstream else { return };
    let is_known = upstream.codes.iter().any(|(code, _)| *code == upstream.undocumented);
    assert!(!is_known, "{} is documented", upstream.undocumented);
    for operation in OPERATIONS {
        let refused = Stage::answer(tape.open, (upstream.refusal)(upstream.undocumented)).operate(operation);

        is(refused, "unexpected_answer", operation);
    }
}

/// Status 5xx with a page, with nothing, and with a code of the service's; 429.
fn a_store_that_fails_is_unavailable(tape: &Tape) {
    let Some(upstream) = tape.upstream else { return };
    let own = (upstream.refusal)(upstream.undocumented).status(StatusCode::INTERNAL_SERVER_ERROR);
    for answer in server_errors().into_iter().chain([own, throttled()]) {
        for operation in OPERATIONS {
            let failed = Stage::answer(tape.open, answer.clone()).operate(operation);

            is(failed, "unavailable", &format!("{answer:?} at {operation}"));
        }
    }
}

/// It hangs, cuts the connection, or refuses it.
fn a_store_that_does_not_answer_is_unavailable(tape: &Tape) {
    let Some(upstream) = tape.upstream else { return };
    for operation in OPERATIONS {
        for accident in [Accident::Silence, Accident::CutOff] {
            let failing = failing(tape, upstream, &accident);

            is(failing.operate(operation), "unavailable", &format!("{accident:?} at {operation}"));
        }
        let closed = played(tape)
            .run_while_closed(async |store: &Arc<dyn PictureStore>| operate(store.as_ref(), operation).await);
        is(closed, "unavailable", &format!("a refused connection at {operation}"));
    }
}

fn failing(tape: &Tape, upstream: Upstream, accident: &Accident) -> Pictures {
    let answer = move |_: &Call| (upstream.refusal)(upstream.undocumented);
    Stage::set(tape.open, Rig::failing(accident, answer))
}

/// The sweep repeats what failed, and a person uploads again.
fn each_operation_is_exactly_one_request(tape: &Tape) {
    let Some(upstream) = tape.upstream else { return };
    for operation in OPERATIONS {
        let good = played(tape);
        good.operate(operation).expect("the store answers");
        assert_eq!(good.calls().len(), 1, "{operation}");
        for accident in [Accident::Silence, Accident::CutOff, Accident::Status(StatusCode::BAD_GATEWAY)] {
            let stage = failing(tape, upstream, &accident);

            stage.operate(operation).expect_err("the answer is none");

            assert_eq!(stage.calls().len(), 1, "{accident:?} at {operation}");
        }
    }
}

/// The account's secret is in no request, error, log line or form of the store, and an error repeats no word of the service.
fn nothing_secret_is_repeated(tape: &Tape) {
    let good = played(tape);
    for operation in OPERATIONS {
        let form = format!("{:?}", good.plugin);
        says_nothing_secret(operation, &form, || good.operate(operation));
        let Some(upstream) = tape.upstream else { continue };
        let echo = (upstream.refusal)(super::SECRET);
        for answer in [echo, page(StatusCode::FORBIDDEN, super::SECRET), page(StatusCode::OK, super::SECRET)] {
            let stage = Stage::answer(tape.open, answer);
            let form = format!("{:?}", stage.plugin);
            says_nothing_secret(operation, &form, || stage.operate(operation));
        }
    }
    for call in good.calls() {
        assert!(!format!("{call:?} {:?}", call.headers).contains(super::SECRET), "the secret itself is sent: {call:?}");
    }
}

#[track_caller]
fn is(done: Result<(), PictureError>, kind: &str, what: &str) {
    let Err(error) = done else { panic!("{what}: no error") };
    assert_eq!(error.name(), kind, "{what}: {error}");
}
