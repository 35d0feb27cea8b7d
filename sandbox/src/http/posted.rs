//! A call that posts JSON: its query, and a body that is read whatever its header says.
//! Calls that post a form are read in `params`.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::Params;
use super::errcode::Errcode;

/// What was posted. Several SDKs send JSON with no content type at all, so nobody looks at it.
#[derive(Debug)]
pub(crate) struct Posted {
    /// The parameters of the query, where the access token always stays.
    pub(crate) params: Params,
    body: Bytes,
}

impl Posted {
    /// The body, if it is the JSON that this call reads.
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
