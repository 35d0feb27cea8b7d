//! Tests of the contract: for each promise, a provider that breaks it must fail. Each is the official account provider with
//! one flaw.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::TcpStream;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, io::Read, io::Write};

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, PhoneNumber, UnionScope};
use providers::contract::{PROMISES, SECRET, Tape, check};
use providers::{
    Abilities, AuthorizeRequest, Built, ErrorKind, Exchange, Factory, Http, IdentityProvider, ProviderError, Settings,
    ShownPhone, Start, UnionIds,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

/// The flaw of a provider.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    NamesSomebodyElse,
    ShowsTheVerifier,
    BlamesTheUpstream,
    BlamesThePerson,
    CallsEveryCodeGood,
    TriesTwice,
    DeclaresTooMuch,
    OverlooksWhatIsUnknown,
    NeedsNoSecret,
    CallsWhenItIsBuilt,
    VouchesForAnyPhone,
    NeverSaysTheSameTwice,
    RepeatsTheCode,
    LogsTheCode,
    PrintsTheSecret,
    ReadsTooMuch,
    NeedsAName,
    NamesNoField,
}

const BROKEN: [(&str, Flaw); 28] = [
    ("a_good_code_names_the_person", Flaw::NamesSomebodyElse),
    ("the_authorize_url_carries_state_and_return_address_and_no_secret", Flaw::ShowsTheVerifier),
    ("a_used_code_is_rejected", Flaw::BlamesTheUpstream),
    ("a_forged_code_is_rejected", Flaw::BlamesTheUpstream),
    ("an_expired_code_is_rejected", Flaw::BlamesTheUpstream),
    ("a_quota_is_rate_limited", Flaw::BlamesTheUpstream),
    ("a_wrong_secret_wakes_the_operator", Flaw::BlamesThePerson),
    ("an_upstream_that_fails_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_fails_is_unavailable", Flaw::CallsEveryCodeGood),
    ("an_upstream_that_hangs_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_hangs_is_unavailable", Flaw::CallsEveryCodeGood),
    ("an_upstream_that_refuses_the_connection_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_hangs_up_in_the_middle_is_unavailable", Flaw::BlamesThePerson),
    ("an_upstream_that_hangs_up_in_the_middle_is_unavailable", Flaw::CallsEveryCodeGood),
    ("nonsense_is_an_unexpected_answer", Flaw::BlamesTheUpstream),
    ("a_code_is_spent_by_exactly_one_request", Flaw::TriesTwice),
    ("union_ids_come_as_declared", Flaw::DeclaresTooMuch),
    ("an_unknown_setting_is_refused", Flaw::OverlooksWhatIsUnknown),
    ("a_missing_secret_is_refused_and_named", Flaw::NeedsNoSecret),
    ("building_calls_nobody", Flaw::CallsWhenItIsBuilt),
    ("abilities_keep_their_word", Flaw::VouchesForAnyPhone),
    ("layers_change_no_answer", Flaw::NeverSaysTheSameTwice),
    ("nothing_secret_is_repeated", Flaw::RepeatsTheCode),
    ("nothing_secret_is_repeated", Flaw::LogsTheCode),
    ("nothing_secret_is_repeated", Flaw::PrintsTheSecret),
    ("a_field_that_is_not_needed_breaks_no_login", Flaw::ReadsTooMuch),
    ("a_broken_profile_breaks_no_login", Flaw::NeedsAName),
    ("what_is_needed_and_wrong_is_named", Flaw::NamesNoField),
];

thread_local! {
    /// A factory is a plain function, so the flaw cannot be passed through its settings.
    static FLAW: Cell<Flaw> = const { Cell::new(Flaw::NamesSomebodyElse) };
}

#[test]
fn each_promise_is_broken_by_somebody_who_is_found_out() {
    let sound = crate::tape("wechat-official-account");
    let tape = Tape { factory: Factory { kind: "careless", build }, ..sound };

    for (promise, flaw) in BROKEN {
        FLAW.set(flaw);
        let kept = catch_unwind(|| check(promise, &tape));

        assert!(kept.is_err(), "{flaw:?} keeps {promise}");
    }

    let broken: BTreeSet<_> = BROKEN.iter().map(|(promise, _)| *promise).collect();
    assert_eq!(broken, PROMISES.iter().map(|(promise, _)| *promise).collect());
}

struct Careless {
    sound: Arc<dyn IdentityProvider>,
    flaw: Flaw,
    http: Http,
    api: Url,
}

/// What WeChat documents of an answer, of which the provider needs less.
#[derive(Deserialize)]
struct Documented {
    #[serde(rename = "expires_in")]
    _expires_in: u64,
}

