//! Tokens of back-office systems, of which only hashes are kept: made, used, revoked.
//! What a scope allows is decided in `api`.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::{ServiceScope, ServiceTokenId, Timestamp};
use entities::{service_token, service_token_use};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait,
};

use crate::database::row_id;
use crate::page::later;
use crate::{Front, StoreError, Tx, View};

/// How exactly the last use is known.
const HOUR: TimeDelta = TimeDelta::hours(1);
/// From how many blocks of addresses a use is noted in one day. Beyond it a leaked token would fill the table.
const MOST_BLOCKS: u64 = 100;

/// A back-office system's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// Its id.
    pub id: ServiceTokenId,
    /// What the operator calls it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<ServiceScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
    /// The token that made it; none for one that was made at the command line.
    pub made_by: Option<ServiceTokenId>,
}

/// Where and when a token is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUse {
    /// From which block of addresses.
    pub address_block: String,
    /// When.
    pub at: Timestamp,
}

impl TokenUse {
    fn day(&self) -> i64 {
        self.at.millis().div_euclid(TimeDelta::days(1).num_milliseconds())
    }

    /// The row of the day and the block.
    fn row(&self, token: ServiceTokenId) -> Condition {
        use service_token_use::Column::{AddressBlock, Day, TokenId};
        let row = Condition::all().add(TokenId.eq(token)).add(Day.eq(self.day()));
        row.add(AddressBlock.eq(self.address_block.clone()))
    }
}

/// A token that is good, and whether its use has still to be [noted](Tx::note_token_use).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// The token.
    pub token: ServiceToken,
    /// Whether nothing was noted of this day and block within the last hour.
    pub is_unnoted: bool,
}

/// The token with that hash, unless it has expired or was revoked. One query.
pub async fn find(view: &View<'_>, hash: &[u8; 32], used: &TokenUse) -> Result<Option<KnownToken>, StoreError> {
    use service_token_use::Column::{AddressBlock, Day, LastAt};
    let (day, block) = (used.day(), used.address_block.clone());
    let today = service_token::Relation::ServiceTokenUse
        .def()
        .on_condition(move |_, _| Condition::all().add(Day.eq(day)).add(AddressBlock.eq(block.clone())));
    let token = service_token::Entity::find()
        .column(LastAt)
        .join(JoinType::LeftJoin, today)
        .filter(service_token::Column::Hash.eq(hash.to_vec()))
        .filter(is_good(used.at));
    let Some(UsedToken { token, last_at }) = token.into_model().one(&view.db).await? else { return Ok(None) };
    let is_unnoted = last_at.is_none_or(|last| last.plus(HOUR) <= used.at);
    Ok(Some(KnownToken { token: read_token(token)?, is_unnoted }))
}

/// A token, and when it was used last on this day from this block.
#[derive(FromQueryResult)]
struct UsedToken {
    #[sea_orm(nested)]
    token: service_token::Model,
    last_at: Option<Timestamp>,
}

