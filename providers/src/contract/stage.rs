//! Runs a provider's login against an upstream that plays a tape.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::login::Proof;
use url::Url;

use super::tools::{Accident, PATIENT};
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

/// One provider with one upstream.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) provider: Arc<dyn IdentityProvider>,
    upstream: Upstream,
    spends_code: fn(&Call) -> bool,
}

/// One request of a good login.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Its number, counted from 0.
    pub(super) at: usize,
    method: String,
    path: String,
    /// Whether only the profile depends on it.
    pub(super) reads_profile: bool,
}

impl Place {
    /// Returns the request `call`, with its number.
    pub(super) fn of(tape: &Tape, (at, call): (usize, Call)) -> Self {
        let reads_profile = (tape.reads_profile)(&call);
        Self { at, method: call.method, path: call.path, reads_profile }
    }

    /// Returns whether this is the request, or a later attempt of it.
    fn is_of(&self, call: &Call, before: usize) -> bool {
        before >= self.at && call.path == self.path && call.method == self.method
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {} of the login, {} {}", self.at + 1, self.method, self.path)
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

    /// All requests succeed but this one.
    pub(super) fn accident(tape: &Tape, place: &Place, accident: Accident) -> Self {
        let (good, place) = (tape.good_code, place.clone());
        let patience = accident.patience();
        let script = move |call: &Call, before: usize, upstream: &Url| {
            let answer = answer(good, call, upstream);
            if place.is_of(call, before) { accident.befalls(answer) } else { Reply::Whole(answer) }
        };
        Self::set(tape, Box::new(script), patience)
    }

    /// The upstream answers every request up to this one, and refuses connections from then on.
    pub(super) fn closing_after(tape: &Tape, place: &Place) -> Self {
        let (good, last) = (tape.good_code, place.at);
        let script = move |call: &Call, before: usize, upstream: &Url| {
            let answer = answer(good, call, upstream);
            if before == last { Reply::Last(answer) } else { Reply::Whole(answer) }
        };
        Self::set(tape, Box::new(script), PATIENT)
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

    /// The upstream changes all of its answers to a good login.
    pub(super) fn changed_everywhere(tape: &Tape, change: Change) -> Self {
        Self::play_changed(tape, tape.good_code, change)
    }

    /// The upstream answers every request by the play, and changes all of its answers.
    pub(super) fn play_changed(tape: &Tape, play: Play, change: Change) -> Self {
        let script = move |call: &Call, _, upstream: &Url| Reply::Whole(change(answer(play, call, upstream)));
        Self::set(tape, Box::new(script), PATIENT)
    }

    fn set(tape: &Tape, script: Script, patience: Duration) -> Self {
        let upstream = Upstream::open(script);
        let table = (tape.settings)(upstream.url());
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

    /// Exchanges a code that comes back without the state of its login.
    pub(super) fn log_in_without_a_state(&self) -> Outcome {
        wait(self.spend(None))
    }

    /// Logs one person in while the upstream stops listening before the code is spent.
    pub(super) fn log_in_while_it_closes(&mut self) -> Outcome {
        wait(async {
            let begun = self.begin().await?;
            let _reserved = self.upstream.close();
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
        self.upstream.url()
    }

    /// Returns every request that the upstream received.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.upstream.calls()
    }

    /// Returns every request with the reaction to it.
    pub(super) fn replies(&self) -> Vec<(Call, Reply)> {
        self.upstream.replies()
    }

    /// Returns the requests that spent the code.
    pub(super) fn spending(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| (self.spends_code)(call)).collect()
    }

    /// Returns how many they are.
    pub(super) fn spent(&self) -> usize {
        self.spending().len()
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

/// The secrets of the login.
pub(super) fn kept() -> KeptSecrets {
    KeptSecrets { nonce: "n0nceOfOneL0gin0123456789abcdef0".into(), code_verifier: planted::VERIFIER.into() }
}

/// Returns the upstream's answer to a request by the play.
pub(super) fn answer(play: Play, call: &Call, upstream: &Url) -> Answer {
    play(&Scene { call, upstream, redirect_uri: REDIRECT_URI, kept: &kept() })
}
