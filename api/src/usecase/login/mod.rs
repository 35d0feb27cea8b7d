//! A code comes back: who is it?
//! That a code is exchanged once is `claim`'s business, a code that comes again is `repeat`'s; the rules that say who it is
//! are `domain::login`; the upstream's part is the provider's.

mod begin;
mod claim;
mod repeat;

use std::sync::Arc;

use domain::login::{self, Act, Decision, Proof};
use domain::session::Way;
use domain::{AppName, Boundness, OpenId, Rule, SessionId, UnionId};
use providers::{BegunLogin, EncryptedData, Exchange, IdentityProvider, LoginCode, Start};
use store::login::{LinkState, LoginOutcome, LoginState};
use store::session::SignedInFrom;
use store::upstream::Asker;
use store::user::User;
use store::{Tx, Write};
use tracing::info;

use crate::apps::App;
use crate::config::StateRule;
use crate::error::{ApiError, ErrorCode, MergeOffer};
use crate::gate::{Pass, Work};
use crate::random;
use crate::service::Service;
use crate::token::{self, CodeChallenge, CodeVerifier, DeviceToken, RefreshToken};
use crate::usecase::session::{Opening, SessionTokens};
use crate::usecase::{ClientAddress, app, caller, merge, session};

pub(crate) use begin::kept_secrets;
pub use begin::{BeginLogin, BeginNativeLogin, Begun, BegunNative, begin, begin_native};
pub(crate) use claim::{CLAIM_LIFE, REJECTED_LIFE, carry_out, claim, settle_claim};
pub(crate) use repeat::{patience, refuse_other_browser, repeat};

/// What a client brings.
#[derive(Debug)]
pub struct Login {
    /// What came back from the upstream.
    pub returned: Returned,
    /// The app it is of; may be left out when the state names it or there is a default.
    pub app: Option<AppName>,
    /// The state of `begin_login`.
    pub state: Option<String>,
    /// What the client kept since the login began, or made up for it.
    pub verifier: Option<CodeVerifier>,
    /// What the host app encrypted for us.
    pub encrypted: Option<EncryptedData>,
    /// What an earlier login on the device was answered.
    pub device: Option<DeviceToken>,
    /// Where the client is, which the person is shown with the session.
    pub from: SignedInFrom,
}

/// What came back from the upstream.
#[derive(Debug)]
pub enum Returned {
    /// The authorization code.
    Code(LoginCode),
    /// The news that the person did not agree.
    Denied,
}

/// A person who has just signed in.
#[derive(Debug)]
pub struct LoggedIn {
    /// What the client carries from now on.
    pub tokens: SessionTokens,
    /// What the client sends along with its next login.
    pub device: DeviceToken,
    /// Whether the account was made just now.
    pub is_new_user: bool,
    /// What the app calls the person.
    pub open_id: OpenId,
    /// What the union scope calls the person, where the upstream told it.
    pub union_id: Option<UnionId>,
    /// The account.
    pub user: User,
    /// The merge with another account of the same person (R1c), which the person may confirm.
    pub merge_offer: Option<MergeOffer>,
}

/// A login of which all is checked that can be checked before anything is burnt.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The app's provider.
    pub(crate) provider: Arc<dyn IdentityProvider>,
    /// The authorization code.
    pub(crate) code: LoginCode,
    /// The hash of app and code.
    pub(crate) code_hash: [u8; 32],
    /// How the login began, where it began here.
    pub(crate) state: Option<LoginState>,
    /// What the client kept since, or made up.
    pub(crate) verifier: Option<CodeVerifier>,
    /// What an earlier login on the device was answered.
    pub(crate) device: Option<DeviceToken>,
    /// The block of addresses that it comes from.
    pub(crate) block: String,
    /// Whose share of the app's exchanges it is.
    pub(crate) asker: Asker,
    /// R15: whether the login is bound to the browser or device that ends it.
    pub(crate) bound: Boundness,
    encrypted: Option<EncryptedData>,
    from: SignedInFrom,
}

impl Checked {
    /// The hash of the verifier.
    pub(crate) fn challenge(&self) -> Option<CodeChallenge> {
        self.verifier.as_ref().map(CodeVerifier::challenge)
    }
}

