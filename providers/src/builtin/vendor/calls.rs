//! Calls of vendors' APIs: requests, and answers whose refusals are JSON with any status. No error repeats what was sent.

use std::collections::BTreeMap;
use std::fmt::Display;

use http::header::{ACCEPT, HeaderName};
use http::request::Builder;
use http::{Request, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::oauth::{self, below};
use crate::{ErrorKind, Http, JsonAnswer, ProviderError, bad_status};

/// The API of a vendor.
#[derive(Debug)]
pub(in crate::builtin) struct Api {
    pub(super) vendor: &'static str,
    pub(super) http: Http,
    pub(super) base: Url,
}

impl Api {
    /// The host that calls go to, which identifies the upstream.
    pub(in crate::builtin) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Sends a GET request. No error repeats a value of the query.
    pub(in crate::builtin) async fn get<'a>(
        &self,
        path: &str,
        query: &[(&str, &'a str)],
    ) -> Result<Answered<'a>, ProviderError> {
        let request = Request::get(oauth::address(&below(&self.base, path), query)).header(ACCEPT, "application/json");
        self.execute(path, request, values(query)).await
    }

    /// Sends a GET request with a token in a header of the vendor's own. No error repeats the token.
    pub(in crate::builtin) async fn get_with<'a>(
        &self,
        path: &str,
        header: HeaderName,
        token: &'a SecretString,
    ) -> Result<Answered<'a>, ProviderError> {
        let token = token.expose_secret();
        let request = Request::get(below(&self.base, path).as_str()).header(header, token);
        self.execute(path, request, vec![token]).await
    }

    /// Sends a GET request with a bearer token. No error repeats the token.
    pub(in crate::builtin) async fn get_with_token<'a>(
        &self,
        path: &str,
        token: &'a SecretString,
    ) -> Result<Answered<'a>, ProviderError> {
        let response = self.http.get_with_token(&below(&self.base, path), token).await?;
        Ok(self.answered(path, response, vec![token.expose_secret()]))
    }

    /// Sends a POST request with a form. No error repeats a value of it.
    pub(in crate::builtin) async fn post_form<'a>(
        &self,
        path: &str,
        form: &[(&str, &'a str)],
    ) -> Result<Answered<'a>, ProviderError> {
        let response = self.http.post_form_response(&below(&self.base, path), form).await?;
        Ok(self.answered(path, response, values(form)))
    }

    /// Sends a POST request with a JSON object. No error repeats a value of it.
    pub(in crate::builtin) async fn post_json<'a>(
        &self,
        path: &str,
        object: &[(&str, &'a str)],
    ) -> Result<Answered<'a>, ProviderError> {
        let body: BTreeMap<_, _> = object.iter().copied().collect();
        let response = self.http.post_json_response(&below(&self.base, path), &body).await?;
        Ok(self.answered(path, response, values(object)))
    }

    async fn execute<'a>(
        &self,
        path: &str,
        request: Builder,
        sent: Vec<&'a str>,
    ) -> Result<Answered<'a>, ProviderError> {
        let request = request.body(Vec::new()).map_err(|_| {
            let detail = format!("the request to {path} cannot be made: a value is malformed");
            ProviderError::new(ErrorKind::UnexpectedAnswer, detail).unspent()
        })?;
        let response = self.http.execute(request).await?;
        Ok(self.answered(path, response, sent))
    }

    fn answered<'a>(&self, path: &str, response: Response<Vec<u8>>, sent: Vec<&'a str>) -> Answered<'a> {
        Answered { vendor: self.vendor, path: path.to_owned(), response, sent }
    }
}

fn values<'a>(pairs: &[(&str, &'a str)]) -> Vec<&'a str> {
    pairs.iter().map(|(_, value)| *value).collect()
}

/// What a vendor says in place of a result: its number or word, and its explanation.
#[derive(Debug)]
pub(in crate::builtin) struct Refusal {
    kind: ErrorKind,
    said: String,
}

impl Refusal {
    /// Creates the refusal of this kind.
    pub(in crate::builtin) fn new(kind: ErrorKind, code: impl Display, words: Option<String>) -> Self {
        Self { kind, said: format!("{code}: {}", words.unwrap_or_default()) }
    }
}

/// An answer of any status.
pub(in crate::builtin) struct Answered<'a> {
    vendor: &'static str,
    path: String,
    response: Response<Vec<u8>>,
    /// What was sent, which no error repeats.
    sent: Vec<&'a str>,
}

impl Answered<'_> {
    /// Changes the body, for answers with something around their JSON.
    pub(in crate::builtin) fn stripped(mut self, strip: impl FnOnce(&[u8]) -> &[u8]) -> Self {
        *self.response.body_mut() = strip(self.response.body()).to_vec();
        self
    }

    /// Reads the answer, whatever its content type. `refusal` reads a refusal from an object, whatever its status.
    pub(in crate::builtin) fn object(
        self,
        refusal: impl FnOnce(&JsonAnswer) -> Result<Option<Refusal>, ProviderError>,
    ) -> Result<JsonAnswer, ProviderError> {
        let failed = (!self.response.status().is_success()).then(|| bad_status(&self.path, &self.response));
        let object = JsonAnswer::read(format!("the answer of {}", self.path), self.response.body());
        match (object.and_then(|object| Ok((refusal(&object)?, object))), failed) {
            (Ok((Some(refusal), _)), failed) => Err(self.refused(&refusal, failed)),
            (Ok((None, object)), None) => Ok(object),
            (Err(error), None) | (_, Some(error)) => Err(error),
        }
    }

    /// A status of trouble decides the kind, because a gateway may set it for an answer that it does not know.
    fn refused(&self, refusal: &Refusal, failed: Option<ProviderError>) -> ProviderError {
        let said = oauth::words(&refusal.said, self.sent.iter().copied());
        let detail = format!("{} answered {said}", self.vendor);
        let status = self.response.status();
        match failed {
            Some(mut failed) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                failed.detail = detail;
                failed
            }
            _ => ProviderError::new(refusal.kind, detail),
        }
    }
}
