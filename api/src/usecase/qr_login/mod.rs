//! Logins by a QR code: the browser shows a code of an official account, WeChat pushes who scanned it, or the phone proves it on a
//! page of ours ([`page`]), the person confirms on the phone, and the browser completes a login with state, code and verifier like any other.
//!
//! A scan signs no one in, and neither does the code: the state and the verifier are known only to the browser that began.

pub(crate) mod page;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use domain::login::Proof;
use domain::{AppName, OpenId, OpenKey, Profile, Timestamp, UnionKey};
use providers::{IdentityProvider, LoginCode, ToldOf};
use store::Tx;
use store::login::{LoginState, QrLogin, QrStatus};
use store::session::SignedInFrom;
use subtle::ConstantTimeEq;

use crate::apps::App;
use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::service::Service;
use crate::token::CodeChallenge;
use crate::usecase::login::Checked;
use crate::usecase::{ClientAddress, app, caller};
use crate::{random, token};

pub use watch::watch;

/// How long a person may take to scan and confirm.
const LIFE: TimeDelta = TimeDelta::minutes(5);
/// How the scenes of logins begin, among the company's own scenes.
const SCENE: &str = "guiyi-";
/// How the codes of these logins begin. No upstream issues such codes.
const CODE: &str = "guiyi.qr.";

/// What a QR code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrWay {
    /// The account, which the person follows. The scan is pushed.
    Follow,
    /// A page of ours.
    Page,
}

/// The input of [`start`].
#[derive(Debug)]
pub struct StartQrLogin {
    /// The app: an official account.
    pub app: AppName,
    /// What the QR code leads to.
    pub way: QrWay,
    /// The hash of the verifier that the browser keeps.
    pub challenge: CodeChallenge,
    /// The browser, which the person sees before confirming.
    pub from: SignedInFrom,
}

/// The result of [`start`].
#[derive(Clone)]
pub struct StartedQrLogin {
    /// The state, which the browser keeps.
    pub state: String,
    /// The text of the QR code.
    pub qr_text: String,
    /// Two digits that the browser shows beside the code, and the phone's page too.
    pub check_number: String,
    /// When the code expires.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for StartedQrLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartedQrLogin").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// How far a login is.
#[derive(Debug)]
pub enum QrProgress {
    /// The code was not scanned.
    Waiting,
    /// A follower has scanned it and was asked.
    Scanned,
    /// The follower has confirmed: the code completes the login, together with state and verifier.
    Confirmed(LoginCode),
    /// The follower has refused.
    Refused,
    /// Five minutes are over, or there is no such login.
    Expired,
}

/// What the phone's page shows.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The app's title.
    pub(crate) app: String,
    pub(crate) device: Option<String>,
    pub(crate) address_block: Option<String>,
    pub(crate) check_number: String,
    pub(crate) status: QrStatus,
}

/// Begins a login in a browser.
///
/// # Errors
/// `UNKNOWN_APP`, `INVALID_INPUT` for an app that has no such codes or receives no pushes, `RETURN_TO_NOT_ALLOWED` if the phone
/// could not return from its authorization, `RATE_LIMITED`, or an error of the provider.
pub async fn start(service: &Service, input: StartQrLogin, from: ClientAddress) -> Result<StartedQrLogin, ApiError> {
    let app = app::find(service, &input.app)?;
    if input.way == QrWay::Follow && app.push.is_none() {
        return Err(ApiError::detailed(
            ErrorCode::InvalidInput,
            "app: receives no pushes, so that no scan would arrive; the way PAGE needs none",
        ));
    }
    // Counted until the login has ended well.
    let mut pass = caller::enter(service, Work::BeginLogin, from)?;
    caller::go_on(&mut pass, app.provider.app_id())?;
    let state = random::hex();
    let (qr_text, scene) = match input.way {
        QrWay::Follow => follow_qr(app).await?,
        QrWay::Page => page::qr(service, app)?,
    };
    let now = service.clock.now();
    let (hash, expires_at) = (token::hash(&state), now.plus(LIFE));
    let CodeChallenge(challenge) = input.challenge;
    let kept =
        &LoginState { hash, app: app.name.clone(), return_to: String::new(), expires_at, challenge: Some(challenge) };
    let scene_hash = token::hash(&scene);
    let login = &QrLogin {
        state_hash: hash,
        scene_hash,
        app: app.provider.app_id().clone(),
        status: QrStatus::Waiting,
        open_id: None,
        union_id: None,
        phone: None,
        device: input.from.device,
        address_block: input.from.address_block,
        created_at: now,
        expires_at,
    };
    let _place = caller::place_of_strangers(service, pass.block()).await;
    let begin = |tx: Arc<Tx>| async move {
        store::login::add_state(&tx, kept, now).await?;
        Ok::<_, ApiError>(store::login::add_qr_login(&tx, login).await?)
    };
    service.store.write("start_qr_login", begin).await?;
    Ok(StartedQrLogin { state, qr_text, check_number: check_number(service, &scene_hash), expires_at })
}

