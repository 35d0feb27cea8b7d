//! Merges of the past: the two accounts as they were, by the journal and by what is known today. Several merges are read together.

use std::collections::{HashMap, HashSet};

use domain::{Account, AppId, LinkEventId, LinkId, PhoneId, Rule, Timestamp, UnionKey, UserId};
use entities::{link_event, merge_undo, open_id, order, phone, union_id, user};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::history::{Change, LinkEvent, MergeRecord, read_event};
use crate::page::earlier;
use crate::{Front, StoreError, View};

/// A merge with the two accounts as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMerge {
    /// The id of its journal entry.
    pub id: LinkEventId,
    /// When it was made.
    pub at: Timestamp,
    /// The rule that made it.
    pub rule: Rule,
    /// The account that was merged.
    pub from: Account,
    /// The survivor.
    pub into: Account,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// A merge's entry in the journal.
struct Entry {
    event: LinkEvent,
    record: MergeRecord,
    undone_at: Option<Timestamp>,
}

/// Returns a merge, also one that was undone; `None` if the entry is none.
pub async fn past_merge(view: &View<'_>, id: LinkEventId) -> Result<Option<PastMerge>, StoreError> {
    let found = link_event::Entity::find_by_id(id).find_also_related(merge_undo::Entity).one(&view.db).await?;
    let entry = found.map(entry).transpose()?.flatten();
    Ok(as_they_were(view, entry.into_iter().collect()).await?.pop())
}

/// Returns a page of the merges since `since` that were not undone, the newest first.
pub async fn past_merges(view: &View<'_>, since: Timestamp, front: &Front) -> Result<Vec<PastMerge>, StoreError> {
    use link_event::Column::{At, Id};
    let found = merges()
        .filter(At.gte(since))
        .filter(Condition::all().add_option(front.after.map(|place| earlier(At, Id, place))))
        .order_by_desc(At)
        .order_by_desc(Id)
        .limit(front.limit);
    let entries = found.all(&view.db).await?.into_iter().map(|row| entry((row, None)));
    let entries = entries.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    as_they_were(view, entries).await
}

/// Selects the merges that were not undone.
fn merges() -> sea_orm::Select<link_event::Entity> {
    link_event::Entity::find()
        .left_join(merge_undo::Entity)
        .filter(link_event::Column::OtherUserId.is_not_null())
        // Only `MergeRecord` has this key. Text values cannot match, because JSON escapes their quotation marks.
        .filter(link_event::Column::After.contains("\"moved\":"))
        .filter(merge_undo::Column::MergeId.is_null())
}

fn entry((row, undo): (link_event::Model, Option<merge_undo::Model>)) -> Result<Option<Entry>, StoreError> {
    let event = read_event(&row)?;
    let Change::Merged(record) = event.change.clone() else { return Ok(None) };
    Ok(Some(Entry { event, record: *record, undone_at: undo.map(|undo| undo.at) }))
}

/// What is known today about the accounts of some merges.
struct Facts {
    created: HashMap<UserId, Timestamp>,
    links: Vec<open_id::Model>,
    unions: Vec<union_id::Model>,
    phones: Vec<phone::Model>,
    /// When the first order of a link was placed.
    first_orders: HashMap<LinkId, Timestamp>,
    /// The other merges of the survivors.
    others: Vec<Entry>,
}

async fn as_they_were(view: &View<'_>, entries: Vec<Entry>) -> Result<Vec<PastMerge>, StoreError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let known = Facts::read(view, &entries).await?;
    let mut merges = Vec::with_capacity(entries.len());
    for entry in entries {
        let [from, into] = known.sides(view, &entry).await?;
        let Entry { event, undone_at, .. } = entry;
        merges.push(PastMerge { id: event.id, at: event.at, rule: event.rule, from, into, undone_at });
    }
    Ok(merges)
}

impl Facts {
    async fn read(view: &View<'_>, entries: &[Entry]) -> Result<Self, StoreError> {
        let survivors: Vec<UserId> = entries.iter().map(|entry| entry.record.into.id).collect();
        let users: Vec<UserId> = entries.iter().map(|entry| entry.record.from.id).chain(survivors.clone()).collect();
        let of_survivors = Condition::any()
            .add(link_event::Column::UserId.is_in(survivors.iter().copied()))
            .add(link_event::Column::OtherUserId.is_in(survivors.iter().copied()));
        let others = merges().filter(of_survivors).order_by_asc(link_event::Column::At).all(&view.db).await?;
        let others = others.into_iter().map(|row| entry((row, None))).filter_map(Result::transpose);
        let others = others.collect::<Result<Vec<Entry>, _>>()?;
        let moved = entries.iter().chain(&others).flat_map(|entry| entry.record.moved.links.iter().copied());
        let links = Condition::any()
            .add(open_id::Column::Id.is_in(moved.collect::<HashSet<_>>()))
            .add(open_id::Column::UserId.is_in(survivors.iter().copied()));
        let links = open_id::Entity::find().filter(links).all(&view.db).await?;
        let moved = entries.iter().filter_map(|entry| entry.record.moved.phone);
        let phones = Condition::any()
            .add(phone::Column::Id.is_in(moved))
            .add(phone::Column::UserId.is_in(users.iter().copied()));
        let of_survivors = union_id::Column::UserId.is_in(survivors);
        let rows = user::Entity::find().filter(user::Column::Id.is_in(users)).all(&view.db).await?;
        let first_orders = order::Entity::find()
            .select_only()
            .column(order::Column::LinkId)
            .column_as(order::Column::PlacedAt.min(), "first")
            .filter(order::Column::LinkId.is_in(links.iter().map(|link| link.id)))
            .group_by(order::Column::LinkId);
        let first_orders: Vec<(LinkId, Timestamp)> = first_orders.into_tuple().all(&view.db).await?;
        Ok(Self {
            created: rows.into_iter().map(|row| (row.id, row.created_at)).collect(),
            unions: union_id::Entity::find().filter(of_survivors).all(&view.db).await?,
            phones: phone::Entity::find().filter(phones).all(&view.db).await?,
            first_orders: first_orders.into_iter().collect(),
            links,
            others,
        })
    }

