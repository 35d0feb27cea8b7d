//! A merge is offered, and the person looks at what it would come to.
//! What a rule offers is decided in `domain`; the confirmation is `merge`.

use domain::merge::{self, Preview, SecondProof, Side};
use domain::phone::Offer;
use domain::{Rule, Timestamp, UserId};
use store::merge::{Holdings, NewOffer, OfferedMerge};
use store::user::User;
use store::{Tx, View};

use crate::error::{ApiError, ErrorCode, Hint, MergeOffer};
use crate::service::Service;
use crate::token;
use crate::usecase::SignedIn;
use crate::usecase::merge::unconfirmed;

/// One of the two accounts, as the person is shown it.
#[derive(Debug, Clone)]
pub struct PreviewedSide {
    /// The account.
    pub side: Side,
    /// How much it holds.
    pub holdings: Holdings,
}

/// What a merge would come to.
#[derive(Debug)]
pub struct MergePreview {
    /// The person's account.
    pub own: PreviewedSide,
    /// The other one.
    pub other: PreviewedSide,
    /// Who would go on, and what has to be chosen.
    pub preview: Preview,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
}

/// Offers what a rule said may be offered. Do this last in the transaction: what is journaled afterwards makes it void.
pub(crate) async fn offer(
    service: &Service,
    tx: &Tx,
    user: UserId,
    (rule, offer, token): (Rule, Option<Offer>, String),
) -> Result<Option<MergeOffer>, ApiError> {
    let Some(offer) = offer else { return Ok(None) };
    let new = NewOffer { hash: token::hash(&token), user, rule, offer };
    let Some(expires_at) = store::merge::add_offer(tx, &new, service.clock.now()).await? else { return Ok(None) };
    let other = store::user::find(&tx.look(), offer.other)
        .await?
        .ok_or(ApiError::Internal("an offered account is not there"))?;
    Ok(Some(MergeOffer { token, expires_at, hint: hint(&other, offer) }))
}

/// What the merge on offer would come to. Looking does not use the offer up.
///
/// While it is in doubt whose the other account is (R6), it is shown to nobody who is not signed in to it.
pub async fn preview(
    service: &Service,
    caller: &SignedIn,
    token: &str,
    other_access_token: Option<&str>,
) -> Result<MergePreview, ApiError> {
    let rejected = || ApiError::refused(ErrorCode::MergeTokenRejected);
    let view = service.store.view();
    let offer = store::merge::find_offer(&view, &token::hash(token), caller.user.id, service.clock.now())
        .await?
        .ok_or_else(rejected)?;
    let now = service.clock.now();
    let second_proof = second_proof(service, &view, &offer, other_access_token).await?;
    // Looking takes nothing away, so that no cooling-off time bears on it.
    merge::may_preview(&caller.session.standing(None, now), second_proof, &service.config.phone.policy())
        .map_err(|reason| unconfirmed(reason, now))?;
    let [own, other] = store::merge::sides(&view, [offer.user, offer.other]).await?.ok_or_else(rejected)?;
    Ok(MergePreview {
        preview: merge::preview(&own, &other),
        own: PreviewedSide { side: own, holdings: store::merge::holdings(&view, offer.user).await? },
        other: PreviewedSide { side: other, holdings: store::merge::holdings(&view, offer.other).await? },
        expires_at: offer.expires_at,
    })
}

/// Is the person signed in to the other account, where that is needed?
pub(crate) async fn second_proof(
    service: &Service,
    view: &View<'_>,
    offer: &OfferedMerge,
    other_access_token: Option<&str>,
) -> Result<SecondProof, ApiError> {
    if !offer.needs_login {
        return Ok(SecondProof::NotNeeded);
    }
    let now = service.clock.now();
    let Some(token) = other_access_token.and_then(|token| service.access.verify(token, now)) else {
        return Ok(SecondProof::Missing);
    };
    let is_of_other = |user: UserId| user == offer.other && token.user == offer.other;
    let live = store::session::find(view, token.session).await?;
    let of_other = live.filter(|(session, user)| session.expires_at > now && is_of_other(user.id));
    Ok(of_other.map_or(SecondProof::Missing, |(session, _)| SecondProof::SignedIn {
        at: session.signed_in_at,
        bound: session.bound,
    }))
}

pub(crate) fn hint(other: &User, offer: Offer) -> Hint {
    let nickname = other.nickname.as_ref().filter(|_| !offer.needs_login);
    Hint {
        phone: other.phone.as_ref().map(domain::PhoneNumber::masked),
        nickname: nickname.and_then(|name| name.chars().next()).map(|first| format!("{first}**")),
    }
}
