//! Applies a login decision: writes links, unionIds and new accounts. See [`domain::login`] for the decision and
//! [`merge`](crate::merge) for merges.

mod claim;
mod look;
mod qr;
mod state;

use domain::login::{Act, Decision, Proof, still_merges};
use domain::{LinkId, Profile, Timestamp, UnionKey, UserId};
use entities::user::{self, Status};
use entities::{open_id, union_id};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::{Deferred, row_id};
use crate::history::{Change, Entry, Evidence, Link};
use crate::merge::Merged;
use crate::user::User;
use crate::{Actor, StoreError, Tx};

pub use claim::{
    LoginClaim, LoginOutcome, NewLoginClaim, claim, count_refusal, find_claim, finish_claim, forget_claim_at,
    release_claim,
};
pub use look::{KnownPerson, find_known, known};
pub use qr::{
    QrLogin, QrStatus, ScannedOnPage, add_qr_login, decide, find_qr_login, find_scanned, qr_statuses, scan,
    scan_on_page,
};
pub use state::{LoginState, add_state, claim_state, find_state, release_state};

/// The account that a proof leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linked {
    /// The person's account.
    pub user: UserId,
    /// Whether it was created by this call.
    pub is_new_user: bool,
}

/// The effects of an act, for the journal.
struct Done {
    user: UserId,
    other: Option<UserId>,
    change: Change,
}

impl Done {
    fn new(user: UserId, change: Change) -> Self {
        Self { user, other: None, change }
    }
}

/// Applies the decision on a proof and returns the signed-in account.
///
/// Also stores the profile and the login time. Every act except a plain sign-in is journaled, and a case is opened at
/// most once.
///
/// # Errors
/// Returns [`StoreError::Contended`] if the facts behind the decision have changed.
pub async fn apply(tx: &Tx, decision: &Decision, proof: &Proof, now: Timestamp) -> Result<Linked, StoreError> {
    if let Some(conflict) = &decision.conflict {
        let named = [person(&decision.act), conflict.other];
        tx.lock_for_case(&named.into_iter().flatten().collect::<Vec<_>>()).await?;
    }
    let done = act(tx, &decision.act, proof, now).await?;
    let opened = match &decision.conflict {
        Some(conflict) => crate::conflict::open(tx, done.user, conflict, now).await?,
        None => false,
    };
    let linked = Linked { user: done.user, is_new_user: matches!(decision.act, Act::Create { .. }) };
    let nothing_new = matches!(decision.act, Act::SignIn(_)) && !opened;
    if !nothing_new {
        let other = done.other.or(decision.conflict.as_ref().and_then(|conflict| conflict.other));
        let evidence = Evidence::of_proof(proof);
        let Done { user, change, .. } = done;
        let entry = Entry { user, other, rule: decision.rule, actor: Actor::Person, evidence, change };
        crate::history::add(tx, entry, now).await?;
    }
    Ok(linked)
}

async fn act(tx: &Tx, act: &Act, proof: &Proof, now: Timestamp) -> Result<Done, StoreError> {
    match act {
        Act::SignIn(user) => {
            let row = tx.lock_one(*user).await?;
            come_again(tx, (*user, &told(&row)), proof, now).await?;
            Ok(Done::new(*user, Change::Nothing {}))
        }
        Act::AttachUnionId(user) => {
            let row = tx.lock_one(*user).await?;
            let union = attach_union_id(tx, *user, proof, now).await?;
            come_again(tx, (*user, &told(&row)), proof, now).await?;
            Ok(Done::new(*user, union.map_or(Change::Nothing {}, |union| Change::UnionIdAttached { union })))
        }
        Act::AttachOpenId(user) => {
            let row = tx.lock_one(*user).await?;
            let link = attach_open_id(tx, *user, proof, now).await?;
            keep_profile(tx, (*user, &told(&row)), &proof.profile, now).await?;
            Ok(Done::new(*user, Change::OpenIdAttached { link }))
        }
        Act::Create { with_union } => create(tx, *with_union, proof, now).await,
        Act::Merge { from, into } => {
            let Merged { survivor, change } = crate::merge::join(tx, (*from, *into), still_merges, now).await?;
            come_again(tx, (survivor.id, &told(&survivor)), proof, now).await?;
            Ok(Done { user: *into, other: Some(*from), change })
        }
    }
}

async fn create(tx: &Tx, with_union: bool, proof: &Proof, now: Timestamp) -> Result<Done, StoreError> {
    let user = UserId::new(now);
    tx.later(Deferred::insert(new_user(user, &proof.profile, now))).await?;
    let link = attach_open_id(tx, user, proof, now).await?;
    let union = if with_union { attach_union_id(tx, user, proof, now).await? } else { None };
    Ok(Done::new(user, Change::Linked { link: Some(link), union }))
}

/// Returns the row of an account that a login creates.
pub(crate) fn new_user(id: UserId, profile: &Profile, now: Timestamp) -> user::Model {
    user::Model {
        id,
        status: Status::Active,
        merged_into: None,
        nickname: profile.nickname.clone(),
        avatar_url: profile.avatar_url.clone(),
        own_nickname: None,
        own_avatar_url: None,
        external_id: None,
        cooling_until: None,
        created_at: now,
        updated_at: now,
    }
}