fn build(mut settings: Settings) -> Built {
    let (flaw, sound) = (FLAW.get(), crate::tape("wechat-official-account").factory);
    let table = &mut settings.table;
    if flaw == Flaw::OverlooksWhatIsUnknown {
        table.retain(|key, _| !key.contains("no_provider"));
    }
    if flaw == Flaw::NeedsNoSecret {
        table.insert("app_secret".to_owned(), SECRET.into());
    }
    if flaw == Flaw::CallsWhenItIsBuilt {
        call(table["api_url"].as_str().expect("an address"));
    }
    let api = table["api_url"].as_str().expect("an address").parse().expect("an address");
    let http = settings.http.clone();
    Ok(Arc::new(Careless { sound: (sound.build)(settings)?, flaw, http, api }))
}

fn call(url: &str) {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).expect("the upstream listens");
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it takes requests");
    stream.read_to_end(&mut Vec::new()).expect("it answers");
}

impl Careless {
    fn spoil(&self, mut error: ProviderError, login: &Exchange<'_>) -> ProviderError {
        static ERRORS: AtomicUsize = AtomicUsize::new(0);
        if self.flaw == Flaw::BlamesTheUpstream {
            error.kind = ErrorKind::Unavailable;
        }
        if self.flaw == Flaw::BlamesThePerson {
            error.kind = ErrorKind::CodeRejected;
        }
        if self.flaw == Flaw::NeverSaysTheSameTwice {
            error.detail = format!("error {}", ERRORS.fetch_add(1, Ordering::Relaxed));
        }
        if self.flaw == Flaw::NamesNoField {
            "the answer is not as documented".clone_into(&mut error.detail);
        }
        if self.flaw == Flaw::RepeatsTheCode {
            error.detail = format!("no proof for {}", login.code.expose());
        }
        if self.flaw == Flaw::CallsEveryCodeGood { error.unspent() } else { error }
    }

    async fn read_too_much(&self, login: &Exchange<'_>) -> Result<(), ProviderError> {
        let url = self.api.join("/sns/oauth2/access_token").expect("an address");
        let query = [
            ("appid", self.app_id().as_str()),
            ("secret", SECRET),
            ("code", login.code.expose()),
            ("grant_type", "authorization_code"),
        ];
        let body = self.http.get(&url, &query).await?;
        let read: Result<Documented, _> = serde_json::from_slice(&body);
        read.map(drop).map_err(|_| ProviderError::new(ErrorKind::UnexpectedAnswer, "is not as documented"))
    }
}

#[async_trait]
impl IdentityProvider for Careless {
    fn app_id(&self) -> &AppId {
        self.sound.app_id()
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.sound.union_scope()
    }

    fn upstream(&self) -> &str {
        self.sound.upstream()
    }

    fn start(&self) -> Start {
        self.sound.start()
    }

    fn abilities(&self) -> Abilities {
        let sound = self.sound.abilities();
        if self.flaw == Flaw::DeclaresTooMuch { Abilities { union_ids: UnionIds::Always, ..sound } } else { sound }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let url = self.sound.authorize_url(request).await?;
        let verifier = request.kept.code_verifier.expose_secret();
        Ok(if self.flaw == Flaw::ShowsTheVerifier { format!("{url}&v={verifier}") } else { url })
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        if self.flaw == Flaw::LogsTheCode {
            tracing::trace!(code = login.code.expose(), "exchanges a code");
        }
        if self.flaw == Flaw::ReadsTooMuch {
            self.read_too_much(login).await?;
        }
        let mut outcome = self.sound.exchange(login).await;
        if outcome.is_err() && self.flaw == Flaw::TriesTwice {
            outcome = self.sound.exchange(login).await;
        }
        if let (Ok(proof), Flaw::NamesSomebodyElse) = (&mut outcome, self.flaw) {
            proof.key.open_id = "oSomebodyElse".parse().expect("an open id");
        }
        if outcome.as_ref().is_ok_and(|proof| proof.profile.nickname.is_none()) && self.flaw == Flaw::NeedsAName {
            return Err(ProviderError::new(ErrorKind::UnexpectedAnswer, "has no name"));
        }
        outcome.map_err(|error| self.spoil(error, login))
    }

    async fn phone_number(&self, shown: &ShownPhone) -> Result<PhoneNumber, ProviderError> {
        if self.flaw == Flaw::VouchesForAnyPhone {
            return Ok(PhoneNumber::parse("+8613800000001").expect("a number"));
        }
        self.sound.phone_number(shown).await
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.flaw == Flaw::PrintsTheSecret { SECRET } else { "Careless" })
    }
}
