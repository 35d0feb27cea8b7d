//! The way without a push: the QR code is an address of this service. The phone opens it in WeChat, the account's silent
//! authorization proves who holds the phone, and then the person is asked.

use std::sync::Arc;
use std::time::Duration;

use domain::OpenKey;
use domain::login::Proof;
use providers::{LoginCode, LoginScope, Start};
use store::Tx;
use store::login::{QrLogin, QrStatus, ScannedOnPage};
use store::session::SignedInFrom;

use super::page_token;
use crate::apps::App;
use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::random;
use crate::service::Service;
use crate::token::{self, CodeVerifier};
use crate::usecase::login::{self, BeginLogin, Checked, Login, Returned};
use crate::usecase::{ClientAddress, caller};

/// How the scenes of these QR codes begin, so that no scene of a follower's code opens a page.
const SCENE: &str = "guiyi-page-";
/// The path that a phone returns to from its authorization.
pub(crate) const BACK: &str = "/qr/back";
/// How long, and how often, a repeated return looks for what the first one has come to.
const PATIENCE: (Duration, u32) = (Duration::from_millis(250), 20);

/// What a phone holds between the address of the QR code and the return from its authorization.
#[derive(Debug)]
pub(crate) struct Phone {
    /// Binds the authorization to the phone.
    pub(crate) verifier: CodeVerifier,
    /// The scene of the QR code that it has opened, without its beginning.
    pub(crate) scene: String,
}

/// What a phone is shown.
#[derive(Debug)]
pub(crate) enum Opened {
    /// It goes to this address to prove who holds it.
    Authorize(String),
    /// It goes to the page of this token, which asks the person.
    Asked(String),
    /// Another phone has opened the code before.
    Taken,
    /// The code has expired, or there is none.
    Over,
}

/// Makes the text of a QR code and its scene.
pub(super) fn qr(service: &Service, app: &App) -> Result<(String, String), ApiError> {
    if app.provider.start() != Start::Redirect || !app.kind.starts_with("wechat-") {
        return Err(ApiError::detailed(ErrorCode::InvalidInput, "app: the way PAGE needs an official account"));
    }
    let back = back(service);
    if !app.return_to.iter().any(|address| address.is(&back)) {
        let detail = format!("the way PAGE needs {back} in the app's return_to");
        return Err(ApiError::detailed(ErrorCode::ReturnToNotAllowed, detail));
    }
    let secret = random::hex();
    let text = format!("{}/qr/open/{secret}", service.config.public_url());
    Ok((text, format!("{SCENE}{secret}")))
}

fn back(service: &Service) -> String {
    format!("{}{BACK}", service.config.public_url())
}

/// Handles a phone that opens the address of a QR code.
pub(crate) async fn open(service: &Service, phone: &Phone, from: ClientAddress) -> Result<Opened, ApiError> {
    let Some(login) = of_phone(service, phone).await? else { return Ok(Opened::Over) };
    if let Some(opened) = opened_before(service, &login, phone) {
        return Ok(opened);
    }
    let Some(app) = service.apps.by_id(&login.app) else { return Ok(Opened::Over) };
    let (app, return_to, scope) = (app.name.clone(), back(service), LoginScope::Base);
    let wanted = BeginLogin { app, return_to, scope, challenge: Some(phone.verifier.challenge()) };
    Ok(Opened::Authorize(login::begin(service, wanted, from).await?.authorize_url))
}

/// Handles a phone that returns from its authorization.
///
/// # Errors
///
/// Those of a login with this code and state.
pub(crate) async fn returned(
    service: &Service,
    phone: Phone,
    (code, state): (LoginCode, String),
    from: ClientAddress,
) -> Result<Opened, ApiError> {
    let Some(qr_login) = of_phone(service, &phone).await? else { return Ok(Opened::Over) };
    if let Some(opened) = opened_before(service, &qr_login, &phone) {
        return Ok(opened);
    }
    // A code of our own proves a person to the browser that was confirmed, and not to a phone.
    let app = service.apps.by_id(&qr_login.app).filter(|_| !super::is_code(&code));
    let Some(app) = app else { return Ok(Opened::Over) };
    let input = Login {
        returned: Returned::Code(code),
        app: Some(app.name.clone()),
        state: Some(state),
        verifier: Some(phone.verifier.clone()),
        encrypted: None,
        device: None,
        from: SignedInFrom::default(),
    };
    let mut pass = caller::enter(service, Work::Login, from)?;
    let login = login::check(service, input, &mut pass).await?;
    if login::claim(service, &login).await?.is_some() {
        // WeChat sends some phones to the same address twice at once.
        pass.was_repeated();
        return first_return(service, &phone).await;
    }
    let outcome = prove_and_ask(service, &login, (&qr_login, &phone)).await;
    login::settle_claim(service, &login, outcome.as_ref().err(), ErrorCode::CodeUsed).await;
    if outcome.is_ok() {
        pass.came_to_a_login(app.provider.app_id(), true);
    }
    outcome
}

async fn prove_and_ask(
    service: &Service,
    login: &Checked,
    (qr_login, phone): (&QrLogin, &Phone),
) -> Result<Opened, ApiError> {
    let Proof { key: OpenKey { app, open_id }, union, .. } = login::prove(service, login).await?;
    let scanned = &ScannedOnPage {
        open_id: open_id.clone(),
        union_id: union.map(|key| key.union_id),
        phone: phone.verifier.challenge().0,
    };
    let (app, scene_hash, now) = (&app, &qr_login.scene_hash, service.clock.now());
    let scan = |tx: Arc<Tx>| async move {
        Ok::<_, ApiError>(store::login::scan_on_page(&tx, (app, scene_hash), scanned, now).await?)
    };
    if service.store.write("scan_qr_login_on_page", scan).await? {
        return Ok(Opened::Asked(page_token(service, scene_hash, &open_id)));
    }
    Ok(Opened::Taken)
}

/// Waits for what the first of two equal returns comes to.
async fn first_return(service: &Service, phone: &Phone) -> Result<Opened, ApiError> {
    let (pause, times) = PATIENCE;
    for _ in 0..times {
        match of_phone(service, phone).await? {
            None => break,
            Some(login) => {
                if let Some(opened) = opened_before(service, &login, phone) {
                    return Ok(opened);
                }
            }
        }
        tokio::time::sleep(pause).await;
    }
    Ok(Opened::Over)
}

/// Returns the login whose QR code a phone has opened.
async fn of_phone(service: &Service, phone: &Phone) -> Result<Option<QrLogin>, ApiError> {
    let scene_hash = token::hash(&format!("{SCENE}{}", phone.scene));
    Ok(store::login::find_scanned(&service.store.view(), &scene_hash, service.clock.now()).await?)
}

/// Returns what the phone is shown of a code that was opened before; `None` if it was not.
fn opened_before(service: &Service, login: &QrLogin, phone: &Phone) -> Option<Opened> {
    if login.status == QrStatus::Waiting {
        return None;
    }
    let is_the_first = login.phone.is_some_and(|first| token::CodeChallenge(first) == phone.verifier.challenge());
    Some(match &login.open_id {
        Some(open_id) if is_the_first => Opened::Asked(page_token(service, &login.scene_hash, open_id)),
        Some(_) | None => Opened::Taken,
    })
}
