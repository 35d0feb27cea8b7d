//! Upstream tokens that all replicas share: one replica fetches a token, the others use the stored one, and a refused token
//! is replaced once.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{ErrorKind, KeptToken, LEASE, Lease, ProviderError, TokenKeeper};

/// How long before its end a token is replaced, for upstreams that issue a new one in the last 5 minutes of the old one,
/// as WeChat's `stable_token` does.
pub const AHEAD: Duration = Duration::from_secs(270);

/// The longest accepted lifetime; known tokens live for two hours.
const MAX_LIFE: Duration = Duration::from_hours(31 * 24);

/// The first and the longest pause between two lookups while another caller fetches the token.
const PAUSES: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(250)];

/// Why a call with a shared token failed.
#[derive(Debug)]
pub enum CallError {
    /// The upstream refused the token, so that the call had no effect.
    BadToken(ProviderError),
    /// Any other failure.
    Failed(ProviderError),
}

impl From<ProviderError> for CallError {
    fn from(error: ProviderError) -> Self {
        Self::Failed(error)
    }
}

/// One token of one app, which all replicas share. Clones are the same token.
///
/// Fetches are rare by design. The holder of the lease fetches a missing token; in each process one caller waits for it,
/// and the other callers wait for that one. If its fetch fails, all of them get its error: a thousand callers with a wrong
/// secret cause one call to the upstream per process, not a thousand. Later callers try again.
#[derive(Debug, Clone)]
pub struct SharedToken {
    keeper: Arc<dyn TokenKeeper>,
    name: String,
    ahead: Duration,
    waiting: Arc<Mutex<Option<Failure>>>,
}

/// How the last wait of this process ended, if it failed.
#[derive(Debug)]
struct Failure {
    at: Instant,
    error: ProviderError,
}

impl SharedToken {
    /// Creates a token stored under `name`, which is unique among all apps and purposes: `wechat/wx…/access_token`.
    ///
    /// The token is replaced when less than `ahead` of its lifetime remains: [`AHEAD`], less for tokens that live shorter
    /// than an hour, and zero if the upstream issues no new token before the old one has ended.
    #[must_use]
    pub fn new(keeper: Arc<dyn TokenKeeper>, name: String, ahead: Duration) -> Self {
        Self { keeper, name, ahead, waiting: Arc::default() }
    }

    /// Returns the token; calls `fetch` if none is stored, or if the stored one ends soon.
    ///
    /// A failure to replace a token that is still valid is logged, and the token used.
    ///
    /// # Errors
    ///
    /// Those of `fetch` and of the keeper; [`Unavailable`](ErrorKind::Unavailable) if another caller's fetch takes longer
    /// than [`LEASE`]; [`UnexpectedAnswer`](ErrorKind::UnexpectedAnswer) if the fetched token is empty or its lifetime is
    /// invalid.
    pub async fn get<F>(&self, fetch: impl Fn() -> F + Send + Sync) -> Result<SecretString, ProviderError>
    where
        F: Future<Output = Result<KeptToken, ProviderError>> + Send,
    {
        let Some(kept) = self.keeper.kept(&self.name).await? else {
            return self.missing(fetch).await;
        };
        if kept.remaining > self.ahead {
            return Ok(kept.secret);
        }
        let newer = self.ahead_of_the_end_of(&kept, fetch).await.unwrap_or_else(|error| {
            let kind = error.kind.name();
            tracing::warn!(token = self.name, kind, "failed to replace a token that ends soon: {error}");
            None
        });
        Ok(newer.unwrap_or(kept.secret))
    }