/// Signs a person in. A repeat from the same browser or device gets the outcome of the first login.
pub async fn login(service: &Service, input: Login, from: ClientAddress) -> Result<LoggedIn, ApiError> {
    let patience = patience(service);
    let mut pass = caller::enter(service, Work::Login, from)?;
    let login = check(service, input, &mut pass).await?;
    let (app, has_begun) = (login.provider.app_id().clone(), login.state.is_some());
    match claim(service, &login).await? {
        None => {
            let logged_in = carry_out(service, &login).await?;
            pass.came_to_a_login(&app, has_begun);
            Ok(logged_in)
        }
        // One login vouches once for its network, however often its answer is fetched.
        Some(first) => {
            let logged_in = repeat(service, &login, first, patience).await?;
            pass.was_repeated();
            Ok(logged_in)
        }
    }
}

/// Checks all that can be checked before anything is burnt. Only a refusal at the upstream spends its state here.
pub(crate) async fn check(service: &Service, input: Login, pass: &mut Pass<'_>) -> Result<Checked, ApiError> {
    let (app, state) = begun(service, &input).await?;
    if state.is_some() {
        pass.vouch();
    }
    caller::go_on(pass, app.provider.app_id())?;
    let Login { returned, verifier, encrypted, device, from, .. } = input;
    let same_browser = state.as_ref().is_none_or(|state| is_same_browser(app, state, verifier.as_ref()));
    let code = match returned {
        Returned::Code(code) if app.provider.could_issue(&code) => code,
        Returned::Code(_) => return Err(ApiError::refused(ErrorCode::InvalidCode)),
        Returned::Denied if same_browser => {
            spend(service, state.as_ref()).await?;
            return Err(ApiError::refused(ErrorCode::LoginDenied));
        }
        Returned::Denied => return Err(ApiError::refused(ErrorCode::InvalidState)),
    };
    let code_hash = token::code_hash(app.provider.app_id(), &code);
    if !same_browser {
        return Err(refuse_other_browser(service, &code_hash).await);
    }
    let asker = caller::asker(pass);
    // The verifier has been compared: where there is a challenge, it fits.
    let has_shown_verifier = state.as_ref().is_some_and(|state| state.challenge.is_some());
    let bound = Boundness::of_login(way(app.provider.start()), has_shown_verifier);
    Ok(Checked {
        provider: app.provider.clone(),
        code,
        code_hash,
        state,
        verifier,
        device,
        block: pass.block().to_owned(),
        asker,
        bound,
        encrypted,
        from,
    })
}

/// Which app the code is of, and how the login began.
async fn begun<'a>(service: &'a Service, input: &Login) -> Result<(&'a App, Option<LoginState>), ApiError> {
    if let Some(state) = &input.state {
        let found = store::login::find_state(&service.store.view(), &token::hash(state), service.clock.now()).await?;
        let named = found.filter(|state| input.app.as_ref().is_none_or(|app| *app == state.app));
        return named
            .and_then(|state| Some((service.apps.named(&state.app)?, Some(state))))
            .ok_or_else(|| ApiError::refused(ErrorCode::InvalidState));
    }
    let app = match &input.app {
        Some(name) => app::find(service, name)?,
        None => service.apps.default_app().ok_or_else(|| ApiError::refused(ErrorCode::AppRequired))?,
    };
    let needs_state = match app.state {
        StateRule::Required | StateRule::Bound => true,
        StateRule::Optional => false,
    };
    if needs_state { Err(ApiError::refused(ErrorCode::StateRequired)) } else { Ok((app, None)) }
}

/// Spends the state of a login that the person did not agree to.
async fn spend(service: &Service, state: Option<&LoginState>) -> Result<(), ApiError> {
    let Some(state) = state else { return Ok(()) };
    let claim = |tx: Arc<Tx>| async move { store::login::claim_state(&tx, &state.hash, service.clock.now()).await };
    let is_first = service.store.write("spend_state", claim).await?;
    if is_first { Ok(()) } else { Err(ApiError::refused(ErrorCode::InvalidState)) }
}

/// Exchanges the code, and signs in whom it proves.
pub(crate) async fn prove_and_sign_in(service: &Service, login: &Checked) -> Result<LoggedIn, ApiError> {
    let proof = &prove(service, login).await?;
    let id = SessionId::new(service.clock.now());
    let sign_in = |tx: Arc<Tx>| async move { sign_in(service, &tx, id, (login, proof)).await };
    let (logged_in, rule) = service.store.write(Write::new("login").in_session(id), sign_in).await?;
    let what = if logged_in.is_new_user { "a new user" } else { "recognised" };
    info!(user.id = %logged_in.user.id, %rule, "{what} through {}", service.apps.name_of(&proof.key.app));
    Ok(logged_in)
}

