//! Completes logins: exchanges the code and signs the person in. See `claim` for the single exchange of a code,
//! `repeat` for retries, and `domain::login` for the rules.

mod begin;
mod claim;
mod repeat;

use std::sync::Arc;

use domain::login::{self, Act, Decision, Proof};
use domain::phone::Offer;
use domain::session::Way;
use domain::{AppName, Boundness, DeviceId, OpenId, Rule, SessionId, UnionId, UserId};
use providers::{BegunLogin, EncryptedData, Exchange, IdentityProvider, LoginCode, Start};
use store::login::{LoginOutcome, LoginState};
use store::session::{Session, SignedInFrom};
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
use crate::usecase::session::{Brought, Opening, SessionTokens};
use crate::usecase::{ClientAddress, app, caller, merge, qr_login, session};

pub(crate) use begin::kept_secrets;
pub use begin::{BeginLogin, BeginNativeLogin, Begun, BegunNative, begin, begin_native};
pub(crate) use claim::{CLAIM_LIFE, REJECTED_LIFE, carry_out, claim, settle_claim};
pub(crate) use repeat::{patience, refuse_other_browser, repeat, signed_in_before};

/// The input of [`login()`].
#[derive(Debug)]
pub struct Login {
    /// What the provider returned.
    pub returned: Returned,
    /// The app. Optional if the state names it or there is a default app.
    pub app: Option<AppName>,
    /// The state of `begin` or `begin_native`.
    pub state: Option<String>,
    /// The verifier that the client kept since the start of the login, or generated for this code.
    pub verifier: Option<CodeVerifier>,
    /// The encrypted data from the host app.
    pub encrypted: Option<EncryptedData>,
    /// The device token of an earlier login on the device.
    pub device: Option<DeviceToken>,
    /// The origin of the session, which the person sees in the list of sessions.
    pub from: SignedInFrom,
}

/// What the provider returned.
#[derive(Debug)]
pub enum Returned {
    /// The authorization code.
    Code(LoginCode),
    /// The person declined.
    Denied,
}

/// The result of [`login()`].
#[derive(Debug)]
pub struct LoggedIn {
    /// The new session.
    pub session: Session,
    /// Its tokens.
    pub tokens: SessionTokens,
    /// The device token, for the next login.
    pub device: DeviceToken,
    /// Whether this login created the account.
    pub is_new_user: bool,
    /// The openId in the app.
    pub open_id: OpenId,
    /// The unionId, if the provider returned it.
    pub union_id: Option<UnionId>,
    /// The account.
    pub user: User,
    /// The merge with another account of the same person (R1c), which the person may confirm.
    pub merge_offer: Option<MergeOffer>,
}

/// A login that passed all checks before the exchange of its code.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The app's provider.
    pub(crate) provider: Arc<dyn IdentityProvider>,
    /// The authorization code.
    pub(crate) code: LoginCode,
    /// The hash of app and code.
    pub(crate) code_hash: [u8; 32],
    /// The stored state, if the login started here.
    pub(crate) state: Option<LoginState>,
    /// The client's verifier.
    pub(crate) verifier: Option<CodeVerifier>,
    /// The device token of an earlier login on the device.
    pub(crate) device: Option<DeviceToken>,
    /// The client's address block.
    pub(crate) block: String,
    /// Whose share of the app's exchange budget the login uses.
    pub(crate) asker: Asker,
    /// R15: whether the login is bound to the browser or device that completes it.
    pub(crate) bound: Boundness,
    encrypted: Option<EncryptedData>,
    from: SignedInFrom,
}

impl Checked {
    /// Returns the hash of the verifier.
    pub(crate) fn challenge(&self) -> Option<CodeChallenge> {
        self.verifier.as_ref().map(CodeVerifier::challenge)
    }

    /// Returns what the client has brought about its device.
    pub(crate) fn brought(&self) -> Brought<'_> {
        Brought { device: self.device.as_ref(), verifier: self.verifier.as_ref(), seed: &self.code_hash }
    }
}

