//! A JSON POST request: its query, and a body that is parsed regardless of its content type.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::Params;
use super::errcode::Errcode;

/// A posted body. Several SDKs send JSON without a content type, so the header is ignored.
#[derive(Debug)]
pub(crate) struct Posted {
    /// The parameters of the query, which always contains the access token.
    pub(crate) params: Params,
    body: Bytes,
}

impl Posted {
    /// Parses the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Errcode> {
        if self.body.is_empty() {
            return Err(Errcode::EMPTY_POST);
        }
        serde_json::from_slice(&self.body).map_err(|_| Errcode::DATA_FORMAT)
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let params = Params::parse(request.uri().query().unwrap_or_default());
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self { params, body })
    }
}
