//! Writes what a proof led to: links, union ids, new accounts.
//! What it leads to is decided in `domain::login`; how two accounts become one is written in `merge`.

mod claim;
mod look;
mod state;

use domain::login::{Act, Decision, Proof, still_merges};
use domain::{LinkId, Profile, Timestamp, UnionKey, UserId};
use entities::user::{self, Status};
use entities::{open_id, union_id};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::database::{changed_unless, row_id};
use crate::history::{Change, Entry, Evidence, Link};
use crate::merge::Merged;
use crate::{Actor, StoreError, Tx};

pub use claim::{
    LoginClaim, LoginOutcome, NewLoginClaim, claim, count_refusal, find_claim, finish_claim, forget_claim_at,
    release_claim,
};
pub use look::{LinkState, known, link_state};
pub use state::{LoginState, add_state, claim_state, find_state, release_state};

/// Who is signed in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linked {
    /// The person's account.
    pub user: UserId,
    /// Whether it was made just now.
    pub is_new_user: bool,
}

/// What an act changed, as the journal tells it.
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

/// Does what was decided about a proof, and answers who is signed in.
///
/// The profile and the time of the login are kept with it. An act is journaled unless it is a plain sign-in, and a
/// conflict is opened once. [`StoreError::Contended`] when what was decided on is no longer so.
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
            come_again(tx, &row, proof, now).await?;
            Ok(Done::new(*user, Change::Nothing {}))
        }
        Act::AttachUnionId(user) => {
            let row = tx.lock_one(*user).await?;
            let union = attach_union_id(tx, *user, proof, now).await?;
            come_again(tx, &row, proof, now).await?;
            Ok(Done::new(*user, union.map_or(Change::Nothing {}, |union| Change::UnionIdAttached { union })))
        }
        Act::AttachOpenId(user) => {
            let row = tx.lock_one(*user).await?;
            let link = attach_open_id(tx, *user, proof, now).await?;
            keep_profile(tx, &row, &proof.profile, now).await?;
            Ok(Done::new(*user, Change::OpenIdAttached { link }))
        }
        Act::Create { with_union } => create(tx, *with_union, proof, now).await,
        Act::Merge { from, into } => {
            let Merged { survivor, change } = crate::merge::join(tx, (*from, *into), still_merges, now).await?;
            come_again(tx, &survivor, proof, now).await?;
            Ok(Done { user: *into, other: Some(*from), change })
        }
    }
}

async fn create(tx: &Tx, with_union: bool, proof: &Proof, now: Timestamp) -> Result<Done, StoreError> {
    let user = UserId::new(now);
    let row = user::Model {
        id: user,
        status: Status::Active,
        merged_into: None,
        nickname: proof.profile.nickname.clone(),
        avatar_url: proof.profile.avatar_url.clone(),
        external_id: None,
        cooling_until: None,
        created_at: now,
        updated_at: now,
    };
    tx.insert(row).await?;
    let link = attach_open_id(tx, user, proof, now).await?;
    let union = if with_union { attach_union_id(tx, user, proof, now).await? } else { None };
    Ok(Done::new(user, Change::Linked { link: Some(link), union }))
}

/// Claims the row that an order left, with its orders, or makes one.
pub(crate) async fn attach_open_id(tx: &Tx, user: UserId, proof: &Proof, now: Timestamp) -> Result<Link, StoreError> {
    let change = open_id::ActiveModel { user_id: Set(Some(user)), linked_at: Set(Some(now)), ..came(proof, now) };
    let unclaimed = open_id::Entity::update_many()
        .set(change)
        .filter(open_id::Column::App.eq(proof.key.app.clone()))
        .filter(open_id::Column::OpenId.eq(proof.key.open_id.clone()))
        .filter(open_id::Column::UserId.is_null());
    if unclaimed.exec(&tx.db).await?.rows_affected > 0 {
        return Ok(Link { claimed: true });
    }
    let row = open_id::Model {
        id: LinkId::new(now),
        app: proof.key.app.clone(),
        open_id: proof.key.open_id.clone(),
        user_id: Some(user),
        nickname: proof.profile.nickname.clone(),
        avatar_url: proof.profile.avatar_url.clone(),
        created_at: now,
        linked_at: Some(now),
        last_login_at: Some(now),
        follows: None,
        follows_since: None,
        cancelled_at: None,
    };
    // The unique index is the referee here: two first logins may both get this far.
    tx.insert(row).await?;
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
    tx.insert(row).await?;
    Ok(proof.union.clone())
}

/// Notes a login through an open id that is the user's already.
pub(crate) async fn come_again(tx: &Tx, user: &user::Model, proof: &Proof, now: Timestamp) -> Result<(), StoreError> {
    let links = open_id::Entity::update_many()
        .set(came(proof, now))
        .filter(open_id::Column::App.eq(proof.key.app.clone()))
        .filter(open_id::Column::OpenId.eq(proof.key.open_id.clone()))
        .filter(open_id::Column::UserId.eq(user.id));
    changed_unless("open_ids", links.exec(&tx.db).await?.rows_affected)?;
    keep_profile(tx, user, &proof.profile, now).await
}

/// What an upstream did not tell overwrites nothing.
pub(crate) async fn keep_profile(
    tx: &Tx,
    user: &user::Model,
    told: &Profile,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_new = |told: &Option<String>, known: &Option<String>| told.is_some() && told != known;
    let mut change = user::ActiveModel { updated_at: Set(now), ..Default::default() };
    if is_new(&told.nickname, &user.nickname) {
        change.nickname = Set(told.nickname.clone());
    }
    if is_new(&told.avatar_url, &user.avatar_url) {
        change.avatar_url = Set(told.avatar_url.clone());
    }
    if change.nickname.is_not_set() && change.avatar_url.is_not_set() {
        return Ok(());
    }
    user::Entity::update_many().set(change).filter(user::Column::Id.eq(user.id)).exec(&tx.db).await?;
    Ok(())
}

/// Whose account the act is about, if there is one yet.
fn person(act: &Act) -> Option<UserId> {
    match act {
        Act::SignIn(user) | Act::AttachUnionId(user) | Act::AttachOpenId(user) => Some(*user),
        Act::Merge { into, .. } => Some(*into),
        Act::Create { .. } => None,
    }
}

/// What a login changes in its link.
fn came(proof: &Proof, now: Timestamp) -> open_id::ActiveModel {
    // R12: whoever signs in has an account at the upstream, whatever we were told before.
    let mut change =
        open_id::ActiveModel { last_login_at: Set(Some(now)), cancelled_at: Set(None), ..Default::default() };
    if proof.profile.nickname.is_some() {
        change.nickname = Set(proof.profile.nickname.clone());
    }
    if proof.profile.avatar_url.is_some() {
        change.avatar_url = Set(proof.profile.avatar_url.clone());
    }
    change
}
