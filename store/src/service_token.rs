//! Service tokens of back-office systems: creates, finds, lists and revokes them. Only hashes are stored.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use domain::{Principal, ServiceScope, ServiceTokenId, Timestamp};
use entities::{service_token, service_token_use};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait,
};

use crate::database::{CHUNK, row_id};
use crate::page::later;
use crate::{Front, StoreError, Tx, View};

/// The precision of a token's last use.
const HOUR: TimeDelta = TimeDelta::hours(1);
/// The maximum number of address blocks recorded per token and day. Further ones are not recorded, so that a leaked
/// token cannot fill the table.
const MOST_BLOCKS: u64 = 100;

/// A service token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// The id.
    pub id: ServiceTokenId,
    /// The operator's name for it.
    pub name: String,
    /// Its permissions.
    pub scopes: Vec<ServiceScope>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
    /// The token or the operator that created it. `None` for one that was created at the command line.
    pub made_by: Option<Principal>,
}

/// A use of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenUse {
    /// The address block of the request.
    pub address_block: String,
    /// The time of the request.
    pub at: Timestamp,
}

impl TokenUse {
    fn day(&self) -> i64 {
        self.at.millis().div_euclid(TimeDelta::days(1).num_milliseconds())
    }

    /// Matches the row of the day and the block.
    fn row(&self, token: ServiceTokenId) -> Condition {
        use service_token_use::Column::{AddressBlock, Day, TokenId};
        let row = Condition::all().add(TokenId.eq(token)).add(Day.eq(self.day()));
        row.add(AddressBlock.eq(self.address_block.clone()))
    }
}

/// A valid token, and whether its use has still to be [recorded](note_use).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// The token.
    pub token: ServiceToken,
    /// Whether no use on this day from this block was recorded within the last hour.
    pub is_unnoted: bool,
}

/// Returns the token with this hash, unless it is expired or revoked. Uses one query.
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

/// Returns a token, also one that is expired or revoked.
pub async fn find_by_id(view: &View<'_>, id: ServiceTokenId) -> Result<Option<ServiceToken>, StoreError> {
    service_token::Entity::find_by_id(id).one(&view.db).await?.map(read_token).transpose()
}

/// Returns those of the tokens that are valid, each with the time at which it expires.
pub async fn valid(
    view: &View<'_>,
    ids: &[ServiceTokenId],
    now: Timestamp,
) -> Result<HashMap<ServiceTokenId, Option<Timestamp>>, StoreError> {
    let mut valid = HashMap::with_capacity(ids.len());
    for some in ids.chunks(CHUNK) {
        let tokens = service_token::Entity::find()
            .select_only()
            .columns([service_token::Column::Id, service_token::Column::ExpiresAt])
            .filter(service_token::Column::Id.is_in(some.iter().copied()))
            .filter(is_good(now));
        let tokens: Vec<(ServiceTokenId, Option<Timestamp>)> = tokens.into_tuple().all(&view.db).await?;
        valid.extend(tokens);
    }
    Ok(valid)
}

/// Returns the names of tokens, also of expired and revoked ones.
pub async fn names(view: &View<'_>, ids: &[ServiceTokenId]) -> Result<HashMap<ServiceTokenId, String>, StoreError> {
    let names = service_token::Entity::find()
        .select_only()
        .columns([service_token::Column::Id, service_token::Column::Name])
        .filter(service_token::Column::Id.is_in(ids.iter().copied()));
    let names: Vec<(ServiceTokenId, String)> = names.into_tuple().all(&view.db).await?;
    Ok(names.into_iter().collect())
}

/// A token with its last use on this day from this block.
#[derive(FromQueryResult)]
struct UsedToken {
    #[sea_orm(nested)]
    token: service_token::Model,
    last_at: Option<Timestamp>,
}

