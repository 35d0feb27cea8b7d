//! Tests of the contract of picture stores: for each promise, a store that breaks it must fail. Each is the store in a bucket
//! with one flaw.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::contract::picture::{PROMISES, Tape, check};
use api::contract::{Given, SECRET};
use api::picture::{PictureError, PictureStore};
use async_trait::async_trait;
use domain::PictureId;

/// The flaw of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    CallsWhenItIsOpened,
    ReadsAsText,
    KnowsOnePicture,
    TakesAMissingOneForAnError,
    RefusesARepeat,
    KeepsWhatIsRemoved,
    RefusesTheSecondRemoval,
    CutsLargePictures,
    StoresPartByPart,
    BlamesTheOperator,
    BlamesTheStore,
    TakesFailuresForMissing,
    TriesTwice,
    PrintsTheSecret,
    RepeatsTheSecret,
}

const BROKEN: [(&str, Flaw); 17] = [
    ("opening_makes_no_call", Flaw::CallsWhenItIsOpened),
    ("what_is_put_is_found_to_the_letter", Flaw::ReadsAsText),
    ("what_is_put_is_found_to_the_letter", Flaw::KnowsOnePicture),
    ("a_picture_that_was_not_put_is_none", Flaw::TakesAMissingOneForAnError),
    ("a_put_may_be_repeated", Flaw::RefusesARepeat),
    ("a_removed_picture_is_gone_and_its_removal_may_be_repeated", Flaw::KeepsWhatIsRemoved),
    ("a_removed_picture_is_gone_and_its_removal_may_be_repeated", Flaw::RefusesTheSecondRemoval),
    ("the_largest_picture_is_stored", Flaw::CutsLargePictures),
    ("a_picture_is_whole_while_it_is_put", Flaw::StoresPartByPart),
    ("every_documented_code_has_its_kind", Flaw::BlamesTheStore),
    ("an_undocumented_code_is_unexpected", Flaw::BlamesTheStore),
    ("an_undocumented_code_is_unexpected", Flaw::TakesFailuresForMissing),
    ("a_store_that_fails_is_unavailable", Flaw::BlamesTheOperator),
    ("a_store_that_does_not_answer_is_unavailable", Flaw::BlamesTheOperator),
    ("each_operation_is_exactly_one_request", Flaw::TriesTwice),
    ("nothing_secret_is_repeated", Flaw::PrintsTheSecret),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheSecret),
];

thread_local! {
    /// A tape is made of plain functions, so the flaw cannot be passed to them.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::TriesTwice) };
}

#[test]
fn each_promise_is_broken_by_a_picture_store_that_is_found_out() {
    let tape = Tape { open, ..crate::picture_tape("s3") };

    crate::all_are_found_out(&BROKEN, PROMISES.iter().map(|(name, _)| *name), |promise, flaw| {
        FLAW.set(flaw);
        check(promise, &tape);
    });
}

struct Careless {
    sound: Arc<dyn PictureStore>,
    flaw: Flaw,
    put: Mutex<Vec<PictureId>>,
}

fn open(given: &Given<'_>) -> Arc<dyn PictureStore> {
    let flaw = FLAW.get();
    if flaw == Flaw::CallsWhenItIsOpened {
        crate::call(given);
    }
    Arc::new(Careless { sound: (crate::picture_tape("s3").open)(given), flaw, put: Mutex::default() })
}

impl Careless {
    /// Returns the id under which the store has a picture.
    fn of(&self, id: PictureId) -> PictureId {
        if self.flaw == Flaw::KnowsOnePicture { PictureId::from_uuid(uuid::Uuid::nil()) } else { id }
    }

    fn spoiled(&self, error: PictureError) -> PictureError {
        match self.flaw {
            Flaw::BlamesTheOperator => PictureError::Misconfigured(error.to_string()),
            Flaw::BlamesTheStore => PictureError::Unavailable(error.to_string()),
            Flaw::RepeatsTheSecret => PictureError::UnexpectedAnswer(SECRET.to_owned()),
            _ => error,
        }
    }

    /// Returns whether the picture was put for the first time.
    fn is_first(&self, id: PictureId) -> bool {
        let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !put.contains(&id);
        put.push(id);
        is_first
    }
}

#[async_trait]
impl PictureStore for Careless {
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError> {
        let (id, is_first) = (self.of(id), self.is_first(id));
        if self.flaw == Flaw::RefusesARepeat && !is_first {
            return Err(PictureError::UnexpectedAnswer("it is there".to_owned()));
        }
        let content =
            if self.flaw == Flaw::CutsLargePictures { &content[..content.len().min(65_535)] } else { content };
        if self.flaw == Flaw::StoresPartByPart {
            self.sound.put(id, &content[..content.len() / 2]).await?;
            // Long enough for a concurrent reader.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut outcome = self.sound.put(id, content).await;
        if outcome.is_err() && self.flaw == Flaw::TriesTwice {
            outcome = self.sound.put(id, content).await;
        }
        outcome.map_err(|error| self.spoiled(error))
    }

    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError> {
        match self.sound.get(self.of(id)).await {
            Ok(None) if self.flaw == Flaw::TakesAMissingOneForAnError => {
                Err(PictureError::UnexpectedAnswer("it is not there".to_owned()))
            }
            Ok(Some(content)) if self.flaw == Flaw::ReadsAsText => {
                Ok(Some(String::from_utf8_lossy(&content).into_owned().into_bytes()))
            }
            Err(_) if self.flaw == Flaw::TakesFailuresForMissing => Ok(None),
            found => found.map_err(|error| self.spoiled(error)),
        }
    }

    async fn remove(&self, id: PictureId) -> Result<(), PictureError> {
        if self.flaw == Flaw::KeepsWhatIsRemoved {
            return Ok(());
        }
        if self.flaw == Flaw::RefusesTheSecondRemoval && self.sound.get(id).await?.is_none() {
            return Err(PictureError::UnexpectedAnswer("it is not there".to_owned()));
        }
        self.sound.remove(self.of(id)).await.map_err(|error| self.spoiled(error))
    }
}

impl std::fmt::Debug for Careless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.flaw == Flaw::PrintsTheSecret { SECRET } else { "Careless" })
    }
}