/// Assigns the openId to the account. Claims an existing link without owner, with its orders, or inserts a new one.
pub(crate) async fn attach_open_id(tx: &Tx, user: UserId, proof: &Proof, now: Timestamp) -> Result<Link, StoreError> {
    let change = open_id::ActiveModel { user_id: Set(Some(user)), linked_at: Set(Some(now)), ..came(proof, now) };
    let unclaimed = open_id::Entity::update_many()
        .set(change)
        .filter(open_id::Column::App.eq(proof.key.app.clone()))
        .filter(open_id::Column::OpenId.eq(proof.key.open_id.clone()))
        .filter(open_id::Column::UserId.is_null());
    if tx.changes(unclaimed).await? {
        return Ok(Link { claimed: true });
    }
    let row = open_id::Model {
        id: LinkId::new(now),
        app: proof.key.app.clone(),
        open_id: proof.key.open_id.clone(),
        user_id: Some(user),
        nickname: proof.profile.nickname.clone(),
        avatar_url: proof.profile.avatar_url.clone(),
        nickname_at: proof.profile.nickname.as_ref().map(|_| now),
        avatar_url_at: proof.profile.avatar_url.as_ref().map(|_| now),
        created_at: now,
        linked_at: Some(now),
        last_login_at: Some(now),
        follows: None,
        follows_since: None,
        cancelled_at: None,
    };
    // The unique index decides: two concurrent first logins may both get this far.
    tx.later(Deferred::insert(row)).await?;
    Ok(Link { claimed: false })
}

pub(crate) async fn attach_union_id(
    tx: &Tx,
    user: UserId,
    proof: &Proof,
    now: Timestamp,
) -> Result<Option<UnionKey>, StoreError> {
    let Some(UnionKey { scope, union_id }) = proof.union.clone() else { return Ok(None) };
    let row = union_id::Model { id: row_id(now), scope, union_id, user_id: user, created_at: now };
    tx.later(Deferred::insert(row)).await?;
    Ok(proof.union.clone())
}

/// Records the login of a person about whom the proof tells nothing new but a profile. Returns the account.
pub async fn sign_in(tx: &Tx, known: KnownPerson, proof: &Proof, now: Timestamp) -> Result<User, StoreError> {
    let mut row = known.row;
    let before = Profile { nickname: row.nickname.clone(), avatar_url: row.avatar_url.clone() };
    come_again(tx, (row.id, &before), proof, now).await?;
    let told = proof.profile.clone();
    row.nickname = told.nickname.or(before.nickname);
    row.avatar_url = told.avatar_url.or(before.avatar_url);
    row.read(&tx.look()).await
}

/// Records a login through an openId that already belongs to the account, at the latest with the commit.
pub(crate) async fn come_again(
    tx: &Tx,
    (user, known): (UserId, &Profile),
    proof: &Proof,
    now: Timestamp,
) -> Result<(), StoreError> {
    let links = open_id::Entity::update_many()
        .set(came(proof, now))
        .filter(open_id::Column::App.eq(proof.key.app.clone()))
        .filter(open_id::Column::OpenId.eq(proof.key.open_id.clone()))
        .filter(open_id::Column::UserId.eq(user));
    tx.later(Deferred::update(links).or_changed()).await?;
    keep_profile(tx, (user, known), &proof.profile, now).await
}

/// Stores the profile that the upstream told, at the latest with the commit. Fields that it did not tell are kept, and so is what
/// the person chose.
pub(crate) async fn keep_profile(
    tx: &Tx,
    (user, known): (UserId, &Profile),
    told: &Profile,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_new = |told: &Option<String>, known: &Option<String>| told.is_some() && told != known;
    let mut change = user::ActiveModel { updated_at: Set(now), ..Default::default() };
    if is_new(&told.nickname, &known.nickname) {
        change.nickname = Set(told.nickname.clone());
    }
    if is_new(&told.avatar_url, &known.avatar_url) {
        change.avatar_url = Set(told.avatar_url.clone());
    }
    if change.nickname.is_set() || change.avatar_url.is_set() {
        let change = user::Entity::update_many().set(change).filter(user::Column::Id.eq(user));
        tx.later(Deferred::update(change)).await?;
    }
    Ok(())
}

/// Returns the profile that upstreams have told.
pub(crate) fn told(row: &user::Model) -> Profile {
    Profile { nickname: row.nickname.clone(), avatar_url: row.avatar_url.clone() }
}

/// Returns the existing account that the act concerns, if any.
fn person(act: &Act) -> Option<UserId> {
    match act {
        Act::SignIn(user) | Act::AttachUnionId(user) | Act::AttachOpenId(user) => Some(*user),
        Act::Merge { into, .. } => Some(*into),
        Act::Create { .. } => None,
    }
}

/// Returns the changes that a login makes to its link.
fn came(proof: &Proof, now: Timestamp) -> open_id::ActiveModel {
    // R12: a login proves that the account at the upstream exists, whatever an earlier event said.
    let mut change =
        open_id::ActiveModel { last_login_at: Set(Some(now)), cancelled_at: Set(None), ..Default::default() };
    if proof.profile.nickname.is_some() {
        change.nickname = Set(proof.profile.nickname.clone());
        change.nickname_at = Set(Some(now));
    }
    if proof.profile.avatar_url.is_some() {
        change.avatar_url = Set(proof.profile.avatar_url.clone());
        change.avatar_url_at = Set(Some(now));
    }
    change
}
