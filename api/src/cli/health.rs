//! `guiyi health`: asks the service on this machine whether it runs, for images that have no HTTP client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Failure;
use super::words::{because, say};
use crate::config::HttpSection;
use crate::text::text;

/// The most bytes of an answer that are read.
const ANSWER: usize = 4096;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Also fails if the service is stopping, or its database does not answer.
    #[arg(long)]
    ready: bool,
    /// How long to wait for the answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

pub(super) async fn run(http: &HttpSection, arguments: &Arguments) -> Result<(), Failure> {
    let address = reachable(http.listen);
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let said = || text!("http://{address}{path} does not answer", "http://{address}{path} 没有响应");
    let asked = tokio::time::timeout(Duration::from_secs(arguments.timeout), ask(address, path));
    let (status, body) = asked.await.map_err(|late| because(said(), late))?.map_err(|error| because(said(), error))?;
    let body = body.trim();
    if status == StatusCode::OK {
        say!("http://{address}{path}: {body}", "http://{address}{path}：{body}");
        return Ok(());
    }
    Err(text!("http://{address}{path} answers {status}: {body}", "http://{address}{path} 返回 {status}：{body}").into())
}

/// Returns the address of a listener on this machine: one that listens everywhere is asked on the loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn ask(address: SocketAddr, path: &str) -> Result<(StatusCode, String), Failure> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(path).header(HOST, address.to_string()).body(Empty::<&[u8]>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER).collect().await?.to_bytes();
    connection.abort();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_the_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("127.0.0.1:9", "127.0.0.1:9"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            assert_eq!(reachable(listen.parse().expect("an address")).to_string(), asked);
        }
    }
}
