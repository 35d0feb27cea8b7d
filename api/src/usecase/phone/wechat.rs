//! Binds phone numbers that WeChat verifies in a mini program. The binding is the same as with an SMS code.

use std::sync::Arc;

use domain::phone::{Claim, NumberProof, Purpose};
use domain::{AppId, AppName, PhoneNumber};
use providers::{ErrorKind, IdentityProvider, PhoneCheck, ProviderError, ShownPhone};
use store::login::{LoginOutcome, NewLoginClaim};
use store::upstream::Asker;
use store::{StoreError, Tx};

use crate::apps::App;
use crate::error::{ApiError, ErrorCode};
use crate::gate::Work;
use crate::service::Service;
use crate::token;
use crate::usecase::login::{CLAIM_LIFE, REJECTED_LIFE};
use crate::usecase::phone::{Bound, Proved};
use crate::usecase::receipt::Repeatable;
use crate::usecase::{SignedIn, app, caller, receipt};

/// The input of [`bind_with_wechat`].
#[derive(Debug)]
pub struct WechatPhone {
    /// The mini program.
    pub app: AppName,
    /// The button that was tapped. WeChat's answer does not contain it, so the app's configuration must match.
    pub kind: PhoneCheck,
    /// The result of the button.
    pub shown: ShownPhone,
    /// The person's claim about a number with an old proof (R6).
    pub claim: Claim,
}

/// Binds a number that WeChat tells to the caller, or takes the caller to the number's account.
///
/// Refused codes count by account: each costs an exchange of the app's budget, and a call to WeChat.
pub async fn bind_with_wechat(service: &Service, caller: &SignedIn, input: &WechatPhone) -> Result<Bound, ApiError> {
    let work = (Work::ProvePhone, caller);
    caller::within_limits_of_person(service, work, Box::pin(bind_shown(service, caller, input))).await
}

async fn bind_shown(service: &Service, caller: &SignedIn, input: &WechatPhone) -> Result<Bound, ApiError> {
    super::may_prove_number(service, caller)?;
    let app = checked(service, input)?;
    let proof = match input.kind {
        PhoneCheck::Quick => NumberProof::WechatQuick,
        PhoneCheck::RealTime => NumberProof::WechatRealTime,
    };
    let (code_hash, again) = repeatable(service, caller, (app, input));
    let work = async {
        super::may_bind_number(service, caller)?;
        let number = shown_number(service, &*app.provider, (&input.shown, code_hash)).await?;
        let proved = Proved { number, proof, purpose: Purpose::Bind, claim: input.claim, code: None };
        super::bind_proved(service, caller, (&proved, again)).await
    };
    receipt::once(|| super::bound_before(service, caller, again), work).await
}

/// Returns the outcome of the same binding in this session, if it was made before.
pub(super) async fn bound_by(
    service: &Service,
    caller: &SignedIn,
    input: &WechatPhone,
) -> Result<Option<Result<Bound, ApiError>>, ApiError> {
    let (_, again) = repeatable(service, caller, (checked(service, input)?, input));
    super::bound_before(service, caller, again).await
}

/// Checks that the app has this button, and that the button can give this result. Nothing is used up.
pub(super) fn checked<'a>(service: &'a Service, input: &WechatPhone) -> Result<&'a App, ApiError> {
    let app = app::find(service, &input.app)?;
    let can = app.provider.abilities().phone.contains(&input.kind);
    if !can || app.phone_codes != input.kind || !gives(input.kind, &input.shown) {
        return Err(ApiError::refused(ErrorCode::PhoneCheckUnsupported));
    }
    if !could_be_issued(&*app.provider, &input.shown) {
        return Err(ApiError::refused(ErrorCode::InvalidCode));
    }
    Ok(app)
}

