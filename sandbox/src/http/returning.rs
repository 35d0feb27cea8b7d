//! The redirect back to the site, with its code. See `asking` for its validation.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::company::App;

/// The longest address that is accepted, in bytes; browsers support it.
const LONGEST: usize = 2_048;

/// The characters that a header cannot contain; all others stay as the site wrote them.
const UNFIT_FOR_A_HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// Returns whether a login of this app may return to this address: absolute, http or https, on one of the app's hosts.
pub(super) fn allowed(app: &App, redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else { return false };
    let short = redirect_uri.len() <= LONGEST;
    let web = matches!(url.scheme(), "http" | "https");
    short && web && url.host().is_some_and(|host: Host<&str>| app.may_return_to(&host.to_string()))
}

/// Appends parameters to the query of an address, before its fragment.
pub(super) fn with_query(redirect_uri: &str, pairs: &[(&str, &str)]) -> String {
    match redirect_uri.split_once('#') {
        Some((address, fragment)) => format!("{}#{fragment}", appended(address, pairs)),
        None => appended(redirect_uri, pairs),
    }
}

/// Appends parameters to the end of an address, after any fragment, as the script of WeChat's QR page does.
pub(super) fn appended(address: &str, pairs: &[(&str, &str)]) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("{address}{joint}{}", pairs.join("&"))
}

fn encoded(value: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(value, KEPT).to_string()
}

/// Redirects the browser to an address.
pub(super) fn go(status: StatusCode, address: &str) -> Response {
    let location = utf8_percent_encode(address, UNFIT_FOR_A_HEADER).to_string();
    let location = HeaderValue::try_from(location).expect("what a header cannot carry was percent-encoded");
    let mut response = (status, [(header::LOCATION, location)]).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::{appended, with_query};

    const PAIRS: [(&str, &str); 2] = [("code", "0a"), ("state", "s 1")];

    #[test]
    fn a_query_is_joined_and_stays_before_the_fragment() {
        let joined = [
            "http://localhost/cb",
            "http://localhost/cb?x=1",
            "http://localhost/cb#/login",
            "http://localhost/cb?x=1#/login?y=2",
        ]
        .map(|address| with_query(address, &PAIRS));

        assert_eq!(
            joined,
            [
                "http://localhost/cb?code=0a&state=s%201",
                "http://localhost/cb?x=1&code=0a&state=s%201",
                "http://localhost/cb?code=0a&state=s%201#/login",
                "http://localhost/cb?x=1&code=0a&state=s%201#/login?y=2",
            ]
        );
    }

    #[test]
    fn the_qr_page_hangs_the_code_on_the_very_end() {
        assert_eq!(appended("http://localhost/#/login", &PAIRS), "http://localhost/#/login?code=0a&state=s%201");
    }
}