    /// Returns the account that was merged and the survivor, as they were.
    async fn sides(&self, view: &View<'_>, entry: &Entry) -> Result<[Account; 2], StoreError> {
        let (record, at) = (&entry.record, entry.event.at);
        let (gone, kept) = (record.from.id, record.into.id);
        let [of_from, of_into] = self.phones_of(entry);
        let from = record.moved.links.iter().filter_map(|id| self.links.iter().find(|link| link.id == *id));
        let from = self.account(view, (gone, at), (from.collect(), record.moved.unions.clone(), of_from)).await?;
        let held = (self.links_of_survivor(entry), self.unions_of_survivor(entry), of_into);
        let into = self.account(view, (kept, at), held).await?;
        let [gone, kept] = [&record.from, &record.into].map(|row| row.external_id.clone());
        Ok([Account { external_id: gone, ..from }, Account { external_id: kept, ..into }])
    }

    async fn account(
        &self,
        view: &View<'_>,
        (id, at): (UserId, Timestamp),
        (links, unions, phone): (Vec<&open_id::Model>, Vec<UnionKey>, Option<&phone::Model>),
    ) -> Result<Account, StoreError> {
        let apps: Vec<AppId> = links.iter().map(|link| link.app.clone()).collect();
        let was_placed = |link: &&open_id::Model| self.first_orders.get(&link.id).is_some_and(|first| *first <= at);
        let has_orders = links.iter().any(was_placed);
        let phone = match phone {
            Some(row) => Some(crate::phone::open_number(view, row.id, &row.sealed_number).await?),
            None => None,
        };
        let created_at = self.created.get(&id).copied().unwrap_or(at);
        let (cancelled, external_id) = (Vec::new(), None);
        Ok(Account { id, created_at, apps, cancelled, unions, phone, external_id, has_orders })
    }

    /// Returns the phones of the account that was merged, and of the survivor.
    fn phones_of(&self, entry: &Entry) -> [Option<&phone::Model>; 2] {
        let (moved, at) = (&entry.record.moved, entry.event.at);
        let row = |id: Option<PhoneId>| id.and_then(|id| self.phones.iter().find(|phone| phone.id == id));
        let was_of = |user: UserId| {
            let has = move |phone: &&phone::Model| {
                let is_open = phone.ended_at.is_none_or(|end| end > at);
                phone.user_id == user && phone.created_at <= at && is_open && Some(phone.id) != moved.phone
            };
            self.phones.iter().find(has)
        };
        match (row(moved.phone), row(moved.ended)) {
            // The survivor took the phone over, and its own one ended.
            (Some(of_from), of_into) => [Some(of_from), of_into],
            // The phone of the merged account ended, and the survivor kept its own one.
            (None, of_from) => [of_from, was_of(entry.record.into.id)],
        }
    }

    /// Returns the openIds that the survivor had before the merge: what it has now, or had when it was merged itself, without what came
    /// with this merge, with a later one, or later by itself.
    fn links_of_survivor(&self, entry: &Entry) -> Vec<&open_id::Model> {
        let (kept, at) = (entry.record.into.id, entry.event.at);
        let came: HashSet<LinkId> = self.came(entry).flat_map(|record| record.moved.links.iter().copied()).collect();
        let went = self.went(entry).map(|record| &record.moved.links);
        let was_there = |link: &&open_id::Model| {
            let is_held = went.map_or(link.user_id == Some(kept), |went| went.contains(&link.id));
            is_held && !came.contains(&link.id) && link.linked_at.unwrap_or(link.created_at) <= at
        };
        self.links.iter().filter(was_there).collect()
    }

    fn unions_of_survivor(&self, entry: &Entry) -> Vec<UnionKey> {
        let (kept, at) = (entry.record.into.id, entry.event.at);
        let came: Vec<&UnionKey> = self.came(entry).flat_map(|record| &record.moved.unions).collect();
        let held: Vec<UnionKey> = if let Some(record) = self.went(entry) {
            record.moved.unions.clone()
        } else {
            let rows = self.unions.iter().filter(|row| row.user_id == kept && row.created_at <= at);
            rows.map(|row| UnionKey { scope: row.scope.clone(), union_id: row.union_id.clone() }).collect()
        };
        held.into_iter().filter(|key| !came.contains(&key)).collect()
    }

    /// The merges into the survivor: this one, and those after it.
    fn came<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a MergeRecord> {
        let later = self
            .others
            .iter()
            .filter(move |other| other.record.into.id == entry.record.into.id && other.event.at >= entry.event.at);
        // One that was undone is not among the others.
        later.chain(std::iter::once(entry)).map(|other| &other.record)
    }

    /// The merge of the survivor itself into another account.
    fn went(&self, entry: &Entry) -> Option<&MergeRecord> {
        let is_later =
            |other: &&Entry| other.record.from.id == entry.record.into.id && other.event.at >= entry.event.at;
        self.others.iter().find(is_later).map(|other| &other.record)
    }
}
