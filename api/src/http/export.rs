//! `/export`: everything about one person, as an attachment. See [`crate::usecase::export`].

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;

use super::address::Asking;
use super::outgoing::{self, Media};
use super::{Shared, endpoint, language};
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{failure, present};
use crate::usecase::export::{BrokenOff, Pieces, export_as, export_mine};

/// Exports the account of the person whose access token came.
pub(super) async fn mine(State(shared): State<Shared>, asking: Asking) -> Response {
    let pieces = async {
        let caller = endpoint::identify(&shared, &asking, false).await?;
        export_mine(&shared.service, &caller).await
    };
    answer(&shared, &asking, pieces.await)
}

/// Exports any account, for a service token with the scope `users:export`.
pub(super) async fn of_user(State(shared): State<Shared>, Path(id): Path<String>, asking: Asking) -> Response {
    let pieces = async {
        let caller = endpoint::identify(&shared, &asking, false).await?;
        export_as(&shared.service, &caller, &id).await
    };
    answer(&shared, &asking, pieces.await)
}

fn answer(shared: &Shared, asking: &Asking, pieces: Result<Pieces, ApiError>) -> Response {
    match pieces {
        Ok(pieces) => {
            let headers = [
                (CONTENT_TYPE, "application/json"),
                (CONTENT_DISPOSITION, "attachment; filename=\"guiyi-export.json\""),
                (CACHE_CONTROL, "no-store"),
            ];
            (headers, Body::new(Document(pieces))).into_response()
        }
        // The same object as in GraphQL, so that clients read one kind of error.
        Err(error) => {
            let status = status(error.code());
            outgoing::write(
                present(failure(error), language(&asking.headers), &shared.service.errors),
                Media::Json,
                Some(status),
            )
        }
    }
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::ServiceUnavailable | ErrorCode::Timeout => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    }
}

/// The body: pieces as they are read. An export that breaks off breaks the connection, so that no client takes a part
/// for the whole.
struct Document(Pieces);

impl hyper::body::Body for Document {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let frame = |piece: Result<Vec<u8>, BrokenOff>| piece.map(|bytes| Frame::data(bytes.into()));
        self.0.poll_recv(context).map(|piece| piece.map(frame))
    }
}