/// Makes the text of a QR code of an account and its scene.
async fn follow_qr(app: &App) -> Result<(String, String), ApiError> {
    let scene = format!("{SCENE}{}", random::hex());
    let life = Duration::from_secs(LIFE.num_seconds().unsigned_abs());
    Ok((app.provider.follow_qr(&scene, life).await?, scene))
}

/// Returns how far the login of a state is.
pub async fn progress(service: &Service, state: &str) -> Result<QrProgress, ApiError> {
    let found = store::login::find_qr_login(&service.store.view(), &token::hash(state), service.clock.now()).await?;
    progress_of(service, &token::hash(state), found.map(|login| login.status))
}

fn progress_of(service: &Service, state_hash: &[u8; 32], status: Option<QrStatus>) -> Result<QrProgress, ApiError> {
    Ok(match status {
        None => QrProgress::Expired,
        Some(QrStatus::Waiting) => QrProgress::Waiting,
        Some(QrStatus::Scanned) => QrProgress::Scanned,
        Some(QrStatus::Refused) => QrProgress::Refused,
        Some(QrStatus::Confirmed) => {
            let code = LoginCode::parse(&code_of(service, state_hash));
            QrProgress::Confirmed(code.map_err(|_| ApiError::Internal("a login's own code is no code"))?)
        }
    })
}

/// Records the scan of a code, and returns the text that answers the person: a link to the page that asks them. `None` if the
/// scene is not of a login.
pub(crate) async fn scanned(
    service: &Service,
    app: &App,
    open_id: &OpenId,
    scene: &str,
) -> Result<Option<String>, store::StoreError> {
    if !scene.starts_with(SCENE) {
        return Ok(None);
    }
    let (scene_hash, now) = (&token::hash(scene), service.clock.now());
    let app_id = app.provider.app_id();
    let scan = |tx: Arc<Tx>| async move { store::login::scan(&tx, (app_id, scene_hash), open_id, now).await };
    let language = service.config.sms.language;
    if !service.store.write("scan_qr_login", scan).await? {
        return Ok(Some(words(
            language,
            "二维码已失效，请刷新页面后重新扫描。",
            "This code is no longer valid. Reload the page and scan the new one.",
        )));
    }
    let link = format!("{}/qr/{}", service.config.public_url(), page_token(service, scene_hash, open_id));
    let title = &app.title;
    Ok(Some(words(
        language,
        &format!("您正在用微信登录“{title}”的网页。请打开链接核对并确认：\n{link}\n如果不是您本人操作，请忽略。"),
        &format!(
            "You are signing in to {title} in a browser. Check and confirm it here:\n{link}\nIf this is not you, ignore this message."
        ),
    )))
}

/// Returns what the phone's page shows; `None` if the token is wrong or the code has expired.
pub(crate) async fn asked(service: &Service, page: &str) -> Result<Option<Asked>, ApiError> {
    let Some(login) = scanned_by(service, page).await? else { return Ok(None) };
    Ok(Some(Asked {
        app: service.apps.by_id(&login.app).map_or(login.app.as_str(), |app| &app.title).to_owned(),
        check_number: check_number(service, &login.scene_hash),
        device: login.device,
        address_block: login.address_block,
        status: login.status,
    }))
}

/// Records the decision of the person on the phone. Returns false if the token is wrong, or it is decided or has expired.
pub(crate) async fn decide(service: &Service, page: &str, confirms: bool) -> Result<bool, ApiError> {
    let Some((login, open_id)) =
        scanned_by(service, page).await?.and_then(|login| Some((login.clone(), login.open_id?)))
    else {
        return Ok(false);
    };
    let (scene_hash, open_id, now) = (&login.scene_hash, &open_id, service.clock.now());
    let decide =
        |tx: Arc<Tx>| async move { Ok(store::login::decide(&tx, scene_hash, (open_id, confirms), now).await?) };
    service.store.write("decide_qr_login", decide).await
}

