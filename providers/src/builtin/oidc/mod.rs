//! `OpenID` Connect issuers: a redirect, a code, and an ID token that identifies the person.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html>, the authorization code flow of section 3.1, with PKCE (RFC
//! 7636). ID tokens must be signed with an asymmetric algorithm; encrypted ones are not supported. See `id_token` and
//! `keys` for their verification, `issuer` and `discovery` for what an issuer publishes, `tokens` for the token endpoint,
//! `userinfo` for the profile, and `groups` for the groups of a person.
//!
//! `google`, `microsoft` and `apple` are clients of issuers that deviate from the specification: see `dialect`.

pub(super) mod apple;
mod client_secret;
mod config;
mod dialect;
mod discovery;
pub(super) mod google;
mod groups;
mod id_token;
mod issuer;
mod keys;
pub(super) mod microsoft;
#[cfg(feature = "contract")]
pub(super) mod tape;
mod tenants;
mod time;
mod tokens;
mod userinfo;

use std::sync::Arc;

use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenKey, UnionKey, UnionScope};
use secrecy::ExposeSecret;

use self::config::OpenIdApp;
use self::discovery::Metadata;
use self::id_token::IdToken;
use super::oauth;
use crate::{
    Abilities, AuthorizeRequest, Exchange, Factory, IdentityProvider, JsonAnswer, LoginScope, ProviderError, Start,
    UnionIds,
};

/// Builds `OpenID` Connect providers.
pub(in crate::builtin) const FACTORY: Factory =
    Factory { kind: "oidc", build: |settings| Ok(Arc::new(OpenIdConnect(OpenIdApp::read(settings)?))) };

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
        Abilities { union_ids, profile: self.0.dialect.has_profile(), ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        let metadata = self.0.issuer.metadata().await?;
        let app = &self.0;
        let base = app.dialect.base_scopes(app.union_scope.is_some());
        let scope = base.map(|base| match request.scope {
            LoginScope::Base => base.to_owned(),
            LoginScope::UserInfo => app.scopes.join(" "),
        });
        let challenge = oauth::code_challenge(request.kept);
        let mut parameters =
            vec![("response_type", "code"), ("client_id", &app.client_id), ("redirect_uri", request.redirect_uri)];
        // An issuer without scopes is asked for the answer in the query, which is its default, but not for all scopes.
        parameters.push(scope.as_ref().map_or(("response_mode", "query"), |scope| ("scope", scope)));
        parameters.extend([("state", request.state), ("nonce", request.kept.nonce.expose_secret())]);
        if app.dialect.has_pkce() {
            parameters.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        Ok(oauth::address(&metadata.authorization_endpoint, &parameters))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        Ok(self.signed_in(login).await?.proof)
    }

    fn tells_groups(&self) -> bool {
        self.0.groups_claim.is_some()
    }

    async fn exchange_with_groups(&self, login: &Exchange<'_>) -> Result<(Proof, Vec<String>), ProviderError> {
        let signed_in = self.signed_in(login).await?;
        let told = (&signed_in.tokens, &signed_in.id_token);
        let groups = groups::told(&self.0, &signed_in.metadata, told).await.map_err(ProviderError::spent)?;
        Ok((signed_in.proof, groups))
    }
}

/// A person who has signed in, with the answers of the issuer.
struct SignedIn {
    proof: Proof,
    metadata: Arc<Metadata>,
    tokens: JsonAnswer,
    id_token: IdToken,
}

impl OpenIdConnect {
    async fn signed_in(&self, login: &Exchange<'_>) -> Result<SignedIn, ProviderError> {
        let begun = login.needed_begun()?;
        let metadata = self.0.issuer.metadata().await.map_err(ProviderError::unspent)?;
        let tokens = tokens::redeem(&self.0, &metadata, login.code, begun).await?;
        let id_token = tokens.needed_text("id_token")?;
        let id_token = id_token::verified(&self.0, &metadata, &id_token, &begun.kept.nonce).await;
        let id_token = id_token.map_err(ProviderError::spent)?;
        let profile =
            userinfo::profile(&self.0, &metadata, (&tokens, &id_token)).await.map_err(ProviderError::spent)?;
        let union = self.0.union_scope.clone().map(|scope| {
            let union_id = self.0.dialect.union_id(&id_token.claims, &id_token.open_id)?;
            Ok(UnionKey { scope, union_id })
        });
        let union = union.transpose().map_err(ProviderError::spent)?;
        let key = OpenKey { app: self.0.app_id.clone(), open_id: id_token.open_id.clone() };
        Ok(SignedIn { proof: Proof { key, union, profile }, metadata, tokens, id_token })
    }
}