/// A page of all tokens, also of those that have ended, the oldest first.
pub async fn list(view: &View<'_>, front: &Front) -> Result<Vec<ServiceToken>, StoreError> {
    use service_token::Column::{CreatedAt, Id};
    let tokens = service_token::Entity::find()
        .filter(Condition::all().add_option(front.after.map(|place| later(CreatedAt, Id, place))))
        .order_by_asc(CreatedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    tokens.all(&view.db).await?.into_iter().map(read_token).collect()
}

/// The tokens that are good and will have expired at some time.
pub async fn expiring(view: &View<'_>, now: Timestamp, then: Timestamp) -> Result<Vec<ServiceToken>, StoreError> {
    let tokens = service_token::Entity::find()
        .filter(is_good(now))
        .filter(service_token::Column::ExpiresAt.lte(then))
        .order_by_asc(service_token::Column::ExpiresAt);
    tokens.all(&view.db).await?.into_iter().map(read_token).collect()
}

/// Keeps a token's hash. [`StoreError::Closed`] when the token that makes it has ended meanwhile.
pub async fn add(tx: &Tx, token: &ServiceToken, hash: &[u8; 32]) -> Result<(), StoreError> {
    if let Some(maker) = token.made_by {
        // Whoever revokes the maker along with all that it made waits here, and then finds this one too.
        let row = service_token::Entity::find_by_id(maker).filter(is_good(token.created_at));
        tx.locking(row).one(&tx.db).await?.ok_or(StoreError::Closed)?;
    }
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let row = service_token::Model {
        id: token.id,
        hash: hash.to_vec(),
        name: token.name.clone(),
        scopes: scopes.join(" "),
        created_at: token.created_at,
        expires_at: token.expires_at,
        revoked_at: token.revoked_at,
        last_used_at: token.last_used_at,
        made_by: token.made_by,
    };
    tx.insert(row).await
}

/// Notes that a token is used; answers whether it is the first time of the day from there. Of any number of parallel
/// requests one gets that answer, and the others [`StoreError::Contended`].
pub async fn note_use(tx: &Tx, token: ServiceTokenId, used: &TokenUse) -> Result<bool, StoreError> {
    let change = service_token::ActiveModel { last_used_at: Set(Some(used.at)), ..Default::default() };
    service_token::Entity::update_many().set(change).filter(service_token::Column::Id.eq(token)).exec(&tx.db).await?;
    let again = service_token_use::ActiveModel { last_at: Set(used.at), ..Default::default() };
    let again = service_token_use::Entity::update_many().set(again).filter(used.row(token));
    if again.exec(&tx.db).await?.rows_affected > 0 {
        return Ok(false);
    }
    let today = service_token_use::Column::TokenId.eq(token).and(service_token_use::Column::Day.eq(used.day()));
    if service_token_use::Entity::find().filter(today).count(&tx.db).await? >= MOST_BLOCKS {
        return Ok(false);
    }
    let row = service_token_use::Model {
        id: row_id(used.at),
        token_id: token,
        day: used.day(),
        address_block: used.address_block.clone(),
        last_at: used.at,
    };
    tx.insert(row).await?;
    Ok(true)
}

/// Revokes a token, and perhaps all that it made, directly or through others; answers which were good until now.
/// `None` when there is no such token.
pub async fn revoke(
    tx: &Tx,
    id: ServiceTokenId,
    with_made: bool,
    now: Timestamp,
) -> Result<Option<Vec<ServiceTokenId>>, StoreError> {
    let (mut seen, mut revoked) = (BTreeSet::new(), Vec::new());
    let mut wanted = vec![id];
    while !wanted.is_empty() {
        // Locked before we ask what they made: one that is being made by them is there by then, or never.
        let rows = service_token::Entity::find()
            .filter(service_token::Column::Id.is_in(wanted.iter().copied()))
            .order_by_asc(service_token::Column::Id);
        let rows = tx.locking(rows).all(&tx.db).await?;
        if rows.is_empty() && seen.is_empty() {
            return Ok(None);
        }
        revoked.extend(rows.iter().filter(|row| row.revoked_at.is_none()).map(|row| row.id));
        seen.extend(wanted.iter().copied());
        if !with_made {
            break;
        }
        let made = service_token::Entity::find()
            .select_only()
            .column(service_token::Column::Id)
            .filter(service_token::Column::MadeBy.is_in(wanted));
        wanted = made.into_tuple().all(&tx.db).await?;
        wanted.retain(|id| !seen.contains(id));
    }
    let end = service_token::ActiveModel { revoked_at: Set(Some(now)), ..Default::default() };
    let end = service_token::Entity::update_many()
        .set(end)
        .filter(service_token::Column::Id.is_in(revoked.iter().copied()))
        .filter(service_token::Column::RevokedAt.is_null());
    end.exec(&tx.db).await?;
    Ok(Some(revoked))
}

/// Neither expired nor revoked.
fn is_good(now: Timestamp) -> Condition {
    use service_token::Column::{ExpiresAt, RevokedAt};
    let not_expired = Condition::any().add(ExpiresAt.is_null()).add(ExpiresAt.gt(now));
    Condition::all().add(RevokedAt.is_null()).add(not_expired)
}

fn read_token(row: service_token::Model) -> Result<ServiceToken, StoreError> {
    let scopes: Result<_, _> = row.scopes.split_whitespace().map(str::parse).collect();
    let scopes = scopes.map_err(|_| StoreError::corrupt("service_tokens", format!("{} has no such scope", row.id)))?;
    let service_token::Model { id, name, created_at, expires_at, revoked_at, last_used_at, made_by, .. } = row;
    Ok(ServiceToken { id, name, scopes, created_at, expires_at, revoked_at, last_used_at, made_by })
}
