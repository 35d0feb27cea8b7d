//! Pictures as objects of a bucket: Amazon S3, and the many services with its protocol. Requests carry a signature of version
//! 4 in their address.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html> (signature),
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> (codes).

#[cfg(feature = "contract")]
pub(super) mod tape;

use std::time::Duration;

use async_trait::async_trait;
use domain::PictureId;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use providers::Http;
use rusty_s3::actions::{DeleteObject, GetObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;
use url::Url;

use super::{PictureError, PictureStore};
use crate::config::S3;

/// How long a signature is valid: longer than a call, and than the difference of two clocks.
const SIGNED_FOR: Duration = Duration::from_mins(5);

/// A bucket.
#[derive(Debug)]
pub(super) struct InBucket {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    http: Http,
}

impl InBucket {
    /// Returns the bucket; `None` if the settings name none, which the configuration refuses.
    pub(super) fn new(settings: &S3, http: &Http) -> Option<Self> {
        let style = if settings.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = Bucket::new(settings.endpoint.clone()?, style, settings.bucket.clone(), settings.region.clone());
        let secret = settings.secret_access_key.expose_secret();
        Some(Self {
            bucket: bucket.ok()?,
            credentials: Credentials::new(settings.access_key_id.clone(), secret),
            prefix: settings.prefix.clone(),
            http: http.clone(),
        })
    }

    fn key(&self, id: PictureId) -> String {
        format!("{}{id}", self.prefix)
    }

    async fn send(&self, method: Method, url: Url, content: Vec<u8>) -> Result<Response<Vec<u8>>, PictureError> {
        let request = Request::builder().method(method).uri(url.as_str());
        let request = request.header(CONTENT_TYPE, "application/octet-stream").body(content);
        let request = request.map_err(|_| PictureError::Misconfigured("pictures.s3 makes no address".to_owned()))?;
        Ok(self.http.execute(request).await?)
    }
}

#[async_trait]
impl PictureStore for InBucket {
    async fn put(&self, id: PictureId, content: &[u8]) -> Result<(), PictureError> {
        let url = PutObject::new(&self.bucket, Some(&self.credentials), &self.key(id)).sign(SIGNED_FOR);
        let answer = self.send(Method::PUT, url, content.to_vec()).await?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(&answer)) }
    }

    async fn get(&self, id: PictureId) -> Result<Option<Vec<u8>>, PictureError> {
        let url = GetObject::new(&self.bucket, Some(&self.credentials), &self.key(id)).sign(SIGNED_FOR);
        let answer = self.send(Method::GET, url, Vec::new()).await?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer.into_body())),
            _ if is_missing(&answer) => Ok(None),
            _ => Err(refused(&answer)),
        }
    }

    async fn remove(&self, id: PictureId) -> Result<(), PictureError> {
        let url = DeleteObject::new(&self.bucket, Some(&self.credentials), &self.key(id)).sign(SIGNED_FOR);
        let answer = self.send(Method::DELETE, url, Vec::new()).await?;
        if answer.status().is_success() || is_missing(&answer) { Ok(()) } else { Err(refused(&answer)) }
    }
}

/// The code of a missing object: "The specified key does not exist."
const NO_SUCH_KEY: &str = "NoSuchKey";

/// The codes of the operator's mistakes.
const MISCONFIGURED: [&str; 12] = [
    "AccessDenied",                      // Access Denied
    "AccountProblem", // There is a problem with your AWS account that prevents the operation from completing.
    "AllAccessDisabled", // All access to this Amazon S3 resource has been disabled.
    "AuthorizationHeaderMalformed", // The authorization header that you provided is not valid: the region is wrong.
    "AuthorizationQueryParametersError", // The authorization query parameters that you provided are not valid.
    "InvalidAccessKeyId", // The AWS access key ID that you provided does not exist in our records.
    "InvalidBucketName", // The specified bucket is not valid.
    "NoSuchBucket",   // The specified bucket does not exist.
    "PermanentRedirect", // The bucket that you are attempting to access must be addressed using the specified endpoint.
    "RequestTimeTooSkewed", // The difference between the request time and the server's time is too large.
    "SignatureDoesNotMatch", // The request signature that the server calculated does not match the signature that you provided.
    "UserSuspended",         // The account is suspended; of Alibaba Cloud and Tencent Cloud.
];
/// The codes of an outage.
const UNAVAILABLE: [&str; 4] = [
    "InternalError",      // An internal error occurred. Try again.
    "RequestTimeout", // Your socket connection to the server was not read from or written to within the timeout period.
    "ServiceUnavailable", // Service is unable to handle request.
    "SlowDown",       // Please reduce your request rate.
];

fn is_missing(answer: &Response<Vec<u8>>) -> bool {
    answer.status() == StatusCode::NOT_FOUND && code(answer.body()).as_deref() == Some(NO_SUCH_KEY)
}

/// Converts a refusal. The status says that a store is down, whatever the words are.
fn refused(answer: &Response<Vec<u8>>) -> PictureError {
    let status = answer.status();
    let code = code(answer.body()).unwrap_or_default();
    let known = |codes: &[&'static str]| codes.iter().copied().find(|known| *known == code);
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return PictureError::Unavailable(format!("the store answered {}", status.as_u16()));
    }
    if let Some(code) = known(&MISCONFIGURED) {
        return PictureError::Misconfigured(format!("the store answered {code}"));
    }
    if let Some(code) = known(&UNAVAILABLE) {
        return PictureError::Unavailable(format!("the store answered {code}"));
    }
    // Not the code: what is not documented may repeat what was sent.
    PictureError::UnexpectedAnswer(format!("the store answered {} and no code that is documented", status.as_u16()))
}

/// Returns the code of an error, which is `<Error><Code>…</Code>…</Error>`.
fn code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.trim().to_owned())
}
