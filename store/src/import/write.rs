//! Writes a planned batch in few statements.

use domain::merge::Plan;
use domain::{Rule, Timestamp, UserId};
use entities::{open_id, phone, user};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Imported;
use super::batch::{Batch, Completion, Join};
use crate::database::{CHUNK, is_one_of};
use crate::history::Entry;
use crate::merge::Merged;
use crate::phone::freed;
use crate::{Actor, StoreError, Tx};

/// Writes the batch, accounts first and journal last. A duplicate key is [`StoreError::Contended`].
pub(super) async fn write_import(tx: &Tx, batch: Batch<'_>, now: Timestamp) -> Result<Vec<Imported>, StoreError> {
    tx.insert_all(batch.users).await?;
    for join in &batch.joins {
        join_shell(tx, join, now).await?;
    }
    for completion in &batch.completed {
        complete(tx, completion, now).await?;
    }
    free_expired(tx, &batch.freed).await?;
    tx.insert_all(batch.phones).await?;
    for chunk in batch.proofs.chunks(CHUNK) {
        renew_proofs(tx, chunk).await?;
    }
    for chunk in batch.claims.chunks(CHUNK) {
        claim_open_ids(tx, chunk, now).await?;
    }
    tx.insert_all(batch.open_ids).await?;
    tx.insert_all(batch.union_ids).await?;
    crate::history::add_all(tx, &batch.journal, now).await?;
    if !batch.keyed.is_empty() {
        let keyed: Vec<UserId> = batch.keyed.into_iter().collect();
        crate::session::end_all_of(tx, &keyed, None, now).await?;
    }
    Ok(batch.outcomes)
}

async fn join_shell(tx: &Tx, join: &Join, now: Timestamp) -> Result<(), StoreError> {
    let Join { from, into, evidence } = join;
    let [gone, kept] = crate::merge::sides(&tx.look(), [*from, *into]).await?.ok_or(StoreError::changed("users"))?;
    if !gone.account.is_shell() || kept.account.clashes_with(&gone.account) {
        return Err(StoreError::changed("users"));
    }
    let Merged { change, .. } = crate::merge::carry_out(tx, &Plan::join(&gone, &kept), Actor::Import, now).await?;
    let entry = Entry {
        user: *into,
        other: Some(*from),
        rule: Rule::Import,
        actor: Actor::Import,
        evidence: evidence.clone(),
        change,
    };
    crate::history::add(tx, entry, now).await?;
    Ok(())
}

async fn complete(tx: &Tx, completion: &Completion, now: Timestamp) -> Result<(), StoreError> {
    let mut change = user::ActiveModel { updated_at: Set(now), ..Default::default() };
    if completion.nickname.is_some() {
        change.nickname = Set(completion.nickname.clone());
    }
    if completion.external_id.is_some() {
        change.external_id = Set(completion.external_id.clone());
    }
    crate::merge::update_user(tx, completion.user, change).await
}

async fn free_expired(tx: &Tx, phones: &[domain::PhoneId]) -> Result<(), StoreError> {
    if phones.is_empty() {
        return Ok(());
    }
    phone::Entity::update_many()
        .set(freed())
        .filter(is_one_of(tx.db.get_database_backend(), phone::Column::Id, phones.iter().copied()))
        .filter(phone::Column::ActiveUser.is_null())
        .exec(&tx.db)
        .await?;
    Ok(())
}

/// Updates many proof times in one statement, each unless a later proof exists.
async fn renew_proofs(tx: &Tx, proofs: &[(UserId, domain::PhoneNumber, Timestamp)]) -> Result<(), StoreError> {
    let mut proved_at = CaseStatement::new();
    for (user, number, at) in proofs {
        let is_it = phone::Column::ActiveUser
            .eq(*user)
            .and(crate::phone::has_number(&tx.look(), number))
            .and(phone::Column::LastProofAt.is_null().or(phone::Column::LastProofAt.lt(*at)));
        proved_at = proved_at.case(is_it, Expr::val(*at));
    }
    phone::Entity::update_many()
        .col_expr(phone::Column::LastProofAt, proved_at.finally(Expr::col(phone::Column::LastProofAt)).into())
        .filter(is_one_of(
            tx.db.get_database_backend(),
            phone::Column::ActiveUser,
            proofs.iter().map(|(user, _, _)| *user),
        ))
        .exec(&tx.db)
        .await?;
    Ok(())
}

/// Assigns many links without owners to their accounts, with the orders.
async fn claim_open_ids(tx: &Tx, claims: &[(domain::LinkId, UserId)], now: Timestamp) -> Result<(), StoreError> {
    let mut owner = CaseStatement::new();
    for (link, user) in claims {
        owner = owner.case(open_id::Column::Id.eq(*link), Expr::val(*user));
    }
    let claimed = open_id::Entity::update_many()
        .set(open_id::ActiveModel { linked_at: Set(Some(now)), ..Default::default() })
        .col_expr(open_id::Column::UserId, owner.into())
        .filter(is_one_of(tx.db.get_database_backend(), open_id::Column::Id, claims.iter().map(|(link, _)| *link)))
        .filter(open_id::Column::UserId.is_null())
        .exec(&tx.db)
        .await?;
    // A concurrent login has claimed one of them.
    let all = u64::try_from(claims.len()).unwrap_or(u64::MAX);
    if claimed.rows_affected == all { Ok(()) } else { Err(StoreError::changed("open_ids")) }
}
