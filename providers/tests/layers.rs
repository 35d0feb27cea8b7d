//! Tests of the layers around a provider, with a scripted upstream.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, UnionScope};
use futures::future::join_all;
use providers::layer::{Layers, Limits};
use providers::{
    Abilities, ChangedOpenId, ErrorKind, Exchange, Follower, FollowerPage, Followers, IdentityProvider, LoginCode,
    ProviderError, Start, ToldOf,
};
use secrecy::SecretString;

const LIMITS: Limits =
    Limits { deadline: Duration::from_secs(8), concurrency: 3, failures: 2, pause: Duration::from_secs(5) };

/// What the upstream does with one exchange.
#[derive(Debug, Clone, Copy)]
enum Does {
    Answer,
    Refuse(ErrorKind),
    Hang,
}

/// A provider whose upstream plays a list of actions, and answers once the list is empty.
#[derive(Debug)]
struct Played {
    app_id: AppId,
    upstream: &'static str,
    list: Mutex<VecDeque<Does>>,
    asked: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl Played {
    fn at(upstream: &'static str, list: impl IntoIterator<Item = Does>) -> Arc<Self> {
        Arc::new(Self {
            app_id: "wxplayed".parse().expect("an app id"),
            upstream,
            list: Mutex::new(list.into_iter().collect()),
            asked: AtomicUsize::default(),
            under_way: AtomicUsize::default(),
            most_under_way: AtomicUsize::default(),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl IdentityProvider for Played {
    fn app_id(&self) -> &AppId {
        &self.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        None
    }

    fn upstream(&self) -> &str {
        self.upstream
    }

    fn start(&self) -> Start {
        Start::NativeSdk
    }

    fn abilities(&self) -> Abilities {
        Abilities { js_sdk: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn exchange(&self, _: &Exchange<'_>) -> Result<Proof, ProviderError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(now, Ordering::SeqCst);
        let does = self.list.lock().expect("no test panics with the list").pop_front().unwrap_or(Does::Answer);
        // Long enough for other calls to overlap.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let outcome = match does {
            Does::Answer => Ok(Proof {
                key: OpenKey { app: self.app_id.clone(), open_id: "oLan".parse().expect("an open id") },
                union: None,
                profile: Profile::default(),
            }),
            Does::Refuse(kind) => Err(ProviderError::new(kind, "as the list says")),
            Does::Hang => std::future::pending().await,
        };
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    async fn js_ticket(&self) -> Result<SecretString, ProviderError> {
        Ok("a ticket".into())
    }

    fn followers(&self) -> Option<&dyn Followers> {
        Some(self)
    }
}

/// An upstream that always fails when asked about followers, and hangs on a page.
#[async_trait]
impl Followers for Played {
    async fn page(&self, _: Option<&str>) -> Result<FollowerPage, ProviderError> {
        std::future::pending().await
    }

    async fn about(&self, _: &[OpenId]) -> Result<ToldOf<Follower>, ProviderError> {
        Err(ProviderError::new(ErrorKind::Unavailable, "always"))
    }

    async fn new_open_ids(&self, _: &str, _: &[OpenId]) -> Result<ToldOf<ChangedOpenId>, ProviderError> {
        Err(ProviderError::new(ErrorKind::Unavailable, "always"))
    }
}

async fn exchange(provider: &Arc<dyn IdentityProvider>) -> Result<Proof, ProviderError> {
    provider.exchange(&Exchange::of(&LoginCode::parse("0a1b2c3d").expect("a code"))).await
}

async fn error(provider: &Arc<dyn IdentityProvider>) -> ProviderError {
    exchange(provider).await.expect_err("a failure")
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_hangs_ends_at_its_deadline_and_its_code_may_be_spent() {
    let hanging = Layers::new(LIMITS).around("shop", Played::at("wechat", [Does::Hang]));
    let begun = tokio::time::Instant::now();

    let error = error(&hanging).await;

    assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::Unavailable, false));
    assert_eq!(begun.elapsed(), LIMITS.deadline);
}

#[tokio::test(start_paused = true)]
async fn no_more_operations_are_under_way_at_one_upstream_than_allowed_whatever_app_they_are_of() {
    let layers = Layers::new(LIMITS);
    let played = Played::at("wechat", []);
    let apps = ["shop", "club"].map(|app| layers.around(app, played.clone()));

    let all = join_all((0..20).map(|at| exchange(&apps[at % 2]))).await;

    assert!(all.iter().all(Result::is_ok));
    assert_eq!(played.most_under_way.load(Ordering::SeqCst), LIMITS.concurrency);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_in_vain_is_told_so_with_the_code_unspent() {
    let patient = Limits { failures: u32::MAX, ..LIMITS };
    let played = Played::at("wechat", [Does::Hang; 3]);
    let layers = Layers::new(patient);
    let provider = layers.around("shop", played.clone());

    let all = join_all((0..4).map(|_| error(&provider))).await;

    let unspent = all.iter().filter(|error| error.code_is_unspent()).count();
    assert_eq!((played.asked(), unspent), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_is_down_is_left_alone_and_then_probed_once() {
    let down = [Does::Refuse(ErrorKind::Unavailable); 3];
    let played = Played::at("wechat", down);
    let provider = Layers::new(LIMITS).around("shop", played.clone());

    error(&provider).await;
    error(&provider).await;
    let refused = error(&provider).await;

    assert_eq!((refused.kind, refused.code_is_unspent()), (ErrorKind::Unavailable, true));
    assert_eq!((refused.retry_after, played.asked()), (Some(LIMITS.pause), 2));
    tokio::time::advance(LIMITS.pause).await;
    error(&provider).await;
    assert!(error(&provider).await.code_is_unspent());
    assert_eq!(played.asked(), 3);
    tokio::time::advance(LIMITS.pause).await;
    assert!(exchange(&provider).await.is_ok());
    assert!(exchange(&provider).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_of_an_upstream_is_told_by_app() {
    let layers = Layers::new(LIMITS);
    let kinds = [ErrorKind::Misconfigured, ErrorKind::CodeUsed, ErrorKind::Unavailable, ErrorKind::Unavailable];
    let shop = layers.around("shop", Played::at("wechat", kinds.map(Does::Refuse)));
    let club = layers.around("club", Played::at("wechat", []));
    exchange(&club).await.expect("a proof");

    error(&shop).await;
    error(&shop).await;
    let [of_shop, of_club] = layers.states().try_into().expect("two apps");

    // A used code is the person's mistake and does not count as a failure of the upstream. Each exchange takes 100 ms.
    let seen = of_shop.last_failure.expect("a failure");
    assert_eq!(
        (seen.operation, seen.kind, seen.ago),
        ("exchange", ErrorKind::Misconfigured, Duration::from_millis(100))
    );
    assert_eq!((of_shop.last_success, of_shop.refuses_for), (None, None));
    assert_eq!((of_club.last_success, of_club.last_failure), (Some(Duration::from_millis(200)), None));
    error(&shop).await;
    error(&shop).await;
    error(&shop).await;
    let [of_shop, of_club] = layers.states().try_into().expect("two apps");
    assert_eq!((of_shop.refuses_for, of_club.refuses_for), (Some(LIMITS.pause), Some(LIMITS.pause)));
    // A call that was refused without reaching the upstream is a failure too: the person could not log in.
    assert_eq!(of_shop.last_failure.map(|seen| (seen.kind, seen.ago)), Some((ErrorKind::Unavailable, Duration::ZERO)));
    assert_eq!((of_shop.app.as_str(), of_shop.upstream.as_str()), ("shop", "wechat"));
    assert_eq!((of_shop.running, of_shop.concurrency), (0, LIMITS.concurrency));
}

#[tokio::test(start_paused = true)]
async fn apps_of_one_upstream_share_its_fate_and_others_do_not() {
    let layers = Layers::new(LIMITS);
    let down = || [Does::Refuse(ErrorKind::Unavailable); 2];
    let [shop, club] = ["shop", "club"].map(|app| layers.around(app, Played::at("wechat", down())));
    let other = layers.around("github", Played::at("github", []));

    error(&shop).await;
    error(&shop).await;

    assert!(error(&club).await.code_is_unspent());
    assert!(exchange(&other).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_person_or_an_operator_did_wrong_does_not_count_as_down() {
    let kinds = [
        ErrorKind::CodeRejected,
        ErrorKind::CodeUsed,
        ErrorKind::Snapshot,
        ErrorKind::ConsentRequired,
        ErrorKind::StaleData,
        ErrorKind::PersonBlocked,
        ErrorKind::RateLimited,
        ErrorKind::Misconfigured,
        ErrorKind::UnexpectedAnswer,
    ];
    let played = Played::at("wechat", kinds.map(Does::Refuse));
    let provider = Layers::new(LIMITS).around("shop", played.clone());

    let mut found = Vec::new();
    for _ in kinds {
        found.push(error(&provider).await.kind);
    }

    assert_eq!(found, kinds);
    assert!(exchange(&provider).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_kept_is_good_while_the_upstream_is_down() {
    let provider = Layers::new(LIMITS).around("shop", Played::at("wechat", [Does::Refuse(ErrorKind::Unavailable); 2]));

    error(&provider).await;
    error(&provider).await;

    assert!(exchange(&provider).await.is_err());
    assert!(provider.js_ticket().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn failures_about_followers_refuse_no_login_and_a_page_that_hangs_ends_at_the_deadline() {
    let played = Played::at("api.example.com", []);
    let provider = Layers::new(LIMITS).around("shop", played.clone());
    let followers = provider.followers().expect("the layers pass them through");

    for _ in 0..=LIMITS.failures {
        assert_eq!(followers.about(&[]).await.expect_err("a failure").kind, ErrorKind::Unavailable);
    }
    let begun = tokio::time::Instant::now();
    let late = followers.page(None).await.expect_err("a page that hangs");

    assert_eq!((late.kind, begun.elapsed()), (ErrorKind::Unavailable, LIMITS.deadline));
    assert!(exchange(&provider).await.is_ok());
}
