//! Records the unionIds that an upstream told about a batch of followers (R1b, R1c, R2, R5), and who follows (R10).

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::follower::{Outcome, Step, decide};
use domain::login::{Known, Link, Proof};
use domain::{Account, OpenId, Rule, RunId, Timestamp, UnionKey, UserId};
use entities::user::Status;
use entities::{open_id, union_id};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::write::{give_link, in_run, merge, open_case};
use crate::database::{has_key, is_one_of, row_id};
use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx};

/// What the upstream told about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowerReport {
    /// Both keys. It has no profile.
    pub proof: Proof,
    /// Whether the person follows the app.
    pub follows: Option<Follows>,
}

/// Whether a person follows an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follows {
    /// Whether they do.
    pub follows: bool,
    /// Since when, or when the upstream said so.
    pub at: Timestamp,
}

/// Whether one person of a batch is recorded together with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    /// It is recorded with the others.
    Done(Outcome),
    /// It is recorded after the others, because it may change what the decision on another one depends on.
    Alone,
}

/// The rows that a batch depends on.
struct Facts {
    links: HashMap<OpenId, open_id::Model>,
    unions: HashMap<UnionKey, UserId>,
}

/// What is to be written for a batch.
#[derive(Default)]
struct Writes {
    unions: Vec<union_id::Model>,
    entries: Vec<Entry>,
    users: HashSet<UserId>,
    keys: HashSet<UnionKey>,
}