/// Returns the hash of the code, and the id of the request.
fn repeatable(service: &Service, caller: &SignedIn, (app, input): (&App, &WechatPhone)) -> ([u8; 32], Repeatable) {
    let code_hash = hash_of(&*app.provider, &input.shown);
    let operation = format!("bind_shown_phone {:?}", input.claim);
    (code_hash, receipt::repeatable(service, caller, &operation, &[&code_hash]))
}

/// Claims the code and exchanges it. A code is exchanged once; only a code that was never sent to WeChat may be used
/// again.
async fn shown_number(
    service: &Service,
    provider: &dyn IdentityProvider,
    (shown, code_hash): (&ShownPhone, [u8; 32]),
) -> Result<PhoneNumber, ApiError> {
    let mut has_conflicted = false;
    let claim = |tx: Arc<Tx>| {
        let looks = std::mem::replace(&mut has_conflicted, true);
        async move {
            if looks && store::login::find_claim(&tx.look(), &code_hash).await?.is_some() {
                return Err(ApiError::refused(ErrorCode::CodeUsed));
            }
            claim_shown(service, &tx, provider.app_id(), code_hash).await
        }
    };
    service.store.write("claim_phone_code", claim).await?;
    let number = provider.phone_number(shown).await;
    if let Err(error) = &number {
        settle_shown(service, &code_hash, error).await?;
    }
    Ok(number?)
}

/// Releases the claim of a code that was not sent, and shortens the lifetime of a rejected one.
async fn settle_shown(service: &Service, code_hash: &[u8; 32], error: &ProviderError) -> Result<(), StoreError> {
    let forget_at = service.clock.now().plus(REJECTED_LIFE);
    let settle = |tx: Arc<Tx>| async move {
        if error.code_is_unspent() {
            store::login::release_claim(&tx, code_hash).await?;
        } else if error.kind == ErrorKind::CodeRejected {
            store::login::forget_claim_at(&tx, code_hash, forget_at).await?;
        }
        Ok(())
    };
    service.store.write("settle_phone_code", settle).await
}

/// Claims a code. The outcome of its exchange is never returned to another request.
async fn claim_shown(service: &Service, tx: &Tx, app: &AppId, code_hash: [u8; 32]) -> Result<(), ApiError> {
    let now = service.clock.now();
    let expires_at = now.plus(CLAIM_LIFE);
    let (state_hash, verifier_hash) = (None, None);
    let claim = NewLoginClaim { code_hash, app: app.clone(), state_hash, verifier_hash, claimed_at: now, expires_at };
    store::login::claim(tx, &claim).await?;
    store::login::finish_claim(tx, &code_hash, &LoginOutcome::Failed(ErrorCode::CodeUsed.as_str().to_owned()), now)
        .await?;
    // Who is signed in is no stranger.
    caller::spend_exchange(service, tx, app, Asker::Known).await
}

fn hash_of(provider: &dyn IdentityProvider, shown: &ShownPhone) -> [u8; 32] {
    match shown {
        ShownPhone::Code(code) => token::phone_code_hash(provider.app_id(), code),
        ShownPhone::Encrypted { login, .. } => token::code_hash(provider.app_id(), login),
    }
}

/// Returns whether the provider can have issued the code.
fn could_be_issued(provider: &dyn IdentityProvider, shown: &ShownPhone) -> bool {
    match shown {
        ShownPhone::Code(code) => provider.could_issue_for_phone(code),
        ShownPhone::Encrypted { login, .. } => provider.could_issue(login),
    }
}

/// Returns whether the button can give this result. Only the quick one ever gave encrypted numbers.
fn gives(kind: PhoneCheck, shown: &ShownPhone) -> bool {
    match (kind, shown) {
        (PhoneCheck::Quick, ShownPhone::Code(_) | ShownPhone::Encrypted { .. })
        | (PhoneCheck::RealTime, ShownPhone::Code(_)) => true,
        (PhoneCheck::RealTime, ShownPhone::Encrypted { .. }) => false,
    }
}
