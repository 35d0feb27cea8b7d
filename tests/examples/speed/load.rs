//! The load: connections that each send a request, read the whole answer, check it, and send the next one. They share one
//! thread of their own, so that its CPU time can be told apart from the server's.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, Timespec, clock_gettime};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Connections, each with one request at a time.
pub(crate) const CONNECTIONS: usize = 16;

/// What one connection asks, and what it expects.
pub(crate) trait Dialogue: Send {
    /// Returns the next request.
    fn ask(&mut self) -> Request<Full<Bytes>>;
    /// Checks its answer, or returns what is wrong.
    fn hear(&mut self, body: &[u8]) -> Result<(), String>;
}

/// All connections.
pub(crate) type Dialogues = Vec<Box<dyn Dialogue>>;

/// A round of load.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) wall: Duration,
    /// CPU time of the process without that of the load.
    pub(crate) cpu: Duration,
    /// The latency of each answer, sorted.
    pub(crate) times: Vec<Duration>,
}

impl Round {
    /// Returns the latency that this share of the answers, in percent, did not exceed.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        self.times[(self.times.len() - 1) * percent / 100]
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.wall.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean need not be exact")]
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.times.len() as f64
    }
}

/// Builds a request.
pub(crate) fn request(method: Method, path: &str, bearer: Option<&str>, body: String) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path).header(HOST, "127.0.0.1");
    let request = if body.is_empty() { request } else { request.header(CONTENT_TYPE, "application/json") };
    let request = match bearer {
        Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    };
    request.body(Full::new(body.into())).expect("a request")
}

/// Loads an address for a while. Panics at the first wrong answer.
pub(crate) async fn load(address: SocketAddr, dialogues: &mut Dialogues, duration: Duration) -> Round {
    let (tell, told) = oneshot::channel();
    let taken = std::mem::take(dialogues);
    let thread = std::thread::Builder::new().name("load".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _ = tell.send(runtime.block_on(all(address, taken, duration)));
    });
    thread.expect("a thread");
    let (returned, round) = told.await.expect("every answer is right");
    *dialogues = returned;
    round
}

async fn all(address: SocketAddr, dialogues: Dialogues, duration: Duration) -> (Dialogues, Round) {
    let mut connections = Vec::new();
    for dialogue in dialogues {
        connections.push((connect(address).await, dialogue));
    }
    let (process, thread) = (cpu(ClockId::ProcessCPUTime), cpu(ClockId::ThreadCPUTime));
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (sender, dialogue) in connections {
        tasks.spawn(one(sender, dialogue, begun + duration));
    }
    let (mut dialogues, mut times) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (dialogue, of_one) = done.expect("every answer is right");
        dialogues.push(dialogue);
        times.extend(of_one);
    }
    let wall = begun.elapsed();
    let cpu = cpu(ClockId::ProcessCPUTime)
        .saturating_sub(process)
        .saturating_sub(cpu(ClockId::ThreadCPUTime).saturating_sub(thread));
    times.sort_unstable();
    (dialogues, Round { wall, cpu, times })
}

async fn connect(address: SocketAddr) -> http1::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);
    sender
}

async fn one(
    mut sender: http1::SendRequest<Full<Bytes>>,
    mut dialogue: Box<dyn Dialogue>,
    end: Instant,
) -> (Box<dyn Dialogue>, Vec<Duration>) {
    let mut times = Vec::new();
    while Instant::now() < end {
        let request = dialogue.ask();
        let begun = Instant::now();
        let answer = sender.send_request(request).await.expect("the server answers");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("the answer is whole").to_bytes();
        times.push(begun.elapsed());
        let heard = if status == StatusCode::OK { dialogue.hear(&body) } else { Err(format!("status {status}")) };
        if let Err(wrong) = heard {
            panic!("{wrong}: {}", String::from_utf8_lossy(&body));
        }
    }
    (dialogue, times)
}

/// Returns the time of a CPU clock.
fn cpu(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    Duration::new(u64::try_from(tv_sec).unwrap_or_default(), u32::try_from(tv_nsec).unwrap_or_default())
}
