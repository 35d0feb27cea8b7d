//! `OpenID` Connect issuers: a redirect, a code, and an ID token that identifies the person.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html>, the authorization code flow of section 3.1, with PKCE (RFC
//! 7636). ID tokens must be signed with an asymmetric algorithm; encrypted ones are not supported. See `id_token` for
//! their verification, `issuer` for discovery, and `refusal` for token endpoint errors.

mod config;
mod id_token;
mod issuer;
mod refusal;
#[cfg(feature = "contract")]
mod tape;

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenKey, Profile, UnionKey, UnionScope};
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION};
use openidconnect::core::{
    CoreClient, CoreClientAuthMethod, CoreIdTokenClaims, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientSecret, JsonWebKeySet, OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl,
};
use secrecy::ExposeSecret;
use serde::Deserialize;

use self::config::OpenIdApp;
use super::oauth;
use crate::{
    Abilities, AuthorizeRequest, BegunLogin, ErrorKind, Exchange, Factory, IdentityProvider, LoginCode, LoginScope,
    ProviderError, Start, UnionIds, bad_status,
};

#[cfg(feature = "contract")]
pub(in crate::builtin) use tape::TAPE;

/// Builds `OpenID` Connect providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "oidc", build: |settings| Ok(Arc::new(OpenIdConnect(OpenIdApp::read(settings)?))) };

/// The claims of the ID token or the userinfo endpoint that the provider reads beyond the verified ones.
#[derive(Deserialize)]
struct Portrait {
    sub: String,
    name: Option<String>,
    nickname: Option<String>,
    preferred_username: Option<String>,
    picture: Option<String>,
}

impl Portrait {
    fn profile(&self) -> Profile {
        let name = self.name.as_deref().or(self.nickname.as_deref()).or(self.preferred_username.as_deref());
        Profile::new(name.unwrap_or_default(), self.picture.as_deref().unwrap_or_default())
    }
}

#[derive(Debug)]
struct OpenIdConnect(OpenIdApp);

#[async_trait]
impl IdentityProvider for OpenIdConnect {
    fn app_id(&self) -> &AppId {
        &self.0.app_id
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        self.0.union_scope.as_ref()
    }

    fn upstream(&self) -> &str {
        self.0.issuer.host()
    }

    fn start(&self) -> Start {
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        let union_ids = if self.0.union_scope.is_some() { UnionIds::Always } else { UnionIds::Never };
        Abilities { union_ids, profile: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let metadata = self.0.issuer.metadata().await?;
        let scope = match request.scope {
            LoginScope::Base => "openid".to_owned(),
            LoginScope::UserInfo => self.0.scopes.join(" "),
        };
        let parameters = [
            ("response_type", "code"),
            ("client_id", self.0.client_id.as_str()),
            ("redirect_uri", request.redirect_uri),
            ("scope", &scope),
            ("state", request.state),
            ("nonce", request.kept.nonce.expose_secret()),
            ("code_challenge", &oauth::code_challenge(request.kept)),
            ("code_challenge_method", "S256"),
        ];
        Ok(oauth::address(metadata.authorization_endpoint().url(), &parameters))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let Some(begun) = login.begun else {
            let detail = "the code came without its state, which is required to redeem it";
            return Err(ProviderError::new(ErrorKind::CodeRejected, detail).unspent());
        };
        let metadata = self.0.issuer.metadata().await.map_err(ProviderError::unspent)?;
        let answer = self.redeem(&metadata, login.code, begun).await?;
        let claims = id_token::verified(&self.0, &metadata, &answer, &begun.kept.nonce).await;
        let claims = claims.map_err(ProviderError::spent)?;
        let open_id = id_token::open_id(&claims)?;
        let profile = self.profile(&metadata, &answer, &claims).await.map_err(ProviderError::spent)?;
        let union_id = open_id.as_str().parse().ok();
        let union = self.0.union_scope.clone().zip(union_id).map(|(scope, union_id)| UnionKey { scope, union_id });
        Ok(Proof { key: OpenKey { app: self.0.app_id.clone(), open_id }, union, profile })
    }
}

impl OpenIdConnect {
    /// Exchanges the code for tokens. This is the one request that spends the code.
    async fn redeem(
        &self,
        metadata: &CoreProviderMetadata,
        code: &LoginCode,
        begun: &BegunLogin,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let app = &self.0;
        let misconfigured = |detail| ProviderError::new(ErrorKind::Misconfigured, detail).unspent();
        let token_url = metadata.token_endpoint().ok_or_else(|| misconfigured("the issuer has no token endpoint"))?;
        let redirect_uri = RedirectUrl::new(begun.redirect_uri.clone())
            .map_err(|_| misconfigured("the login's redirect address is not a URL"))?;
        let mut client = CoreClient::new(app.client_id.clone(), app.issuer.url().clone(), JsonWebKeySet::default())
            .set_auth_type(auth_type(metadata))
            .set_token_uri(token_url.clone());
        if let Some(secret) = &app.secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        let verifier = begun.kept.code_verifier.expose_secret();
        client
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .set_redirect_uri(Cow::Owned(redirect_uri))
            .request_async(&issuer::Client(&app.http))
            .await
            .map_err(|error| {
                let secret = app.secret.as_ref().map(ExposeSecret::expose_secret);
                let sent = [code.expose(), verifier, begun.kept.nonce.expose_secret()];
                refusal::of_token(error, sent.into_iter().chain(secret))
            })
    }