/// Returns a page of all tokens, including expired and revoked ones, the oldest first.
pub async fn list(view: &View<'_>, front: &Front) -> Result<Vec<ServiceToken>, StoreError> {
    use service_token::Column::{CreatedAt, Id};
    let tokens = service_token::Entity::find()
        .filter(Condition::all().add_option(front.after.map(|place| later(CreatedAt, Id, place))))
        .order_by_asc(CreatedAt)
        .order_by_asc(Id)
        .limit(front.limit);
    tokens.all(&view.db).await?.into_iter().map(read_token).collect()
}

/// Returns the tokens that are valid at `now` and expired at `then`.
pub async fn expiring(view: &View<'_>, now: Timestamp, then: Timestamp) -> Result<Vec<ServiceToken>, StoreError> {
    let tokens = service_token::Entity::find()
        .filter(is_good(now))
        .filter(service_token::Column::ExpiresAt.lte(then))
        .order_by_asc(service_token::Column::ExpiresAt);
    tokens.all(&view.db).await?.into_iter().map(read_token).collect()
}

/// Stores a token's hash. Fails with [`StoreError::Closed`] if the token or the operator that creates it may no longer do so.
pub async fn add(tx: &Tx, token: &ServiceToken, hash: &[u8; 32]) -> Result<(), StoreError> {
    match token.made_by {
        Some(Principal::Token(maker)) => {
            // Locks the creator. A concurrent revocation of the creator with all its tokens waits here and then includes
            // the new one.
            let row = service_token::Entity::find_by_id(maker).filter(is_good(token.created_at));
            tx.locking(row).one(&tx.db).await?.ok_or(StoreError::Closed)?;
        }
        Some(Principal::Operator(maker)) => {
            // As above: the removal of the operator waits here, or is seen. So is another role.
            let operator = crate::operator::lock(tx, maker).await?.ok_or(StoreError::Closed)?;
            if token.scopes.iter().any(|scope| !operator.role.scopes().contains(scope)) {
                return Err(StoreError::Closed);
            }
        }
        None => {}
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
        made_by: token.made_by.and_then(Principal::token),
        made_by_operator: token.made_by.and_then(Principal::operator),
    };
    tx.insert(row).await
}

/// Records a use of a token. Returns whether it is the first of the day from this block. Of several concurrent calls
/// one returns true; the others fail with [`StoreError::Contended`].
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

/// Revokes a token and optionally all tokens that it created, directly or through others. Returns those that were
/// valid until now, or `None` if there is no such token.
pub async fn revoke(
    tx: &Tx,
    id: ServiceTokenId,
    with_made: bool,
    now: Timestamp,
) -> Result<Option<Vec<ServiceTokenId>>, StoreError> {
    let (mut seen, mut revoked) = (BTreeSet::new(), Vec::new());
    let mut wanted = vec![id];
    while !wanted.is_empty() {
        // The rows are locked before their descendants are read. A token that is being created is then either visible
        // or rejected.
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

/// Matches tokens that are neither expired nor revoked.
fn is_good(now: Timestamp) -> Condition {
    use service_token::Column::{ExpiresAt, RevokedAt};
    let not_expired = Condition::any().add(ExpiresAt.is_null()).add(ExpiresAt.gt(now));
    Condition::all().add(RevokedAt.is_null()).add(not_expired)
}

fn read_token(row: service_token::Model) -> Result<ServiceToken, StoreError> {
    let scopes: Result<_, _> = row.scopes.split_whitespace().map(str::parse).collect();
    let scopes =
        scopes.map_err(|_| StoreError::corrupt("service_tokens", format!("{} has an unknown scope", row.id)))?;
    let made_by = row.made_by.map(Principal::Token).or(row.made_by_operator.map(Principal::Operator));
    let service_token::Model { id, name, created_at, expires_at, revoked_at, last_used_at, .. } = row;
    Ok(ServiceToken { id, name, scopes, created_at, expires_at, revoked_at, last_used_at, made_by })
}
