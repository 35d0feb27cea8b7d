//! The HTTP client for addresses of other systems that an operator names, such as webhooks. It does not connect to the own
//! network: the address is checked when the name is resolved, for each connection, so a name cannot change between check and use.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http::StatusCode;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use crate::settings::is_inside;
use crate::{ErrorKind, HttpLimits, ProviderError, is_own_network};

/// Why a request has no answer. Contains neither the address nor the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The host is or resolves to an address of the own network.
    #[error("the address is in the own network")]
    OwnNetwork,
    /// There was no answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection failed.
    #[error("cannot connect")]
    Connect,
    /// The request was interrupted, or the answer is not HTTP.
    #[error("the connection broke off")]
    Interrupted,
}

/// The client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outward {
    client: reqwest::Client,
    admits_own_network: bool,
}

impl Outward {
    /// Creates the client; certificates are verified against the system's roots. `admits_own_network` switches the check of
    /// addresses off.
    pub fn new(limits: HttpLimits, admits_own_network: bool) -> Result<Self, ProviderError> {
        // The first caller in a process installs the crypto provider; a later attempt changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            // A redirect would lead to an address that the operator did not name.
            .redirect(Policy::none())
            // A proxy would resolve the name itself.
            .no_proxy()
            .user_agent(concat!("guiyi/", env!("CARGO_PKG_VERSION")));
        let builder = if admits_own_network { builder } else { builder.dns_resolver(Arc::new(Guarded)) };
        let client = builder.build().map_err(|e| {
            ProviderError::new(ErrorKind::Misconfigured, "the HTTP client cannot be created").caused_by(e)
        })?;
        Ok(Self { client, admits_own_network })
    }

    /// Sends a request and returns the status with the beginning of the body, at most `most` bytes. The rest is not read.
    pub async fn send(&self, request: http::Request<Vec<u8>>, most: usize) -> Result<(StatusCode, Vec<u8>), PostError> {
        let request = reqwest::Request::try_from(request).map_err(|_| PostError::Interrupted)?;
        // A literal address is not resolved.
        if !self.admits_own_network && is_inside(request.url()) {
            return Err(PostError::OwnNetwork);
        }
        let mut answer = self.client.execute(request).await.map_err(|error| why(&error))?;
        let (status, mut body) = (answer.status(), Vec::new());
        while body.len() < most {
            match answer.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]),
                Ok(None) => break,
                Err(error) => return Err(why(&error)),
            }
        }
        Ok((status, body))
    }
}

fn why(error: &reqwest::Error) -> PostError {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<OwnNetwork>() {
            return PostError::OwnNetwork;
        }
        // An `io::Error` shows its own source, not itself.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && inner.is::<OwnNetwork>()
        {
            return PostError::OwnNetwork;
        }
        cause = error.source();
    }
    if error.is_timeout() {
        PostError::Timeout
    } else if error.is_connect() {
        PostError::Connect
    } else {
        PostError::Interrupted
    }
}

/// A name has only addresses of the own network.
#[derive(Debug, thiserror::Error)]
#[error("the name has only addresses of the own network")]
struct OwnNetwork;

/// Resolves names as the system does, and leaves out addresses of the own network.
#[derive(Debug)]
struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let outside: Vec<SocketAddr> = found.filter(|address| !is_own_network(address.ip())).collect();
            if outside.is_empty() {
                return Err(OwnNetwork.into());
            }
            Ok(Box::new(outside.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn request(url: &str) -> http::Request<Vec<u8>> {
        http::Request::post(url).body(Vec::new()).expect("a request")
    }

    #[test]
    fn every_class_of_own_addresses_is_recognised() {
        for inside in [
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:c0a8:101::",
            "100::1",
        ] {
            assert!(is_own_network(inside.parse().expect("an address")), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.5.5.5",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
            "2400:3200::1",
            "2606:4700::1111",
        ] {
            assert!(!is_own_network(outside.parse().expect("an address")), "{outside}");
        }
    }

    #[tokio::test]
    async fn neither_a_literal_nor_a_name_reaches_the_own_network() {
        let outward = Outward::new(HttpLimits::default(), false).expect("a client");
        for url in [
            "http://127.0.0.1:1/",
            "http://[::1]:1/",
            "http://[::ffff:127.0.0.1]:1/",
            "http://localhost:1/",
            "http://2130706433:1/",
            "http://0x7f.1:1/",
            "http://127.1:1/",
            "http://LOCALHOST.:1/",
        ] {
            assert_eq!(outward.send(request(url), 10).await, Err(PostError::OwnNetwork), "{url}");
        }
    }

    /// Literal addresses are not the only check: the resolver refuses a name that resolves to loopback.
    #[tokio::test]
    async fn the_resolver_leaves_out_addresses_of_the_own_network() {
        let name: Name = "localhost".parse().expect("a name");

        let refused = Guarded.resolve(name).await;

        assert!(refused.is_err_and(|error| error.is::<OwnNetwork>()));
        let limits = HttpLimits { connect: Duration::from_secs(3), total: Duration::from_secs(3) };
        let guarded = Outward { admits_own_network: true, ..Outward::new(limits, false).expect("a client") };
        assert_eq!(guarded.send(request("http://localhost:1/"), 10).await, Err(PostError::OwnNetwork));
    }

    #[tokio::test]
    async fn an_address_of_the_own_network_is_reached_if_it_is_admitted() {
        let outward = Outward::new(HttpLimits::default(), true).expect("a client");

        assert_eq!(outward.send(request("http://127.0.0.1:1/"), 10).await, Err(PostError::Connect));
    }
}