    /// Returns name and picture from the ID token, or from the userinfo endpoint if the person granted access to it.
    async fn profile(
        &self,
        metadata: &CoreProviderMetadata,
        answer: &CoreTokenResponse,
        claims: &CoreIdTokenClaims,
    ) -> Result<Profile, ProviderError> {
        let told = serde_json::to_value(claims).and_then(serde_json::from_value::<Portrait>);
        let told = told.map_err(|_| unexpected("the ID token's claims cannot be read"))?.profile();
        // An answer without a scope grants all that was requested (RFC 6749 section 5.1).
        let granted = answer.scopes().map_or_else(
            || self.0.scopes.iter().any(|scope| scope == "profile"),
            |scopes| scopes.iter().any(|scope| scope.as_str() == "profile"),
        );
        let endpoint = metadata.userinfo_endpoint().filter(|_| granted && told == Profile::default());
        let Some(endpoint) = endpoint else { return Ok(told) };
        let request = Request::get(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", answer.access_token().secret()))
            .body(Vec::new())
            .map_err(|_| unexpected("the access token is malformed"))?;
        let answer = self.0.http.execute(request).await?;
        if !answer.status().is_success() {
            return Err(bad_status(endpoint.url().path(), &answer));
        }
        let portrait: Portrait = oauth::object(answer.body())
            .map_err(|_| unexpected("the answer of the userinfo endpoint is not as section 5.3.2 requires"))?;
        // Section 5.3.2: it "MUST be verified to exactly match"; if not, "the UserInfo Response values MUST NOT be used".
        if portrait.sub != claims.subject().as_str() {
            return Err(unexpected("the userinfo endpoint and the ID token name different subjects"));
        }
        Ok(portrait.profile())
    }
}

/// Selects the client authentication that the issuer supports; HTTP Basic if it declares none (Discovery, section 3).
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let supported = metadata.token_endpoint_auth_methods_supported();
    let has = |method| supported.is_some_and(|methods| methods.contains(&method));
    let only_post = !has(CoreClientAuthMethod::ClientSecretBasic) && has(CoreClientAuthMethod::ClientSecretPost);
    if only_post { AuthType::RequestBody } else { AuthType::BasicAuth }
}

fn unexpected(detail: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::UnexpectedAnswer, detail)
}