    /// Calls the upstream with the token. If the token is refused, fetches a new one, unless another caller has done so,
    /// and makes the call once more; a second refusal is the error.
    ///
    /// An upstream checks the token first, so a call whose token was refused has had no effect: a one-time code in it is
    /// unspent. An upstream that spends it all the same refuses the code the second time, which is no worse than having
    /// refused the call.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get), marked as [unspent](ProviderError::code_is_unspent) if no call was made, and those of
    /// `call`.
    pub async fn call<T, F, C>(
        &self,
        fetch: impl Fn() -> F + Send + Sync,
        call: impl Fn(SecretString) -> C + Send + Sync,
    ) -> Result<T, ProviderError>
    where
        T: Send,
        F: Future<Output = Result<KeptToken, ProviderError>> + Send,
        C: Future<Output = Result<T, CallError>> + Send,
    {
        let token = self.get(&fetch).await.map_err(ProviderError::unspent)?;
        match call(token.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(CallError::Failed(error)) => return Err(error),
            Err(CallError::BadToken(_)) => self.keeper.forget(&self.name, &token).await?,
        }
        let token = self.get(&fetch).await?;
        call(token).await.map_err(|(CallError::BadToken(error) | CallError::Failed(error))| error)
    }

    /// Fetches a newer token if this caller gets the lease and the upstream has one.
    async fn ahead_of_the_end_of<F>(
        &self,
        old: &KeptToken,
        fetch: impl Fn() -> F + Send + Sync,
    ) -> Result<Option<SecretString>, ProviderError>
    where
        F: Future<Output = Result<KeptToken, ProviderError>> + Send,
    {
        let Some(lease) = self.keeper.lease(&self.name).await? else { return Ok(None) };
        // Another caller may have stored a token between the lookup and the lease.
        if let Some(kept) = self.keeper.kept(&self.name).await?.filter(|kept| kept.remaining > self.ahead) {
            self.release(&lease).await;
            return Ok(Some(kept.secret));
        }
        // From here on a failure keeps the lease until it expires, and so does an upstream that has no newer token: the
        // current token is still valid, and without the lease every caller would ask.
        let token = fetched(fetch).await?;
        let is_newer = token.secret.expose_secret() != old.secret.expose_secret() || token.remaining > self.ahead;
        if is_newer {
            self.keeper.keep(&self.name, &lease, &token).await?;
        }
        Ok(is_newer.then_some(token.secret))
    }

    /// Waits for this process's turn, unless its previous turn has failed meanwhile.
    async fn missing<F>(&self, fetch: impl Fn() -> F + Send + Sync) -> Result<SecretString, ProviderError>
    where
        F: Future<Output = Result<KeptToken, ProviderError>> + Send,
    {
        let begun = Instant::now();
        let turn = timeout_at(begun + LEASE, self.waiting.lock()).await;
        let mut last = turn.map_err(|_| self.nobody_fetched())?;
        if let Some(failure) = last.as_ref().filter(|failure| failure.at > begun) {
            return Err(failure.error.for_another());
        }
        let outcome = self.kept_or_fetched(begun + LEASE, fetch).await;
        let failed = |error: &ProviderError| Failure { at: Instant::now(), error: error.for_another() };
        *last = outcome.as_ref().err().map(failed);
        outcome
    }

    /// Polls until the token is stored or this caller gets the lease to fetch it.
    async fn kept_or_fetched<F>(
        &self,
        deadline: Instant,
        fetch: impl Fn() -> F + Send + Sync,
    ) -> Result<SecretString, ProviderError>
    where
        F: Future<Output = Result<KeptToken, ProviderError>> + Send,
    {
        let [mut pause, slowest] = PAUSES;
        loop {
            if let Some(kept) = self.keeper.kept(&self.name).await? {
                return Ok(kept.secret);
            }
            if let Some(lease) = self.keeper.lease(&self.name).await? {
                return self.fetched_under(&lease, fetch).await;
            }
            let now = Instant::now();
            if now >= deadline {
                return Err(self.nobody_fetched());
            }
            sleep_until(deadline.min(now + pause)).await;
            pause = slowest.min(pause * 2);
        }
    }

    async fn fetched_under<F>(
        &self,
        lease: &Lease,
        fetch: impl Fn() -> F + Send + Sync,
    ) -> Result<SecretString, ProviderError>
    where
        F: Future<Output = Result<KeptToken, ProviderError>> + Send,
    {
        // Another caller may have stored a token between the lookup and the lease.
        if let Some(kept) = self.keeper.kept(&self.name).await? {
            self.release(lease).await;
            return Ok(kept.secret);
        }
        match fetched(fetch).await {
            Ok(token) => {
                self.keeper.keep(&self.name, lease, &token).await?;
                Ok(token.secret)
            }
            Err(error) => {
                self.release(lease).await;
                Err(error)
            }
        }
    }