/// Returns whether this is a code of these logins.
pub(crate) fn is_code(code: &LoginCode) -> bool {
    code.expose().starts_with(CODE)
}

/// Returns whether this is the code of the login of a state. Any other code is refused before it is claimed.
pub(crate) fn is_code_of(service: &Service, code: &LoginCode, state: &LoginState) -> bool {
    code_of(service, &state.hash).as_bytes().ct_eq(code.expose().as_bytes()).into()
}

/// Proves who confirmed the login of a code, in place of an exchange at the upstream.
pub(crate) async fn prove(service: &Service, login: &Checked) -> Result<Proof, ApiError> {
    let wrong = || ApiError::refused(ErrorCode::InvalidCode);
    let state = login.state.as_ref().ok_or_else(wrong)?;
    let found = store::login::find_qr_login(&service.store.view(), &state.hash, service.clock.now()).await?;
    let found = found.filter(|found| found.status == QrStatus::Confirmed).ok_or_else(wrong)?;
    let key = OpenKey { app: found.app, open_id: found.open_id.ok_or_else(wrong)? };
    let union = match (found.phone, login.provider.union_scope()) {
        (None, _) => union_of(&*login.provider, &key.open_id).await?,
        // The authorization on the phone has told it, as at a login inside WeChat.
        (Some(_), Some(scope)) => found.union_id.map(|union_id| UnionKey { scope: scope.clone(), union_id }),
        (Some(_), None) => None,
    };
    Ok(Proof { key, union, profile: Profile::default() })
}

/// Asks the upstream for the unionId of a follower. An answer that does not come fails the login: without the unionId a person
/// who is known by it would become another one.
async fn union_of(provider: &dyn IdentityProvider, open_id: &OpenId) -> Result<Option<UnionKey>, ApiError> {
    let Some(followers) = provider.followers() else { return Ok(None) };
    let told = followers.about(std::slice::from_ref(open_id)).await?;
    Ok(match told {
        ToldOf::Each(people) => {
            people.into_iter().find(|person| person.open_id == *open_id).and_then(|person| person.union)
        }
        ToldOf::RefusedList => None,
    })
}

/// Returns the login that the holder of a page's token has scanned.
async fn scanned_by(service: &Service, page: &str) -> Result<Option<QrLogin>, ApiError> {
    let Some((scene_hash, _)) = page.split_once('.') else { return Ok(None) };
    let scene_hash = BASE64URL_NOPAD.decode(scene_hash.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
    let Some(scene_hash): Option<[u8; 32]> = scene_hash else { return Ok(None) };
    let found = store::login::find_scanned(&service.store.view(), &scene_hash, service.clock.now()).await?;
    let is_of = |login: &QrLogin, open_id: &OpenId| {
        bool::from(page_token(service, &login.scene_hash, open_id).as_bytes().ct_eq(page.as_bytes()))
    };
    Ok(found.filter(|login| login.open_id.as_ref().is_some_and(|open_id| is_of(login, open_id))))
}

/// The token of the page that asks the person who scanned a code. Only that person is sent it, and a repeated push is
/// answered with the same.
fn page_token(service: &Service, scene_hash: &[u8; 32], open_id: &OpenId) -> String {
    let mac = service.keys.mac("qr-login/page", &[scene_hash, open_id.as_str().as_bytes()]);
    format!("{}.{}", BASE64URL_NOPAD.encode(scene_hash), BASE64URL_NOPAD.encode(&mac))
}

fn code_of(service: &Service, state_hash: &[u8; 32]) -> String {
    format!("{CODE}{}", BASE64URL_NOPAD.encode(&service.keys.mac("qr-login/code", &[state_hash])))
}

fn check_number(service: &Service, scene_hash: &[u8; 32]) -> String {
    let mac = service.keys.mac("qr-login/check-number", &[scene_hash]);
    format!("{:02}", u16::from_be_bytes([mac[0], mac[1]]) % 100)
}

fn words(language: crate::error::Language, zh: &str, en: &str) -> String {
    match language {
        crate::error::Language::ZhCn => zh,
        crate::error::Language::En => en,
    }
    .to_owned()
}
