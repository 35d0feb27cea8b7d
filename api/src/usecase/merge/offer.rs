//! Merge offers and their preview. See `domain` for the rules that make offers.

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

/// One of the two accounts in a preview.
#[derive(Debug, Clone)]
pub struct PreviewedSide {
    /// The account.
    pub side: Side,
    /// The number of its keys and orders.
    pub holdings: Holdings,
}

/// The effects of a merge.
#[derive(Debug)]
pub struct MergePreview {
    /// The account of the signed-in person.
    pub own: PreviewedSide,
    /// The other account.
    pub other: PreviewedSide,
    /// The surviving account, and the required choices.
    pub preview: Preview,
    /// When the offer expires.
    pub expires_at: Timestamp,
}

/// Stores the merge offer of a rule. Call it last in the transaction: journal entries after it invalidate the offer.
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
        .ok_or(ApiError::Internal("an offered account does not exist"))?;
    Ok(Some(MergeOffer { token, expires_at, hint: hint(&other, offer) }))
}

/// Returns the effects of an offered merge. The offer remains valid.
///
/// While the owner of the other account is in doubt (R6), the account is shown only to a person who is signed in to it.
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
    // A preview removes nothing, so the cooling-off time does not apply.
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

/// Returns the second proof: whether the person is signed in to the other account, if that is required.
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