    /// Releases the lease. A failure only delays other callers: the lease expires by itself.
    async fn release(&self, lease: &Lease) {
        if let Err(error) = self.keeper.release(&self.name, lease).await {
            tracing::warn!(token = self.name, "failed to release a lease: {error}");
        }
    }

    fn nobody_fetched(&self) -> ProviderError {
        ProviderError::new(ErrorKind::Unavailable, format!("timed out waiting for token {}", self.name))
    }
}

/// Fetches a token and validates it. Its lifetime counts from the moment of the request, so that a slow answer does not
/// extend it.
async fn fetched<F>(fetch: impl Fn() -> F + Send + Sync) -> Result<KeptToken, ProviderError>
where
    F: Future<Output = Result<KeptToken, ProviderError>> + Send,
{
    let begun = Instant::now();
    let token = fetch().await?;
    let unusable = |what: &str| ProviderError::new(ErrorKind::UnexpectedAnswer, format!("the fetched token {what}"));
    if token.secret.expose_secret().trim().is_empty() {
        return Err(unusable("is empty"));
    }
    if token.remaining.is_zero() || token.remaining > MAX_LIFE {
        return Err(unusable("has an invalid lifetime"));
    }
    Ok(KeptToken { remaining: token.remaining.saturating_sub(begun.elapsed()), ..token })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use tokio::task::JoinSet;
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::TokensInMemory;

    const LIFE: Duration = Duration::from_hours(2);

    /// An upstream that issues `token 1`, `token 2` and so on, slowly.
    #[derive(Debug, Default)]
    struct Upstream {
        fetches: AtomicUsize,
        calls: AtomicUsize,
    }

    impl Upstream {
        async fn token(&self) -> Result<KeptToken, ProviderError> {
            sleep(Duration::from_millis(100)).await;
            let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            Ok(KeptToken { secret: format!("token {number}").into(), remaining: LIFE })
        }

        async fn refusal(&self) -> Result<KeptToken, ProviderError> {
            sleep(Duration::from_millis(100)).await;
            let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            Err(ProviderError::new(ErrorKind::Misconfigured, format!("refusal {number}")))
        }

        /// A call that accepts only the token with this name.
        async fn call(&self, token: SecretString, good: &str) -> Result<String, CallError> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(10)).await;
            if token.expose_secret() == good {
                return Ok(token.expose_secret().to_owned());
            }
            Err(CallError::BadToken(ProviderError::new(ErrorKind::Misconfigured, "bad token")))
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }

        fn calls(&self) -> usize {
            self.calls.load(Ordering::SeqCst)
        }
    }

    fn shared(keeper: &Arc<TokensInMemory>) -> SharedToken {
        SharedToken::new(keeper.clone(), "test/token".into(), AHEAD)
    }

    /// Runs two hundred concurrent callers, all in one process or each in its own.
    async fn storm<T: Send + 'static, F: Future<Output = T> + Send + 'static>(one: impl Fn() -> F) -> Vec<T> {
        let mut callers = JoinSet::new();
        (0..200).for_each(|_| drop(callers.spawn(one())));
        callers.join_all().await
    }

    async fn keep(keeper: &TokensInMemory, secret: &str, remaining: Duration) {
        let lease = keeper.lease("test/token").await.expect("a keeper").expect("a lease");
        let token = KeptToken { secret: secret.into(), remaining };
        keeper.keep("test/token", &lease, &token).await.expect("kept");
    }

    fn text(outcome: Result<SecretString, ProviderError>) -> String {
        outcome.map_or_else(|error| error.to_string(), |secret| secret.expose_secret().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_hundred_callers_in_one_process_one_fetches() {
        let (upstream, token) = (Arc::new(Upstream::default()), shared(&Arc::default()));

        let got = storm(|| {
            let (upstream, token) = (upstream.clone(), token.clone());
            async move { text(token.get(|| upstream.token()).await) }
        })
        .await;

        assert_eq!((got, upstream.fetches()), (vec!["token 1".to_owned(); 200], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_hundred_replicas_one_fetches() {
        let (upstream, keeper) = (Arc::new(Upstream::default()), Arc::default());

        let got = storm(|| {
            let (upstream, token) = (upstream.clone(), shared(&keeper));
            async move { text(token.get(|| upstream.token()).await) }
        })
        .await;

        assert_eq!((got, upstream.fetches()), (vec!["token 1".to_owned(); 200], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn close_to_its_end_one_replaces_the_token_while_the_others_use_it() {
        let (upstream, keeper) = (Arc::new(Upstream::default()), Arc::default());
        keep(&keeper, "old", AHEAD).await;

        let mut got = storm(|| {
            let (upstream, token) = (upstream.clone(), shared(&keeper));
            async move { text(token.get(|| upstream.token()).await) }
        })
        .await;

        got.sort();
        got.dedup();
        assert_eq!((got, upstream.fetches()), (vec!["old".to_owned(), "token 1".to_owned()], 1));
        assert_eq!(text(shared(&keeper).get(|| upstream.token()).await), "token 1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_with_more_time_left_is_simply_used() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        keep(&keeper, "old", AHEAD + Duration::from_secs(1)).await;

        assert_eq!((text(shared(&keeper).get(|| upstream.token()).await), upstream.fetches()), ("old".to_owned(), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_cannot_be_replaced_ahead_is_used_and_the_next_try_comes_after_the_lease() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        keep(&keeper, "old", AHEAD).await;
        let token = shared(&keeper);

        let got = [text(token.get(|| upstream.refusal()).await), text(token.get(|| upstream.refusal()).await)];
        let tries = upstream.fetches();
        advance(LEASE).await;
        let later = text(token.get(|| upstream.token()).await);

        assert_eq!((got, tries, later), (["old".to_owned(), "old".to_owned()], 1, "token 2".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upstream_that_has_nothing_newer_is_not_asked_by_every_caller() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        keep(&keeper, "old", AHEAD).await;
        let token = shared(&keeper);
        let same = || async {
            upstream.token().await?;
            Ok(KeptToken { secret: "old".into(), remaining: AHEAD })
        };

        let got = [text(token.get(same).await), text(token.get(same).await)];

        assert_eq!((got, upstream.fetches()), (["old".to_owned(), "old".to_owned()], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_refused_calls_at_once_cost_one_fetch() {
        let (upstream, keeper) = (Arc::new(Upstream::default()), Arc::default());
        keep(&keeper, "old", LIFE).await;

        let got = storm(|| {
            let (upstream, token) = (upstream.clone(), shared(&keeper));
            async move { token.call(|| upstream.token(), |token| upstream.call(token, "token 1")).await.ok() }
        })
        .await;

        assert_eq!((got, upstream.fetches()), (vec![Some("token 1".to_owned()); 200], 1));
        assert_eq!(upstream.calls(), 400);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_refusal_of_the_old_token_does_not_drop_the_newer_one() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        keep(&keeper, "old", LIFE).await;
        let (token, replaced) = (shared(&keeper), keeper.clone());
        let slow = |token: SecretString| {
            let replaced = replaced.clone();
            let upstream = &upstream;
            async move {
                if token.expose_secret() == "old" {
                    keep(&replaced, "newer", LIFE).await;
                }
                upstream.call(token, "newer").await
            }
        };

        let got = token.call(|| upstream.token(), slow).await.expect("an answer");

        assert_eq!((got, upstream.fetches(), upstream.calls()), ("newer".to_owned(), 0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_call_is_repeated_once_and_only_once() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        let token = shared(&keeper);

        let error =
            token.call(|| upstream.token(), |token| upstream.call(token, "no token")).await.expect_err("a refusal");

        assert_eq!((error.to_string(), upstream.fetches(), upstream.calls()), ("bad token".to_owned(), 2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_otherwise_is_not_repeated() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        let failing = |_| async { Err::<(), _>(ProviderError::new(ErrorKind::CodeRejected, "a bad code").into()) };

        let error = shared(&keeper).call(|| upstream.token(), failing).await.expect_err("a failure");

        assert_eq!((error.to_string(), error.code_is_unspent(), upstream.fetches()), ("a bad code".into(), false, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_token_no_call_is_made_and_nothing_is_spent() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());

        let token = shared(&keeper);

        let call = token.call(|| upstream.refusal(), |token| upstream.call(token, "token 1"));
        let error = call.await.expect_err("a failure");

        assert_eq!((error.to_string(), error.code_is_unspent(), upstream.calls()), ("refusal 1".into(), true, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_fetch_is_the_answer_to_every_caller_in_the_process_that_waited_for_it() {
        let (upstream, token) = (Arc::new(Upstream::default()), shared(&Arc::default()));

        let got = storm(|| {
            let (upstream, token) = (upstream.clone(), token.clone());
            async move { token.get(|| upstream.refusal()).await.map_err(|error| (error.kind, error.to_string())).err() }
        })
        .await;

        let refused = Some((ErrorKind::Misconfigured, "refusal 1".to_owned()));
        assert_eq!((got, upstream.fetches()), (vec![refused; 200], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failed_fetch_the_next_caller_tries_at_once() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        let token = shared(&keeper);

        let first = text(token.get(|| upstream.refusal()).await);
        let begun = Instant::now();
        let second = text(token.get(|| upstream.token()).await);

        assert_eq!((first.as_str(), second.as_str()), ("refusal 1", "token 2"));
        assert_eq!(begun.elapsed(), Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_one_who_fetches_dies_the_next_takes_over_after_the_lease() {
        let (upstream, keeper) = (Upstream::default(), Arc::default());
        let (token, other) = (shared(&keeper), shared(&keeper));
        let dying = tokio::time::timeout(Duration::from_millis(50), token.get(|| upstream.token()));
        assert!(dying.await.is_err());
        let begun = Instant::now();

        let got = [text(other.get(|| upstream.token()).await), text(token.get(|| upstream.token()).await)];

        assert_eq!((got, upstream.fetches()), (["token 1".to_owned(), "token 1".to_owned()], 1));
        assert!(begun.elapsed() < LEASE + PAUSES[1], "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_after_the_time_of_a_lease() {
        let keeper = Arc::new(AlwaysTaken);
        let token = SharedToken::new(keeper, "test/token".into(), AHEAD);
        let (upstream, begun) = (Upstream::default(), Instant::now());

        let error = token.get(|| upstream.token()).await.expect_err("a timeout");

        assert_eq!((error.kind, begun.elapsed(), upstream.fetches()), (ErrorKind::Unavailable, LEASE, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_empty_or_has_an_absurd_life_is_not_kept() {
        let keeper = Arc::default();
        for (secret, remaining) in [("t", Duration::ZERO), ("t", Duration::from_secs(u64::MAX)), (" ", LIFE)] {
            let fetch = || async { Ok(KeptToken { secret: secret.into(), remaining }) };

            let error = shared(&keeper).get(fetch).await.expect_err("an invalid token");

            assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
            assert!(keeper.kept("test/token").await.expect("a keeper").is_none());
        }
    }

    /// A keeper whose lease another caller always holds.
    #[derive(Debug)]
    struct AlwaysTaken;

    #[async_trait]
    impl TokenKeeper for AlwaysTaken {
        async fn kept(&self, _: &str) -> Result<Option<KeptToken>, ProviderError> {
            Ok(None)
        }

        async fn lease(&self, _: &str) -> Result<Option<Lease>, ProviderError> {
            Ok(None)
        }

        async fn keep(&self, _: &str, _: &Lease, _: &KeptToken) -> Result<(), ProviderError> {
            Ok(())
        }

        async fn release(&self, _: &str, _: &Lease) -> Result<(), ProviderError> {
            Ok(())
        }

        async fn forget(&self, _: &str, _: &SecretString) -> Result<(), ProviderError> {
            Ok(())
        }
    }
}
