//! Client for Alibaba Cloud's RPC APIs, signed with signature version 3 (ACS3-HMAC-SHA256).
//!
//! Source: "V3 request structure and signature", <https://help.aliyun.com/document_detail/2593177.html>.

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use domain::Timestamp;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Method, Request, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use providers::{ErrorKind, Http, ProviderError, bad_status};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::clock::Clock;
use crate::random;
use crate::signing::{authority, hmac_sha256};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// The signed headers, sorted by name.
const SIGNED: &str = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
/// RFC 3986 leaves only these four marks unencoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One API endpoint with the credentials of one account.
pub(crate) struct Aliyun {
    http: Http,
    clock: Clock,
    endpoint: Url,
    access_key_id: String,
    access_key_secret: SecretString,
}

/// An API action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action {
    /// Name of the action.
    pub(crate) name: &'static str,
    /// Version of the API.
    pub(crate) version: &'static str,
}

/// A response with a code of the vendor's, which is `OK` on success. Does not print: messages repeat the request.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The vendor's code.
    pub(crate) code: String,
    /// The whole body.
    pub(crate) body: Value,
}

/// A request before it is signed.
struct Unsigned<'a> {
    action: Action,
    host: &'a str,
    path: &'a str,
    query: &'a str,
    date: &'a str,
    nonce: &'a str,
}

impl Aliyun {
    pub(crate) fn new((http, clock): (&Http, &Clock), endpoint: &Url, (id, secret): (&str, &SecretString)) -> Self {
        Self {
            http: http.clone(),
            clock: clock.clone(),
            endpoint: endpoint.clone(),
            access_key_id: id.to_owned(),
            access_key_secret: secret.clone(),
        }
    }

    /// Calls an action once, without retries. Returns every response with a vendor code, success or error.
    pub(crate) async fn call(&self, action: Action, parameters: &[(&str, &str)]) -> Result<Answer, ProviderError> {
        let request = self.signed(action, parameters)?;
        let answer = self.http.execute(request).await?;
        let status = answer.status();
        let said = serde_json::from_slice::<Value>(answer.body()).ok();
        match said.and_then(|body| Some((body.get("Code")?.as_str()?.to_owned(), body))) {
            Some((code, body)) => Ok(Answer { status, code, body }),
            None => Err(bad_status(action.name, &answer)),
        }
    }

    fn signed(&self, action: Action, parameters: &[(&str, &str)]) -> Result<Request<Vec<u8>>, ProviderError> {
        let query = canonical_query(parameters);
        let mut url = self.endpoint.clone();
        url.set_query(Some(&query));
        let (date, nonce) = (date(self.clock.now()), random::hex());
        let host = authority(&url);
        let unsigned = Unsigned { action, host: &host, path: url.path(), query: &query, date: &date, nonce: &nonce };
        let signature = unsigned.signature(&self.access_key_secret);
        let credential = &self.access_key_id;
        let authorization = format!("{ALGORITHM} Credential={credential},SignedHeaders={SIGNED},Signature={signature}");
        let mut request = Request::builder().method(Method::POST).uri(url.as_str()).header(ACCEPT, "application/json");
        for (name, value) in unsigned.headers() {
            request = request.header(name, value);
        }
        // The cause is omitted: it could quote the request.
        let unusable = |_| ProviderError::new(ErrorKind::Misconfigured, "a request to Alibaba Cloud cannot be made");
        request.header(AUTHORIZATION, authorization).body(Vec::new()).map_err(unusable)
    }
}

impl Unsigned<'_> {
    /// Returns the headers of [`SIGNED`]. Parameters are sent in the query, and the body is empty.
    fn headers(&self) -> [(&'static str, String); 6] {
        [
            ("host", self.host.to_owned()),
            ("x-acs-action", self.action.name.to_owned()),
            ("x-acs-content-sha256", HEXLOWER.encode(&Sha256::digest(b""))),
            ("x-acs-date", self.date.to_owned()),
            ("x-acs-signature-nonce", self.nonce.to_owned()),
            ("x-acs-version", self.action.version.to_owned()),
        ]
    }

    fn signature(&self, secret: &SecretString) -> String {
        let lines: String = self.headers().map(|(name, value)| format!("{name}:{value}\n")).concat();
        let payload = HEXLOWER.encode(&Sha256::digest(b""));
        let canonical = format!("POST\n{}\n{}\n{lines}\n{SIGNED}\n{payload}", self.path, self.query);
        let to_sign = format!("{ALGORITHM}\n{}", HEXLOWER.encode(&Sha256::digest(canonical.as_bytes())));
        HEXLOWER.encode(&hmac_sha256(secret.expose_secret().as_bytes(), to_sign.as_bytes()))
    }
}

impl fmt::Debug for Aliyun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aliyun({})", self.endpoint)
    }
}

/// Sorts the parameters by name and encodes them as RFC 3986 requires.
fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let encode = |text| utf8_percent_encode(text, ENCODED);
    let pairs: Vec<_> = sorted.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn date(now: Timestamp) -> String {
    DateTime::<Utc>::from(now).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "Fixed parameter example" of the source page.
    #[test]
    fn the_signature_is_the_documents() {
        let parameters =
            [("RegionId", "cn-shanghai"), ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")];
        let unsigned = Unsigned {
            action: Action { name: "RunInstances", version: "2014-05-26" },
            host: "ecs.cn-shanghai.aliyuncs.com",
            path: "/",
            query: &canonical_query(&parameters),
            date: &date(Timestamp::from_millis(1_698_315_752_999)),
            nonce: "3156853299f313e23d1673dc12e1703d",
        };

        let signature = unsigned.signature(&"YourAccessKeySecret".into());

        assert_eq!(signature, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    }

    #[test]
    fn a_query_is_sorted_and_only_four_signs_stay_as_they_are() {
        let query = canonical_query(&[("b", "a b*~+/="), ("B", "验"), ("a", "-_.")]);

        assert_eq!(query, "B=%E9%AA%8C&a=-_.&b=a%20b%2A~%2B%2F%3D");
    }
}
