//! Amazon S3's answers, for the contract. Source: the pages that `s3` links. The signature is verified from its document alone.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::InBucket;
use crate::contract::picture::{Objects, Tape, Upstream};
use crate::contract::{Answer, Call, SECRET};

const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const REGION: &str = "cn-north-1";

/// The characters that a signature leaves as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(in crate::picture) const TAPE: Tape = Tape {
    name: "s3",
    open: |given| {
        let settings = toml::toml! {
            pictures = { store = "s3", s3 = {
                endpoint = (given.upstream.as_str()), region = REGION, bucket = "shop-pictures", access_key_id = KEY_ID,
                secret_access_key = SECRET, path_style = true, prefix = "avatars/"
            } }
        };
        let config = crate::contract::configured(settings);
        Arc::new(InBucket::new(&config.pictures.s3, given.http).expect("sound settings"))
    },
    upstream: Some(Upstream {
        source: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
        answer,
        refusal: |code| refusal(StatusCode::FORBIDDEN, code),
        codes: &[
            ("AccessDenied", "misconfigured"),
            ("AccountProblem", "misconfigured"),
            ("AllAccessDisabled", "misconfigured"),
            ("AuthorizationHeaderMalformed", "misconfigured"),
            ("AuthorizationQueryParametersError", "misconfigured"),
            ("InvalidAccessKeyId", "misconfigured"),
            ("InvalidBucketName", "misconfigured"),
            ("NoSuchBucket", "misconfigured"),
            ("PermanentRedirect", "misconfigured"),
            ("RequestTimeTooSkewed", "misconfigured"),
            ("SignatureDoesNotMatch", "misconfigured"),
            ("UserSuspended", "misconfigured"),
            ("InternalError", "unavailable"),
            ("RequestTimeout", "unavailable"),
            ("ServiceUnavailable", "unavailable"),
            ("SlowDown", "unavailable"),
        ],
        undocumented: "MoonIsFull",
    }),
};

fn answer(call: &Call, objects: &mut Objects) -> Answer {
    let host = call.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !call.path.starts_with("/shop-pictures/avatars/pic_") {
        return refusal(StatusCode::NOT_FOUND, "NoSuchBucket");
    }
    if call.value("X-Amz-Signature") != Some(signature(SECRET, (&call.method, host, &call.path), &call.query)) {
        return refusal(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    match call.method.as_str() {
        "PUT" => {
            objects.insert(call.path.clone(), call.body.clone());
            Answer { status: StatusCode::OK, content_type: "application/xml", body: Vec::new() }
        }
        "GET" => match objects.get(&call.path) {
            Some(content) => {
                let body = content.clone();
                Answer { status: StatusCode::OK, content_type: "application/octet-stream", body }
            }
            None => refusal(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        _ => {
            objects.remove(&call.path);
            Answer { status: StatusCode::NO_CONTENT, content_type: "application/xml", body: Vec::new() }
        }
    }
}

fn refusal(status: StatusCode, code: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>words of {SECRET}</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    Answer { status, content_type: "application/xml", body: body.into_bytes() }
}

/// Computes the signature of an address, of which only the host is a signed header.
fn signature(secret: &str, (method, host, path): (&str, &str, &str), query: &str) -> String {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut pairs: Vec<(String, String)> = pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    pairs.sort();
    let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let (date, scope) = (value("X-Amz-Date"), value("X-Amz-Credential").split_once('/').map_or("", |(_, scope)| scope));
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let canonical: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let request = format!("{method}\n{path}\n{}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", canonical.join("&"));
    let hash = HEXLOWER.encode(&Sha256::digest(request.as_bytes()));
    let message = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let first = mac(format!("AWS4{secret}").as_bytes(), scope.split('/').next().unwrap_or_default());
    let key = scope.split('/').skip(1).fold(first, |key, part| mac(&key, part));
    HEXLOWER.encode(&mac(&key, &message))
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example on Amazon's page about presigned URLs.
    #[test]
    fn the_published_example_has_its_published_signature() {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host";

        let signed = signature(
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ("GET", "examplebucket.s3.amazonaws.com", "/test.txt"),
            query,
        );

        assert_eq!(signed, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    }
}
