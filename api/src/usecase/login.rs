//! A code comes back: who is it?
//! The rules that answer are `domain::linking`; the upstream's part is the provider's.

use domain::linking::{self, Act, Decision, Proof};
use domain::{AppName, UnionId};
use providers::{BegunLogin, Exchange, KeptSecrets, LoginCode};
use store::{LinkState, LoginState, Tx, User};
use tracing::info;

use super::{Races, SessionTokens};
use crate::apps::App;
use crate::config::StateRule;
use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::service::Service;
use crate::token;

/// What a client brings.
#[derive(Debug)]
pub struct Login {
    /// The authorization code.
    pub code: LoginCode,
    /// The app it is of; may be left out when the state names it or there is a default.
    pub app: Option<AppName>,
    /// The state of `begin_login`.
    pub state: Option<String>,
}

/// A person who has just signed in.
#[derive(Debug)]
pub struct LoggedIn {
    /// What the client carries from now on.
    pub tokens: SessionTokens,
    /// Whether the account was made just now.
    pub is_new_user: bool,
    /// What the app calls the person.
    pub open_id: domain::OpenId,
    /// What the union scope calls the person, where the upstream told it.
    pub union_id: Option<UnionId>,
    /// The account.
    pub user: User,
    /// The merge with another account of the same person (R1c), which the person may confirm.
    pub merge_offer: Option<MergeOffer>,
}

impl Service {
    /// Signs a person in.
    pub async fn login(&self, input: Login) -> Result<LoggedIn, ApiError> {
        let proof = self.prove(&input).await?;
        let mut races = Races::default();
        loop {
            let attempt = self.sign_in(&proof).await;
            if !races.lost(&attempt) {
                return attempt;
            }
        }
    }

    /// Spends the state and exchanges the code.
    pub(super) async fn prove(&self, input: &Login) -> Result<Proof, ApiError> {
        let (app, begun) = self.app_of(input).await?;
        let exchange = Exchange { code: &input.code, begun: begun.as_ref(), encrypted: None };
        Ok(app.provider.exchange(&exchange).await?)
    }

    /// Which app the code is of, and how the login began. A state is spent here, whatever comes after.
    async fn app_of(&self, input: &Login) -> Result<(&App, Option<BegunLogin>), ApiError> {
        if let Some(state) = &input.state {
            let tx = self.store.begin().await?;
            let claimed = tx.claim_state(&token::hash(state), self.clock.now()).await?;
            tx.commit().await?;
            let named = claimed.filter(|state| input.app.as_ref().is_none_or(|app| *app == state.app));
            return named
                .and_then(|state| Some((self.apps.named(&state.app)?, begun(state))))
                .ok_or_else(|| ApiError::refused(ErrorCode::InvalidState));
        }
        let app = match &input.app {
            Some(name) => self.app(name)?,
            None => self.apps.default_app().ok_or_else(|| ApiError::refused(ErrorCode::AppRequired))?,
        };
        if app.provider.start().is_browser() && app.state == StateRule::Required {
            return Err(ApiError::refused(ErrorCode::StateRequired));
        }
        Ok((app, None))
    }

    /// Look, decide, do: one attempt in one transaction.
    async fn sign_in(&self, proof: &Proof) -> Result<LoggedIn, ApiError> {
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let decision = decide(&tx, proof).await?;
        let linked = tx.apply(&decision, proof, now).await?;
        if let Act::Merge { from, into } = decision.act {
            tx.end_sessions_of(&[from, into], None, now).await?;
        }
        let (session, refresh_token) = self.open_session(&tx, linked.user, Some(proof.key.app.clone())).await?;
        let merge_offer = self.offer(&tx, linked.user, (decision.rule, decision.offer)).await?;
        let user = tx.look().user(linked.user).await?.ok_or(ApiError::Internal("a linked user is not there"))?;
        tx.commit().await?;
        info!(user.id = %user.id, rule = %decision.rule, "{} through {}", what(&linked), self.apps.name_of(&proof.key.app));
        Ok(LoggedIn {
            tokens: self.tokens(&session, refresh_token),
            is_new_user: linked.is_new_user,
            open_id: proof.key.open_id.clone(),
            union_id: proof.union.as_ref().map(|key| key.union_id.clone()),
            user,
            merge_offer,
        })
    }
}

/// What the provider needs of the login's beginning; nothing was kept of one that an older version began.
fn begun(state: LoginState) -> Option<BegunLogin> {
    let store::KeptSecrets { nonce, code_verifier } = state.kept?;
    let kept = KeptSecrets { nonce: nonce.into(), code_verifier: code_verifier.into() };
    Some(BegunLogin { redirect_uri: state.return_to, kept })
}

fn what(linked: &store::Linked) -> &'static str {
    if linked.is_new_user { "a new user" } else { "recognised" }
}

/// One look settles the daily case; only something new is worth reading whole accounts.
async fn decide(tx: &Tx, proof: &Proof) -> Result<Decision, ApiError> {
    let scope = proof.union.as_ref().map(|key| &key.scope);
    if let LinkState::Owned(recognised) = tx.look().link(&proof.key, scope).await?
        && let Some(decision) = linking::recognise(&recognised, proof)
    {
        return Ok(decision);
    }
    Ok(linking::decide(&tx.look().known(proof).await?, proof))
}
