//! A sound provider with one flaw.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fmt, io::Read, io::Write};

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenKey, PhoneNumber, Profile, UnionScope};
use providers::contract::{QR_TEXT, SECRET};
use providers::{
    Abilities, AuthorizeRequest, Built, ErrorKind, Exchange, Followers, Http, IdentityProvider, JsonAnswer,
    ProviderError, PushReader, Settings, ShownPhone, Start, UnionIds, oauth,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use super::{FLAW, Flaw};

pub(super) struct Careless {
    pub(super) sound: Arc<dyn IdentityProvider>,
    pub(super) flaw: Flaw,
    http: Http,
    api: Url,
}

/// The answer that WeChat documents, of which the provider needs less.
#[derive(Deserialize)]
struct Documented {
    #[serde(rename = "expires_in")]
    _expires_in: u64,
}

pub(super) fn build(mut settings: Settings) -> Built {
    let flaw = FLAW.get();
    let sound = crate::tape(flaw.kind()).factory;
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
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it reads the request");
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
        if self.flaw == Flaw::BlamesThePersonForTheUnknown && error.kind == ErrorKind::UnexpectedAnswer {
            error.kind = ErrorKind::CodeRejected;
        }
        let is_afterwards = error.detail.starts_with("/user ");
        match self.flaw {
            Flaw::CallsEveryCodeGood => error.unspent(),
            Flaw::CallsTheCodeGoodAfterwards if is_afterwards => error.unspent(),
            // What `Http` reports of a connection that was refused.
            Flaw::ForgetsThatTheCodeIsSpent if error.detail == "/user could not be reached" => error.unspent(),
            _ => error,
        }
    }

    /// Exchanges a login without a state, or with another address, as the flaw does.
    async fn exchange_with_its_flaw(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let Some(begun) = login.begun else {
            assert_ne!(self.flaw, Flaw::PanicsWithoutAState, "there is no login");
            return if self.flaw == Flaw::AcceptsAnotherPersonWithoutAState {
                Ok(Proof {
                    key: OpenKey { app: self.app_id().clone(), open_id: "oSomebodyElse".parse().expect("an open id") },
                    union: None,
                    profile: Profile::default(),
                })
            } else {
                self.sound.exchange(login).await
            };
        };
        let mut begun = begun.clone();
        if self.flaw == Flaw::RepeatsAnotherAddress {
            begun.redirect_uri = begun.redirect_uri.replace(' ', "+");
        }
        let begun = Some(&begun).filter(|_| self.flaw != Flaw::OmitsTheAddress);
        self.sound.exchange(&Exchange { begun, ..*login }).await
    }

    /// Reads the answer to the code and ignores its status.
    async fn ignore_the_status(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let mut url = self.api.join("/sns/oauth2/access_token").expect("an address");
        url.query_pairs_mut()
            .append_pair("appid", self.app_id().as_str())
            .append_pair("secret", SECRET)
            .append_pair("code", login.code.expose())
            .append_pair("grant_type", "authorization_code");
        let request = http::Request::get(url.as_str()).body(Vec::new()).expect("a request");
        let answer = self.http.execute(request).await?;
        let answer = JsonAnswer::read("the answer", answer.body())?;
        let key = OpenKey { app: self.app_id().clone(), open_id: answer.needed("openid")? };
        Ok(Proof { key, union: None, profile: Profile::default() })
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
        if matches!(self.flaw, Flaw::DeclaresTooMuch | Flaw::PromisesUnionIds) {
            Abilities { union_ids: UnionIds::Always, ..sound }
        } else {
            sound
        }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let url = self.sound.authorize_url(request).await?;
        let verifier = request.kept.code_verifier.expose_secret();
        Ok(match self.flaw {
            Flaw::ShowsTheVerifier => format!("{url}&v={verifier}"),
            Flaw::OmitsTheChallenge => url.replace("code_challenge", "c"),
            Flaw::ChallengesInVain => {
                let challenge = oauth::code_challenge(request.kept);
                url.replace('#', &format!("&code_challenge={challenge}&code_challenge_method=S256#"))
            }
            _ => url,
        })
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        if self.flaw == Flaw::LogsTheCode {
            tracing::trace!(code = login.code.expose(), "exchanges a code");
        }
        if self.flaw == Flaw::ReadsTooMuch {
            self.read_too_much(login).await?;
        }
        if self.flaw == Flaw::IgnoresTheStatus {
            return self.ignore_the_status(login).await;
        }
        let mut outcome = self.exchange_with_its_flaw(login).await;
        if outcome.is_err() && self.flaw == Flaw::TriesTwice {
            outcome = self.sound.exchange(login).await;
        }
        if let (Ok(proof), Flaw::NamesAnotherPerson) = (&mut outcome, self.flaw) {
            proof.key.open_id = "oSomebodyElse".parse().expect("an open id");
        }
        if outcome.as_ref().is_ok_and(|proof| proof.profile.nickname.is_none()) && self.flaw == Flaw::NeedsAName {
            return Err(ProviderError::new(ErrorKind::UnexpectedAnswer, "has no name"));
        }
        outcome.map_err(|error| self.spoil(error, login))
    }

    async fn follow_qr(&self, scene: &str, life: Duration) -> Result<String, ProviderError> {
        match self.flaw {
            Flaw::InventsAQrCode => Ok(format!("https://upstream.example/q/{scene}")),
            Flaw::OmitsTheScene => self.sound.follow_qr("s", life).await.or(Ok(QR_TEXT.to_owned())),
            _ => self.sound.follow_qr(scene, life).await,
        }
    }

    fn push_reader(&self) -> Option<&dyn PushReader> {
        Some(self)
    }

    fn followers(&self) -> Option<&dyn Followers> {
        Some(self)
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