/// Records a batch of people of one app, each openId once. Locks their accounts, all at once. The number of
/// statements depends only on how many merges, cases and new openIds there are.
pub async fn record(
    tx: &Tx,
    batch: &[FollowerReport],
    run: Option<RunId>,
    now: Timestamp,
) -> Result<Vec<Outcome>, StoreError> {
    let seen = look(tx, batch).await?.users();
    let open = lock_open(tx, &seen).await?;
    let facts = look(tx, batch).await?;
    if !facts.users().is_subset(&seen) {
        return Err(StoreError::changed("open_ids"));
    }
    let accounts = crate::user::accounts(&tx.look(), &seen.iter().copied().collect::<Vec<_>>()).await?;
    let account = |user: &UserId| accounts.get(user).map(|(_, account)| account.clone());
    let mut writes = Writes::default();
    let mut recorded = Vec::with_capacity(batch.len());
    for told in batch {
        let known = facts.known(told, account)?;
        recorded.push(if named(&known).all(|user| open.contains(&user)) {
            writes.add(told, decide(&known, &told.proof), (run, now))
        } else {
            Recorded::Done(Outcome::Closed)
        });
    }
    tx.insert_all(writes.unions).await?;
    crate::history::add_all(tx, &writes.entries, now).await?;
    let links: Vec<_> = batch.iter().filter_map(|told| Some((facts.link(told)?, told.follows?))).collect();
    for follows in [true, false] {
        record_follows(tx, follows, &links).await?;
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    for (told, recorded) in batch.iter().zip(recorded) {
        outcomes.push(match recorded {
            Recorded::Done(outcome) => outcome,
            Recorded::Alone => record_alone(tx, told, run, now).await?,
        });
    }
    Ok(outcomes)
}

/// Records one person whose accounts are locked and open.
async fn record_alone(
    tx: &Tx,
    told: &FollowerReport,
    run: Option<RunId>,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let proof = &told.proof;
    let known = crate::login::known(&tx.look(), proof).await?;
    let (rule, step) = decide(&known, proof);
    let (user, other, change, outcome) = match step {
        Step::Unchanged | Step::Wait => return Ok(outcome_of_nothing(&step, told)),
        Step::AttachUnionId(user) => {
            tx.lock_one(user).await?;
            let union = crate::login::attach_union_id(tx, user, proof, now).await?;
            let change = union.map_or(Change::Nothing {}, |union| Change::UnionIdAttached { union });
            (user, None, change, Outcome::Attached)
        }
        Step::AttachOpenId(user) => {
            tx.lock_one(user).await?;
            let (_, link) = give_link(tx, user, &proof.key, now).await?;
            (user, None, Change::OpenIdAttached { link }, Outcome::Linked)
        }
        Step::Merge { from, into } => (into, Some(from), merge(tx, (from, into), now).await?, Outcome::Joined),
        Step::Case(user, conflict) => {
            if !open_case(tx, user, &conflict, now).await? {
                return Ok(Outcome::Unchanged);
            }
            (user, conflict.other, Change::Nothing {}, Outcome::Case)
        }
    };
    let evidence = in_run(run, Evidence::of_proof(proof));
    crate::history::add(tx, Entry { user, other, rule, actor: Actor::Upstream, evidence, change }, now).await?;
    let facts = look(tx, std::slice::from_ref(told)).await?;
    let links: Vec<_> = facts.link(told).zip(told.follows).into_iter().collect();
    record_follows(tx, told.follows.is_some_and(|follows| follows.follows), &links).await?;
    Ok(outcome)
}

fn outcome_of_nothing(step: &Step, told: &FollowerReport) -> Outcome {
    let is_gone = told.follows.is_some_and(|follows| !follows.follows);
    match (step, &told.proof.union) {
        (Step::Wait, _) => Outcome::Unknown,
        (_, Some(_)) => Outcome::Unchanged,
        (_, None) if is_gone => Outcome::NotFollowing,
        (_, None) => Outcome::WithoutUnionId,
    }
}

/// Locks the accounts, and returns those that are active.
async fn lock_open(tx: &Tx, users: &BTreeSet<UserId>) -> Result<HashSet<UserId>, StoreError> {
    let rows = tx.lock(&users.iter().copied().collect::<Vec<_>>()).await?;
    if rows.iter().any(|row| row.status == Status::Merged) {
        return Err(StoreError::changed("users"));
    }
    Ok(rows.into_iter().filter(|row| row.status == Status::Active).map(|row| row.id).collect())
}

fn named(known: &Known) -> impl Iterator<Item = UserId> {
    let owner = match &known.link {
        Link::Owned(account) => Some(account.id),
        Link::New | Link::Unclaimed(_) => None,
    };
    owner.into_iter().chain(known.union_owner.as_ref().map(|account| account.id))
}

async fn look(tx: &Tx, batch: &[FollowerReport]) -> Result<Facts, StoreError> {
    let backend = tx.db.get_database_backend();
    let mut facts = Facts { links: HashMap::new(), unions: HashMap::new() };
    let Some(first) = batch.first() else { return Ok(facts) };
    let open_ids = batch.iter().map(|told| told.proof.key.open_id.clone());
    let which = [open_id::Column::Id, open_id::Column::App, open_id::Column::OpenId];
    let links = has_key::<open_id::Entity>(backend, which, first.proof.key.app.clone(), open_ids);
    for link in open_id::Entity::find().filter(links).all(&tx.db).await? {
        facts.links.insert(link.open_id.clone(), link);
    }
    let told: Vec<&UnionKey> = batch.iter().filter_map(|told| told.proof.union.as_ref()).collect();
    let Some(scope) = told.first().map(|key| key.scope.clone()) else { return Ok(facts) };
    let which = [union_id::Column::Id, union_id::Column::Scope, union_id::Column::UnionId];
    let unions = has_key::<union_id::Entity>(backend, which, scope, told.into_iter().map(|key| key.union_id.clone()));
    for row in union_id::Entity::find().filter(unions).all(&tx.db).await? {
        facts.unions.insert(UnionKey { scope: row.scope, union_id: row.union_id }, row.user_id);
    }
    Ok(facts)
}

impl Facts {
    fn users(&self) -> BTreeSet<UserId> {
        self.links.values().filter_map(|link| link.user_id).chain(self.unions.values().copied()).collect()
    }

    fn link(&self, told: &FollowerReport) -> Option<&open_id::Model> {
        self.links.get(&told.proof.key.open_id)
    }

    fn known(&self, told: &FollowerReport, account: impl Fn(&UserId) -> Option<Account>) -> Result<Known, StoreError> {
        let link = match self.link(told).map(|link| (link.id, link.user_id)) {
            None => Link::New,
            Some((id, None)) => Link::Unclaimed(id),
            Some((_, Some(owner))) => {
                let owner = account(&owner);
                Link::Owned(owner.ok_or_else(|| StoreError::corrupt("open_ids", "the owner does not exist"))?)
            }
        };
        let union_owner = told.proof.union.as_ref().and_then(|key| self.unions.get(key));
        Ok(Known { link, union_owner: union_owner.and_then(account) })
    }
}

impl Writes {
    fn add(
        &mut self,
        told: &FollowerReport,
        (rule, step): (Rule, Step),
        (run, now): (Option<RunId>, Timestamp),
    ) -> Recorded {
        let (user, union) = match (&step, &told.proof.union) {
            (Step::Unchanged | Step::Wait, _) => return Recorded::Done(outcome_of_nothing(&step, told)),
            (Step::AttachUnionId(user), Some(union)) => (*user, union),
            (Step::AttachUnionId(_) | Step::AttachOpenId(_) | Step::Merge { .. } | Step::Case(..), _) => {
                return Recorded::Alone;
            }
        };
        // A second person of the same account or with the same unionId is decided on when the first one is written.
        if !self.users.insert(user) || !self.keys.insert(union.clone()) {
            return Recorded::Alone;
        }
        let UnionKey { scope, union_id } = union.clone();
        self.unions.push(union_id::Model { id: row_id(now), scope, union_id, user_id: user, created_at: now });
        let evidence = in_run(run, Evidence::of_proof(&told.proof));
        let change = Change::UnionIdAttached { union: union.clone() };
        self.entries.push(Entry { user, other: None, rule, actor: Actor::Upstream, evidence, change });
        Recorded::Done(Outcome::Attached)
    }
}

/// R10: records who follows the app, or does not, in one statement. As with events, what happened last counts.
async fn record_follows(tx: &Tx, follows: bool, links: &[(&open_id::Model, Follows)]) -> Result<(), StoreError> {
    let is_news = |(link, told): &&(&open_id::Model, Follows)| {
        told.follows == follows && link.follows_since.is_none_or(|since| since < told.at)
    };
    let news: Vec<_> = links.iter().filter(is_news).collect();
    if news.is_empty() {
        return Ok(());
    }
    let at = news.iter().fold(CaseStatement::new(), |at, (link, told)| {
        at.case(open_id::Column::Id.eq(link.id), Expr::val(told.at.millis()))
    });
    let at = Expr::Case(Box::new(at));
    let since = open_id::Column::FollowsSince;
    let update = open_id::Entity::update_many()
        .col_expr(open_id::Column::Follows, follows.into())
        .col_expr(since, at.clone())
        .filter(is_one_of(tx.db.get_database_backend(), open_id::Column::Id, news.iter().map(|(link, _)| link.id)))
        .filter(since.is_null().or(Expr::col(since).lt(at)));
    update.exec(&tx.db).await?;
    Ok(())
}
