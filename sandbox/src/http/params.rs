//! The parameters of a call: those of the query, followed by those of a form.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

/// Parameters by name. Parsing never fails, except for a body beyond the limit.
///
/// Auth.js posts half of its parameters as a form, so forms are read. JSON bodies are not, since WeChat is not known to
/// read them, and lead to 41002.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    /// The number of parameters in the query.
    in_query: usize,
}

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        let mut params = Self::default();
        params.read(query.as_bytes());
        params.in_query = params.pairs.len();
        params
    }

    /// Returns the first value of this name, even an empty one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the first value of this name that is not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Returns whether this name is in the query, where the documents require it.
    pub(crate) fn in_query(&self, name: &str) -> bool {
        self.pairs[..self.in_query].iter().any(|(known, _)| known == name)
    }

    /// Returns whether the parameters begin with those of these names that are present, in this order.
    pub(crate) fn begin_with(&self, names: &[&str]) -> bool {
        let wanted = names.iter().filter(|name| self.get(name).is_some());
        wanted.zip(&self.pairs).all(|(wanted, (name, _))| wanted == name)
    }

    /// Returns all parameters except those of these names, in their order.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        self.pairs.iter().filter(|(known, _)| !names.contains(&known.as_str())).cloned().collect()
    }

    /// Returns the parameters, with one of them set, as a query.
    pub(crate) fn query_with(&self, name: &str, value: &str) -> String {
        let kept = self.pairs.iter().filter(|(known, _)| known != name);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair(name, value).finish()
    }

    fn read(&mut self, encoded: &[u8]) {
        self.pairs.extend(form_urlencoded::parse(encoded).into_owned());
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let mut params = Self::parse(request.uri().query().unwrap_or_default());
        if is_form(request.headers()) {
            let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
            params.read(&body);
        }
        Ok(params)
    }
}

/// Returns whether a body is a form, by its content type.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}