/// Signs a person in. A retry from the same browser or device gets the outcome of the first login.
///
/// # Errors
/// `INVALID_STATE`, `INVALID_CODE`, `CODE_USED`, `LOGIN_DENIED` or `RATE_LIMITED`, among others, or an error of the
/// provider.
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

/// Checks a login before its code is exchanged: code and state stay valid. Only a login that the person declined uses
/// up its state here.
pub(crate) async fn check(service: &Service, input: Login, pass: &mut Pass<'_>) -> Result<Checked, ApiError> {
    let (app, state) = begun(service, &input).await?;
    if state.is_some() {
        pass.vouch();
    }
    caller::go_on(pass, app.provider.app_id())?;
    let Login { returned, verifier, encrypted, device, from, .. } = input;
    let same_browser = state.as_ref().is_none_or(|state| is_same_browser(app, state, verifier.as_ref()));
    let code = match returned {
        Returned::Code(code) if could_be_of(service, (app, state.as_ref()), &code) => code,
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

/// Returns whether the app's provider may have issued a code, or the service itself for a login by a QR code.
fn could_be_of(service: &Service, (app, state): (&App, Option<&LoginState>), code: &LoginCode) -> bool {
    if qr_login::is_code(code) {
        return state.is_some_and(|state| qr_login::is_code_of(service, code, state));
    }
    app.provider.could_issue(code)
}

/// Returns the app of the code, and the stored state.
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

/// Uses up the state of a login that the person declined.
async fn spend(service: &Service, state: Option<&LoginState>) -> Result<(), ApiError> {
    let Some(state) = state else { return Ok(()) };
    let claim = |tx: Arc<Tx>| async move { store::login::claim_state(&tx, &state.hash, service.clock.now()).await };
    let claimed = service.store.write("spend_state", claim).await?;
    if claimed.are_none() { Err(ApiError::refused(ErrorCode::InvalidState)) } else { Ok(()) }
}

/// Exchanges the code and signs in the person that it proves.
pub(crate) async fn prove_and_sign_in(service: &Service, login: &Checked) -> Result<LoggedIn, ApiError> {
    let proof = &prove(service, login).await?;
    let id = SessionId::new(service.clock.now());
    let sign_in = |tx: Arc<Tx>| async move { sign_in(service, &tx, id, (login, proof)).await };
    let (logged_in, rule) = service.store.write(Write::new("login").in_session(id), sign_in).await?;
    let what = if logged_in.is_new_user { "a new user" } else { "recognised" };
    info!(user.id = %logged_in.user.id, %rule, "{what} through {}", service.apps.name_of(&proof.key.app));
    Ok(logged_in)
}

/// Exchanges a claimed code.
pub(crate) async fn prove(service: &Service, login: &Checked) -> Result<Proof, ApiError> {
    if qr_login::is_code(&login.code) {
        return qr_login::prove(service, login).await;
    }
    let begun = login.state.as_ref().map(|state| begun_at_provider(service, state));
    let exchange = Exchange { code: &login.code, begun: begun.as_ref(), encrypted: login.encrypted.as_ref() };
    Ok(login.provider.exchange(&exchange).await?)
}

/// The account that a login leads to.
struct Entered {
    user: UserId,
    /// Its content, if it is already known.
    account: Option<User>,
    /// The device that the client has brought, if it is known.
    device: Option<DeviceId>,
    is_new_user: bool,
    rule: Rule,
    offer: Option<Offer>,
}

/// Reads, decides and writes in one transaction, and stores the outcome for retries. Returns the login and the applied
/// rule.
async fn sign_in(
    service: &Service,
    tx: &Tx,
    id: SessionId,
    (login, proof): (&Checked, &Proof),
) -> Result<(LoggedIn, Rule), ApiError> {
    let now = service.clock.now();
    let Entered { user, account, device, is_new_user, rule, offer } = enter(service, tx, login, proof).await?;
    let refresh_token = first_refresh_token(service, login);
    let (device, device_token) = session::device_of_login(service, tx, (login.brought(), device)).await?;
    let (from, bound) = (&login.from, login.bound);
    let opening = Opening { id, user, app: &proof.key.app, phone: None, device, bound, from };
    let session = session::open(service, tx, opening, &refresh_token).await?;
    store::event::signed_in(tx, (user, id), (&proof.key.app, is_new_user), now).await?;
    let (open_id, union_id) = (&proof.key.open_id, proof.union.as_ref().map(|key| &key.union_id));
    let outcome = LoginOutcome::SignedIn {
        session: session.id,
        is_new_user,
        open_id: open_id.clone(),
        union_id: union_id.cloned(),
    };
    store::login::finish_claim(tx, &login.code_hash, &outcome, now).await?;
    let merge_offer = merge::offer(service, tx, user, (rule, offer, random::token())).await?;
    let user = if let Some(account) = account {
        account
    } else {
        let found = store::user::find(&tx.look(), user).await?;
        found.ok_or(ApiError::Internal("a linked user does not exist"))?
    };
    let logged_in = LoggedIn {
        tokens: session::tokens(service, &session, refresh_token),
        session,
        device: device_token,
        is_new_user,
        open_id: open_id.clone(),
        union_id: union_id.cloned(),
        user,
        merge_offer,
    };
    Ok((logged_in, rule))
}

/// Reads the state, decides and applies the decision. One query settles the common case of a known person; whole accounts are
/// read only for something new.
async fn enter(service: &Service, tx: &Tx, login: &Checked, proof: &Proof) -> Result<Entered, ApiError> {
    let now = service.clock.now();
    let device = login.device.as_ref().map(DeviceToken::hash);
    if let Some(known) = store::login::find_known(tx, proof, device.as_ref()).await?
        && let Some(Decision { rule, offer, .. }) = login::recognise(&known.recognised, proof)
    {
        let device = known.device;
        let account = store::login::sign_in(tx, known, proof, now).await?;
        return Ok(Entered { user: account.id, account: Some(account), device, is_new_user: false, rule, offer });
    }
    let decision = login::decide(&store::login::known(&tx.look(), proof).await?, proof, login.bound);
    let linked = store::login::apply(tx, &decision, proof, now).await?;
    if let Act::Merge { from, into } = decision.act {
        store::session::end_all_of(tx, &[from, into], None, now).await?;
    }
    let device = match device {
        Some(hash) => store::session::find_device(&tx.look(), &hash).await?,
        None => None,
    };
    let Decision { rule, offer, .. } = decision;
    Ok(Entered { user: linked.user, account: None, device, is_new_user: linked.is_new_user, rule, offer })
}

/// Returns the data of the login's start that the provider needs.
fn begun_at_provider(service: &Service, state: &LoginState) -> BegunLogin {
    BegunLogin { redirect_uri: state.return_to.clone(), kept: kept_secrets(service, &state.hash) }
}

fn first_refresh_token(service: &Service, login: &Checked) -> RefreshToken {
    match &login.verifier {
        Some(verifier) => service.keys.first_refresh_token(&login.code_hash, verifier),
        None => RefreshToken::random(),
    }
}

/// Returns whether the client that completes the login has proved that it started it, as far as the app requires that.
///
/// A verifier without a challenge is rejected: the client was given the state of another login, which an attacker
/// started without a challenge so that no verifier would be required (RFC 9700 section 4.8.2).
fn is_same_browser(app: &App, state: &LoginState, verifier: Option<&CodeVerifier>) -> bool {
    match (state.challenge, verifier) {
        (Some(challenge), Some(verifier)) => CodeChallenge(challenge) == verifier.challenge(),
        // The login may have started before the app's rule was changed.
        (None, None) => app.state != StateRule::Bound,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Returns the way in which the client receives the code.
const fn way(start: Start) -> Way {
    match start {
        Start::Redirect | Start::QrPage => Way::Browser,
        Start::NativeSdk => Way::NativeSdk,
        Start::HostApp => Way::HostApp,
    }
}
