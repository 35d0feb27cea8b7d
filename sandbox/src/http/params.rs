//! The parameters of a call: those of the query, then those of a form.
//! What they mean is up to the endpoint.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

/// Parameters by name. Nothing in a request can make reading them fail, except more bytes than the limit.
///
/// Auth.js posts half of its parameters as a form, so forms are read; nobody was ever answered over a JSON body, so
/// JSON is not, and leads to 41002 as at WeChat.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        let mut params = Self::default();
        params.read(query.as_bytes());
        params
    }

    /// The first value of this name, even an empty one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value of this name that is not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The same parameters with one of them set, as a query.
    pub(crate) fn query_with(&self, name: &str, value: &str) -> String {
        let kept = self.0.iter().filter(|(known, _)| known != name);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair(name, value).finish()
    }

    fn read(&mut self, encoded: &[u8]) {
        self.0.extend(form_urlencoded::parse(encoded).into_owned());
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let mut params = Self::parse(request.uri().query().unwrap_or_default());
        if is_form(&request) {
            let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
            params.read(&body);
        }
        Ok(params)
    }
}

fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}
