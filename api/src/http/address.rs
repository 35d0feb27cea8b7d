//! The client's address, from the connection and the headers. Rate limits count by it.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::Shared;
use crate::config::{ClientAddressSource, HttpSection};
use crate::usecase::ClientAddress;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The headers and the source of a request.
pub(super) struct Asking {
    pub(super) headers: HeaderMap,
    pub(super) address: ClientAddress,
}

impl FromRequestParts<Shared> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|connected| connected.0.ip());
        let headers = parts.headers.clone();
        let address = ClientAddress(client(&shared.service.config().http, &headers, peer));
        Ok(Self { headers, address })
    }
}

/// Returns the address that the nearest `trusted_hops` proxies vouch for (docs/adr/0041). If the request passed fewer
/// proxies, returns the peer's address.
fn client(settings: &HttpSection, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
    match settings.client_address {
        ClientAddressSource::Socket => {
            if headers.contains_key(X_FORWARDED_FOR) {
                warn_of_proxy();
            }
            peer
        }
        // Each proxy appends the address of its peer: entries further left may be forged.
        ClientAddressSource::XForwardedFor => {
            let before = settings.trusted_hops.saturating_sub(1) as usize;
            forwarded(headers).nth(before).map_or(peer, |entry| read(&entry).or(peer))
        }
    }
}

/// Returns the entries of the header, the last one first.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = String> {
    // A line that is not text keeps its place: without it, the line before, which the client controls, would be the
    // last.
    let values = headers.get_all(X_FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let entries: Vec<_> = values.flat_map(|value| value.split(',')).map(|entry| entry.trim().to_owned()).collect();
    entries.into_iter().rev()
}

/// Parses `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn read(entry: &str) -> Option<IpAddr> {
    let bare = || entry.trim_start_matches('[').trim_end_matches(']').parse().ok();
    entry.parse::<SocketAddr>().map(|address| address.ip()).ok().or_else(bare)
}

/// Logged once: behind a proxy all clients would count as one.
fn warn_of_proxy() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "requests carry X-Forwarded-For, and http.client_address is \"socket\": behind a proxy all clients have \
             one address"
        );
    });
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::HeaderValue;
    use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, prop_oneof, proptest};

    use super::*;
    use crate::config::{Source, load};

    fn client_of(source: &str, hops: u32, lines: &[&str]) -> String {
        let overrides = toml::toml! { http = { client_address = source, trusted_hops = hops } };
        let config = load(&Source { overrides, ..Source::default() }).expect("sound settings");
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).expect("a header"));
        }
        let client = client(&config.http, &headers, "127.0.0.1".parse().ok());
        client.map_or_else(|| "nobody".to_owned(), |client| client.to_string())
    }

    #[test]
    fn a_client_cannot_choose_its_address() {
        let forged = ["6.6.6.6, 203.0.113.7", "10.0.0.1"];

        assert_eq!(client_of("socket", 1, &forged), "127.0.0.1");
        assert_eq!(client_of("x-forwarded-for", 1, &forged), "10.0.0.1");
        assert_eq!(client_of("x-forwarded-for", 2, &forged), "203.0.113.7");
        assert_eq!(client_of("x-forwarded-for", 1, &["6.6.6.6", "é, 10.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn a_request_that_bypasses_the_proxies_has_the_address_of_its_connection() {
        assert_eq!(client_of("x-forwarded-for", 2, &["203.0.113.7"]), "127.0.0.1");
        assert_eq!(client_of("x-forwarded-for", 1, &[]), "127.0.0.1");
        assert_eq!(client_of("x-forwarded-for", 1, &["unknown"]), "127.0.0.1");
    }

    #[test]
    fn an_address_may_have_a_port_and_brackets() {
        let written = ["203.0.113.7:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711"];

        let read = written.map(|entry| client_of("x-forwarded-for", 1, &[entry]));

        assert_eq!(read, ["203.0.113.7", "2001:db8::1", "2001:db8::1", "2001:db8::1"]);
    }
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn an_entry_is_an_address_or_nothing(
            entry in prop_oneof![any::<String>(), "[0-9a-fA-F:.%\\[\\] ]{0,50}"],
            address in any::<IpAddr>(),
        ) {
            if let Some(found) = read(&entry) {
                prop_assert_eq!(read(&found.to_string()), Some(found));
            }
            prop_assert_eq!(read(&address.to_string()), Some(address));
            prop_assert_eq!(read(&SocketAddr::new(address, 4_711).to_string()), Some(address));
        }

        #[test]
        fn lines_of_any_bytes_never_say_more_than_the_nearest_proxy(
            lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
            nearest in any::<Ipv4Addr>(),
        ) {
            let mut headers = HeaderMap::new();
            for line in lines {
                if let Ok(line) = HeaderValue::from_bytes(&line) {
                    headers.append(X_FORWARDED_FOR, line);
                }
            }
            headers.append(X_FORWARDED_FOR, HeaderValue::try_from(nearest.to_string()).expect("a header"));
            let last = forwarded(&headers).next();
            prop_assert_eq!(last, Some(nearest.to_string()));
        }
    }
}