/// Exchanges a code that was claimed.
pub(crate) async fn prove(service: &Service, login: &Checked) -> Result<Proof, ApiError> {
    let begun = login.state.as_ref().map(|state| begun_at_provider(service, state));
    let exchange = Exchange { code: &login.code, begun: begun.as_ref(), encrypted: login.encrypted.as_ref() };
    Ok(login.provider.exchange(&exchange).await?)
}

/// Reads, decides and writes, and keeps the outcome for a repeat. The login and the rule that decided it.
async fn sign_in(
    service: &Service,
    tx: &Tx,
    id: SessionId,
    (login, proof): (&Checked, &Proof),
) -> Result<(LoggedIn, Rule), ApiError> {
    let now = service.clock.now();
    let decision = decide(tx, proof, login.bound).await?;
    let linked = store::login::apply(tx, &decision, proof, now).await?;
    if let Act::Merge { from, into } = decision.act {
        store::session::end_all_of(tx, &[from, into], None, now).await?;
    }
    let refresh_token = first_refresh_token(service, login);
    let (device, device_token) = session::device_of_login(service, tx, login).await?;
    let (from, bound) = (&login.from, login.bound);
    let opening = Opening { id, user: linked.user, app: &proof.key.app, device, bound, from };
    let session = session::open(service, tx, opening, &refresh_token).await?;
    let outcome = LoginOutcome::SignedIn {
        session: session.id,
        is_new_user: linked.is_new_user,
        open_id: proof.key.open_id.clone(),
        union_id: proof.union.as_ref().map(|key| key.union_id.clone()),
    };
    store::login::finish_claim(tx, &login.code_hash, &outcome, now).await?;
    let merge_offer = merge::offer(service, tx, linked.user, (decision.rule, decision.offer, random::token())).await?;
    let user =
        store::user::find(&tx.look(), linked.user).await?.ok_or(ApiError::Internal("a linked user is not there"))?;
    let logged_in = LoggedIn {
        tokens: session::tokens(service, &session, refresh_token),
        device: device_token,
        is_new_user: linked.is_new_user,
        open_id: proof.key.open_id.clone(),
        union_id: proof.union.as_ref().map(|key| key.union_id.clone()),
        user,
        merge_offer,
    };
    Ok((logged_in, decision.rule))
}

/// What the provider needs of the login's beginning.
fn begun_at_provider(service: &Service, state: &LoginState) -> BegunLogin {
    BegunLogin { redirect_uri: state.return_to.clone(), kept: kept_secrets(service, &state.hash) }
}

fn first_refresh_token(service: &Service, login: &Checked) -> RefreshToken {
    match &login.verifier {
        Some(verifier) => service.keys.first_refresh_token(&login.code_hash, verifier),
        None => RefreshToken::random(),
    }
}

/// Is the one who ends the login the one who began it, as far as that was arranged?
///
/// A verifier where none was arranged is no proof but a mix-up: somebody's page has been given another's state, which was
/// begun without a challenge so that no verifier would be asked for (RFC 9700 section 4.8.2).
fn is_same_browser(app: &App, state: &LoginState, verifier: Option<&CodeVerifier>) -> bool {
    match (state.challenge, verifier) {
        (Some(challenge), Some(verifier)) => CodeChallenge(challenge) == verifier.challenge(),
        // It may have begun before the app's rule was changed.
        (None, None) => app.state != StateRule::Bound,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// How the code comes to the client.
const fn way(start: Start) -> Way {
    match start {
        Start::Redirect | Start::QrPage => Way::Browser,
        Start::NativeSdk => Way::NativeSdk,
        Start::HostApp => Way::HostApp,
    }
}

/// One look settles the daily case; only something new is worth reading whole accounts.
async fn decide(tx: &Tx, proof: &Proof, bound: Boundness) -> Result<Decision, ApiError> {
    let scope = proof.union.as_ref().map(|key| &key.scope);
    if let LinkState::Owned(recognised) = store::login::link_state(&tx.look(), &proof.key, scope).await?
        && let Some(decision) = login::recognise(&recognised, proof)
    {
        return Ok(decision);
    }
    Ok(login::decide(&store::login::known(&tx.look(), proof).await?, proof, bound))
}
