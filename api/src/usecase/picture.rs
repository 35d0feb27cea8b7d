//! Uploads of pictures: draws one anew, stores it, and shows it as that of the person's account. Removes those that no account
//! shows.

use std::sync::Arc;

use domain::PictureId;
use domain::session::{Step, may};
use metrics::counter;
use store::{StoreError, Tx, Write};
use tracing::{error, warn};

use crate::error::{ApiError, ErrorCode};
use crate::gate::{Counted, Work};
use crate::picture::{BadPicture, PictureError, PictureStore, redraw};
use crate::service::Service;
use crate::usecase::{SignedIn, not_now};

/// Takes the file of a picture and returns its address. Requires a bound login (R15). Every upload counts against the limits
/// of the person, because each costs a decoder's time.
pub async fn upload(service: &Service, caller: &SignedIn, file: Vec<u8>) -> Result<String, ApiError> {
    let store = service.pictures.as_ref().ok_or_else(none_are_taken)?;
    let taken = take(service, store.as_ref(), caller, file).await;
    let outcome = match &taken {
        Ok(_) => "stored",
        Err(error) if error.code() == ErrorCode::ServiceUnavailable => "failed",
        Err(_) => "refused",
    };
    counter!("guiyi_pictures_uploaded_total", "outcome" => outcome).increment(1);
    taken
}

/// Refuses a caller who may not upload, before the file is read.
pub fn admit(service: &Service, caller: &SignedIn) -> Result<(), ApiError> {
    if service.pictures.is_none() {
        return Err(none_are_taken());
    }
    let now = service.clock.now();
    may(Step::ChooseProfile, &caller.session.standing(None, now), &service.config.phone.policy())
        .map_err(|reason| not_now(reason, now))?;
    let counted = Counted::Person(caller.session.id, caller.user.id);
    let attempt = service.gate.attempt(Work::Upload, counted);
    // Dropped, so that it counts.
    attempt.map(drop).map_err(|wait| ApiError::wait(ErrorCode::RateLimited, wait))
}

async fn take(
    service: &Service,
    store: &dyn PictureStore,
    caller: &SignedIn,
    file: Vec<u8>,
) -> Result<String, ApiError> {
    let content = drawn(service, file).await?;
    let now = service.clock.now();
    let id = PictureId::new(now);
    let address = format!("{}{id}", addresses(service));
    let (user, session) = (caller.user.id, caller.session.id);
    let (of_row, of_user) = (address.as_str(), address.as_str());
    // The row comes first, so that a content that no account comes to show is found and removed.
    let add = |tx: Arc<Tx>| async move { store::picture::add(&tx, id, (user, of_row), now).await };
    service.store.write("add_picture", add).await?;
    store.put(id, &content).await.map_err(|error| unavailable("put", &error))?;
    let show = |tx: Arc<Tx>| async move {
        let shown = store::picture::show(&tx, session, of_user, service.clock.now()).await?;
        shown.map(drop).ok_or_else(|| ApiError::refused(ErrorCode::Unauthenticated))
    };
    service.store.write(Write::new("show_picture").in_session(session), show).await?;
    Ok(address)
}

/// Draws a picture anew on a thread of its own, of which there are few.
async fn drawn(service: &Service, file: Vec<u8>) -> Result<Vec<u8>, ApiError> {
    let place = service.decoders.clone().acquire_owned().await;
    let place = place.map_err(|_| ApiError::Internal("the places of the decoders were closed"))?;
    let drawing = tokio::task::spawn_blocking(move || {
        let drawn = redraw(&file);
        // The work goes on when its request is given up, and so does its place.
        drop(place);
        drawn
    });
    let refused = |bad: BadPicture| ApiError::detailed(ErrorCode::InvalidInput, bad.to_string());
    match drawing.await {
        Ok(drawn) => drawn.map_err(refused),
        Err(stopped) => {
            error!("the decoder of a picture failed: {stopped}");
            Err(refused(BadPicture::Damaged))
        }
    }
}

/// Returns the content of a picture, for everyone who has its address.
pub async fn find(service: &Service, id: &str) -> Result<Option<Vec<u8>>, ApiError> {
    let (Some(store), Ok(id)) = (&service.pictures, id.parse()) else { return Ok(None) };
    store.get(id).await.map_err(|error| unavailable("get", &error))
}

/// Returns what the address of every picture of this service begins with.
#[must_use]
pub(crate) fn addresses(service: &Service) -> String {
    format!("{}/pictures/", service.config.public_url())
}

/// Removes pictures that no account shows from their store. Another process may do the same at once. Returns how many were
/// removed.
pub async fn remove_unused(service: &Service) -> Result<usize, StoreError> {
    let Some(store) = &service.pictures else { return Ok(0) };
    let now = service.clock.now();
    let claim = |tx: Arc<Tx>| async move { store::picture::claim_unused(&tx, now).await };
    let unused = service.store.write("claim_unused_pictures", claim).await?;
    let mut removed = Vec::new();
    for id in unused {
        match store.remove(id).await {
            Ok(()) => removed.push(id),
            Err(failed) => {
                counter!("guiyi_pictures_removed_total", "outcome" => failed.name()).increment(1);
                warn!(picture = %id, "a picture that no account shows could not be removed, and will be later: {failed}");
            }
        }
    }
    if removed.is_empty() {
        return Ok(0);
    }
    let (count, ids) = (removed.len(), removed.as_slice());
    let forget = |tx: Arc<Tx>| async move { store::picture::removed(&tx, ids).await };
    service.store.write("forget_pictures", forget).await?;
    counter!("guiyi_pictures_removed_total", "outcome" => "removed").increment(count as u64);
    Ok(count)
}

fn none_are_taken() -> ApiError {
    ApiError::detailed(ErrorCode::NotFound, "this service takes no pictures: pictures.store is none")
}

fn unavailable(operation: &'static str, error: &PictureError) -> ApiError {
    error!(operation, kind = error.name(), "{error}");
    ApiError::refused(ErrorCode::ServiceUnavailable)
}
