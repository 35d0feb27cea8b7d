//! Runs a provider's login against an upstream that plays a tape.

use std::sync::Arc;
use std::time::Duration;

use domain::login::Proof;
use http::StatusCode;
use url::Url;

use super::upstream::{Reply, Script, Upstream};
use super::{Answer, CODE, Call, Play, Scene, Tape, planted};
use crate::layer::{Layers, Limits};
use crate::{
    AuthorizeRequest, BegunLogin, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode, LoginScope,
    Problem, ProviderError, Settings, TokensInMemory,
};

/// The address that the upstream is told to return the browser to.
pub(super) const REDIRECT_URI: &str = "https://shop.example.com/back?from=a b&lang=zh-CN";
/// The one-time value that returns with the code.
pub(super) const STATE: &str = "S7ate0fOneL0gin";

/// Far longer than a call on loopback takes on a slow machine.
const PATIENT: Duration = Duration::from_secs(10);
/// The timeout for an upstream that never answers.
const HASTY: Duration = Duration::from_millis(500);

/// One provider with one upstream.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) provider: Arc<dyn IdentityProvider>,
    upstream: Upstream,
    spends_code: fn(&Call) -> bool,
}

/// What happens to the good answer of the request that spends the code.
#[derive(Debug, Clone)]
pub(super) enum Accident {
    /// Another answer replaces it.
    Replaced(Answer),
    /// Its body ends in the middle, though it is framed as a complete one.
    Truncated,
    /// The connection is cut in the middle of it.
    CutOff,
    /// It never arrives.
    Silence,
}

impl Accident {
    fn befalls(&self, good: Answer) -> Reply {
        match self {
            Self::Replaced(answer) => Reply::Whole(answer.clone()),
            Self::Truncated => Reply::Whole(Answer { body: good.body[..good.body.len() / 2].to_vec(), ..good }),
            Self::CutOff => Reply::Half(good),
            Self::Silence => Reply::Silence,
        }
    }
}

/// What an upstream changes in one of its answers.
pub(super) type Change = Box<dyn Fn(Answer) -> Answer + Send + Sync>;

/// The outcome of a login.
pub(super) type Outcome = Result<Proof, ProviderError>;

impl Stage {
    /// The upstream answers every request by the play.
    pub(super) fn play(tape: &Tape, play: Play) -> Self {
        Self::set(tape, Box::new(move |call, _, upstream| Reply::Whole(answer(play, call, upstream))), PATIENT)
    }

    /// All requests succeed until the one that spends the code.
    pub(super) fn accident(tape: &Tape, accident: Accident) -> Self {
        let (good, spends_code) = (tape.good_code, tape.spends_code);
        let patience = if matches!(accident, Accident::Silence) { HASTY } else { PATIENT };
        let script = move |call: &Call, _, upstream: &Url| {
            let answer = answer(good, call, upstream);
            if spends_code(call) { accident.befalls(answer) } else { Reply::Whole(answer) }
        };
        Self::set(tape, Box::new(script), patience)
    }

    /// All requests succeed until number `at`, counted from 0, which is answered with `instead`.
    pub(super) fn instead(tape: &Tape, at: usize, instead: Answer) -> Self {
        Self::changed(tape, tape.good_code, (at, Box::new(move |_| instead.clone())))
    }

    /// The upstream answers every request by the play, but changes its answer to number `at`, counted from 0.
    pub(super) fn changed(tape: &Tape, play: Play, (at, change): (usize, Change)) -> Self {
        let script = move |call: &Call, before: usize, upstream: &Url| {
            let answer = answer(play, call, upstream);
            Reply::Whole(if before == at { change(answer) } else { answer })
        };
        Self::set(tape, Box::new(script), PATIENT)
    }

    fn set(tape: &Tape, script: Script, patience: Duration) -> Self {
        let upstream = Upstream::open(script);
        let table = (tape.settings)(&upstream.url);
        let provider = build_with(tape, table, patience).unwrap_or_else(|problems| {
            panic!("the settings of the tape of {} are not sound: {problems:?}", tape.factory.kind)
        });
        Self { provider, upstream, spends_code: tape.spends_code }
    }

    /// Wraps the provider in the layers that it has at run time.
    pub(super) fn layered(mut self) -> Self {
        let limits = Limits { deadline: 2 * PATIENT, ..Limits::default() };
        self.provider = Layers::new(limits).around("app", self.provider);
        self
    }

    /// Logs one person in.
    pub(super) fn log_in(&self) -> Outcome {
        wait(async { self.spend(self.begin().await?.as_ref()).await })
    }

    /// Logs one person in while the upstream stops listening before the code is spent.
    pub(super) fn log_in_while_it_closes(mut self) -> Outcome {
        wait(async {
            let begun = self.begin().await?;
            let _nobody_listens = self.upstream.close();
            self.spend(begun.as_ref()).await
        })
    }

    /// Returns what the server stores for a browser login; `None` for other kinds of login.
    async fn begin(&self) -> Result<Option<BegunLogin>, ProviderError> {
        if !self.provider.start().is_browser() {
            return Ok(None);
        }
        self.authorize_url(LoginScope::UserInfo).await?;
        Ok(Some(BegunLogin { redirect_uri: REDIRECT_URI.to_owned(), kept: kept() }))
    }

    /// Returns the address that the browser is sent to.
    pub(super) async fn authorize_url(&self, scope: LoginScope) -> Result<String, ProviderError> {
        let request = AuthorizeRequest { redirect_uri: REDIRECT_URI, state: STATE, scope, kept: &kept() };
        self.provider.authorize_url(&request).await
    }

    async fn spend(&self, begun: Option<&BegunLogin>) -> Outcome {
        self.provider.exchange(&Exchange { code: &code(), begun, encrypted: None }).await
    }

    /// The address of the upstream.
    pub(super) fn url(&self) -> &Url {
        &self.upstream.url
    }

    /// Returns every request that the upstream received.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.upstream.calls()
    }

    /// Returns how many of them spent the code.
    pub(super) fn spent(&self) -> usize {
        self.calls().iter().filter(|call| (self.spends_code)(call)).count()
    }
}

/// Builds the provider outside any asynchronous runtime, so that it cannot make calls.
pub(super) fn build(tape: &Tape, table: toml::Table) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    build_with(tape, table, PATIENT)
}

fn build_with(tape: &Tape, table: toml::Table, patience: Duration) -> Result<Arc<dyn IdentityProvider>, Vec<Problem>> {
    let limits = HttpLimits { connect: patience, total: patience };
    let http = Http::new(limits).expect("an HTTP client can be made on a machine that runs tests");
    (tape.factory.build)(Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None })
}

/// Runs a future to completion.
pub(super) fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(work)
}

/// The code of the login.
pub(super) fn code() -> LoginCode {
    LoginCode::parse(CODE).expect("the planted code has the shape of one")
}

fn kept() -> KeptSecrets {
    KeptSecrets { nonce: "n0nceOfOneL0gin0123456789abcdef0".into(), code_verifier: planted::VERIFIER.into() }
}

/// Returns the upstream's answer to a request by the play.
pub(super) fn answer(play: Play, call: &Call, upstream: &Url) -> Answer {
    play(&Scene { call, upstream, kept: &kept() })
}

/// Returns a gateway's error page.
pub(super) fn html(status: StatusCode, words: &str) -> Answer {
    let body = format!("<html><body><h1>{words}</h1></body></html>").into_bytes();
    Answer { status, content_type: "text/html", body }
}
