//! What the providers of vendors' accounts have in common: the settings of an app, and all of the provider but the login
//! itself. See `calls` for their APIs. Each vendor's file has its settings, its requests, and its error numbers.

mod calls;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenId, OpenKey, Profile, UnionId, UnionKey, UnionScope};
use secrecy::SecretString;
use url::Url;

use crate::oauth::{self, below};
use crate::{
    Abilities, AuthorizeRequest, Built, Checks, ErrorKind, Exchange, Http, IdentityProvider, JsonAnswer, Problem,
    ProviderError, Start, UnionIds, without_profile,
};

pub(super) use calls::{Api, Refusal};

/// What differs between vendors whose logins begin in a browser. Their proofs carry a profile, and a union id if the app has
/// a union scope.
#[async_trait]
pub(super) trait Vendor: Debug + Send + Sync {
    /// How a login starts.
    const START: Start;

    /// The app, with its settings.
    fn app(&self) -> &App;

    /// Returns the URL that the browser is sent to.
    fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> String;

    /// Spends the code, in exactly one request, and returns the proof of who the person is.
    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError>;
}

/// Makes a provider of a vendor.
pub(super) fn built(vendor: Result<impl Vendor + 'static, Vec<Problem>>) -> Built {
    Ok(Arc::new(Account(vendor?)))
}

/// The provider of a vendor.
#[derive(Debug)]
struct Account<V>(V);

#[async_trait]
impl<V: Vendor> IdentityProvider for Account<V> {
    fn app_id(&self) -> &AppId {
        &self.0.app().id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.0.app().union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.0.app().api.host()
    }

    fn start(&self) -> Start {
        V::START
    }

    fn abilities(&self) -> Abilities {
        let union_ids = if self.union_scope().is_some() { UnionIds::Always } else { UnionIds::Never };
        Abilities { union_ids, profile: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        Ok(self.0.authorize_url(request))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        self.0.exchange(login).await
    }
}

/// The settings that an app has at every vendor. The names of the first two are the vendor's own.
pub(super) struct Given {
    pub(super) app_id: (&'static str, Option<String>),
    pub(super) secret: (&'static str, Option<SecretString>),
    pub(super) union_scope: Option<String>,
    /// The address of the login page, and the vendor's own.
    pub(super) login_url: (Option<String>, &'static str),
    /// The address of the API, and the vendor's own.
    pub(super) api_url: (Option<String>, &'static str),
}

/// One app at a vendor.
#[derive(Debug)]
pub(super) struct App {
    pub(super) id: AppId,
    pub(super) secret: SecretString,
    pub(super) union_scope: Option<UnionScope>,
    pub(super) login: Url,
    pub(super) api: Api,
}

impl App {
    /// Checks the settings, and notes every mistake in them.
    pub(super) fn read(checks: &mut Checks, given: Given, (vendor, http): (&'static str, Http)) -> Option<Self> {
        let id = checks.required(given.app_id.0, given.app_id.1.as_deref());
        let secret = checks.secret(given.secret.0, given.secret.1);
        let union_scope = checks.optional("union_scope", given.union_scope.as_deref());
        let mut upstream =
            |path, (given, usual): (Option<String>, _)| checks.upstream(path, given.as_deref().unwrap_or(usual));
        let login = upstream("login_url", given.login_url);
        let api = upstream("api_url", given.api_url).map(|base| Api { vendor, http, base });
        let made = id.zip(secret).zip(login.zip(api));
        made.map(|((id, secret), (login, api))| Self { id, secret, union_scope, login, api })
    }

    /// Returns the address of a login page with `parameters`.
    pub(super) fn page(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        oauth::address(&below(&self.login, path), parameters)
    }

    /// Returns the union id in an answer, which an app with a union scope needs; `None` if it has no union scope and so
    /// reads none.
    pub(super) fn union_id(&self, answer: &JsonAnswer, field: &str) -> Result<Option<UnionId>, ProviderError> {
        self.union_scope.as_ref().map(|_| answer.needed(field)).transpose()
    }

    /// Builds a proof.
    pub(super) fn proof(&self, open_id: OpenId, union_id: Option<UnionId>, profile: Profile) -> Proof {
        let union = self.union_scope.clone().zip(union_id).map(|(scope, union_id)| UnionKey { scope, union_id });
        Proof { key: OpenKey { app: self.id.clone(), open_id }, union, profile }
    }
}

/// Returns the profile, or an empty one if it cannot be read: the person is known without it. That the vendor blocked the person
/// is not overlooked.
pub(super) fn or_none(profile: Result<Profile, ProviderError>) -> Result<Profile, ProviderError> {
    profile.or_else(|error| match error.kind {
        ErrorKind::PersonBlocked => Err(error.spent()),
        _ => Ok(without_profile(&error)),
    })
}
