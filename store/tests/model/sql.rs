//! Applies the events through the store as the use cases do: read, decide, write, in one transaction.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::TimeDelta;
use domain::link::add;
use domain::link::remove::{self, Credential};
use domain::login::{self, Act, Proof};
use domain::merge::{self, Confirmation, SecondProof};
use domain::order::{OrderStatus, Report};
use domain::phone::{Binding, Policy, Request};
use domain::{AppId, Money, OpenKey, SessionId, Timestamp, UnionScope, UserId};
use entities::user::Status;
use entities::{
    conflict, link_event, merge_undo, open_id, order, order_change, order_delivery, order_item, order_refund,
    order_total, phone, session, union_id, user,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter, QueryOrder};
use store::import::{Imported, ImportedUser};
use store::merge::Grounds;
use store::merge::UndoError;
use store::order::RecordError;
use store::session::{NewSession, SignedInFrom};
use store::{StoreError, Tx};

use crate::Tables;
use crate::model::act::imported_at;
use crate::model::choose::choices;
use crate::model::event::{Choice, Crowd, Event, LoginProof, Manner};
use crate::model::picture::Picture;
use crate::model::{APPS, Outcome, PRICE, app, external_id, number, open_key, order_no, proof, scope_of};

/// The tables, and the sessions in the order of their logins, so that they can be picked as in the model.
pub(crate) struct SqlWorld {
    tables: Tables,
    crowd: Crowd,
    policy: Policy,
    sessions: Mutex<Vec<SessionId>>,
}

impl SqlWorld {
    pub(crate) fn new(tables: Tables, crowd: Crowd) -> Self {
        Self { tables, crowd, policy: Policy::default(), sessions: Mutex::default() }
    }

    /// Applies the event once. Fails with `Contended` if a concurrent transaction conflicts.
    pub(crate) async fn live(&self, event: Event, now: Timestamp) -> Result<Outcome, StoreError> {
        match event {
            Event::Login(told) => self.log_in(told, now).await,
            Event::Add { session, told } => self.add(session, told, now).await,
            Event::Prove { session, number, manner } => self.prove(session, (number, manner), now).await,
            Event::Unbind { session } => self.unbind(session, now).await,
            Event::Unlink { session, app } => self.unlink(session, app, now).await,
            Event::Merge { session, other, choice } => self.merge(session, (other, choice), now).await,
            Event::Undo { merge } => self.undo(merge, now).await,
            Event::Import { member, number, proved_days_ago } => {
                let proved_at = proved_days_ago.map(|days| now.minus(TimeDelta::days(days)));
                self.import(member, (number, proved_at), now).await
            }
            Event::Order { app, person, order, status } => self.order([app, person, order], status, now).await,
            Event::Wait { .. } => {
                let tx = self.tables.store.begin().await?;
                store::purge_expired(&tx, now).await?;
                tx.commit().await?;
                Ok(Outcome::Done)
            }
        }
    }

    /// The account of the session that was opened this many before the last one.
    async fn session(&self, tx: &Tx, back: usize) -> Result<Option<store::session::Session>, StoreError> {
        let Some(id) = self.session_id(back) else { return Ok(None) };
        Ok(store::session::find(&tx.look(), id).await?.map(|(session, _)| session))
    }

    fn session_id(&self, back: usize) -> Option<SessionId> {
        let sessions = self.sessions.lock().unwrap();
        sessions.len().checked_sub(1 + back).map(|at| sessions[at])
    }

    async fn log_in(&self, told: LoginProof, now: Timestamp) -> Result<Outcome, StoreError> {
        let proof = proof(told, self.crowd);
        let tx = self.tables.store.begin().await?;
        let decision = login::decide(&store::login::known(&tx.look(), &proof).await?, &proof, told.bound);
        let linked = store::login::apply(&tx, &decision, &proof, now).await?;
        if let Act::Merge { from, into } = decision.act {
            store::session::end_all_of(&tx, &[from, into], None, now).await?;
        }
        let id = SessionId::new(now);
        store::session::open(
            &tx,
            &NewSession {
                phone: None,
                id,
                user: linked.user,
                app: Some(proof.key.app),
                device: None,
                bound: told.bound,
                refresh_hash: hash(id),
                signed_in_at: now,
                expires_at: now.plus(TimeDelta::days(10_000)),
                from: SignedInFrom::default(),
            },
        )
        .await?;
        tx.commit().await?;
        self.sessions.lock().unwrap().push(id);
        Ok(Outcome::Done)
    }

    async fn add(&self, session: usize, told: LoginProof, now: Timestamp) -> Result<Outcome, StoreError> {
        let proof: Proof = proof(told, self.crowd);
        let tx = self.tables.store.begin().await?;
        let Some(session) = self.session(&tx, session).await? else { return Ok(Outcome::Nothing) };
        let Some(account) = store::user::account(&tx.look(), session.user).await? else {
            return Err(StoreError::changed("users"));
        };
        let known = store::login::known(&tx.look(), &proof).await?;
        let standing = session.standing(store::merge::cooling_until(&tx.look(), &[account.id]).await?, now);
        let request = add::Request { caller: account, standing, added: told.bound };
        let addition = add::decide(&request, &known, &proof, &self.policy);
        if store::link::add(&tx, &addition, session.user, &proof, now).await? {
            store::session::end_all_of(&tx, &[session.user], Some(session.id), now).await?;
        }
        tx.commit().await?;
        let is_refused = matches!(addition, add::Addition::Refuse { .. });
        Ok(if is_refused { Outcome::Refused } else { Outcome::Done })
    }

    async fn prove(
        &self,
        session: usize,
        (at, manner): (usize, Manner),
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let number = number(at);
        let tx = self.tables.store.begin().await?;
        let Some(session) = self.session(&tx, session).await? else { return Ok(Outcome::Nothing) };
        let Some(caller) = store::user::account(&tx.look(), session.user).await? else {
            return Err(StoreError::changed("users"));
        };
        let owner = store::phone::owner(&tx.look(), &number, now).await?;
        let cooling_until = store::merge::cooling_until(&tx.look(), &[session.user]).await?;
        let request = Request {
            caller,
            standing: session.standing(cooling_until, now),
            number,
            proof: manner.proof,
            purpose: manner.purpose,
            claim: manner.claim,
            owner: owner.map(|owner| domain::phone::Owner { line: manner.line, ..owner }),
        };
        let decided = domain::phone::decide(&request, &self.policy);
        store::phone::bind(&tx, &decided, &request, now).await?;
        let tx_ref = &tx;
        let others =
            |users: Vec<UserId>| async move { store::session::end_all_of(tx_ref, &users, Some(session.id), now).await };
        let outcome = match decided {
            Binding::Renew { .. } => Outcome::Done,
            Binding::Refuse { .. } => Outcome::Refused,
            Binding::Bind | Binding::Change => {
                others(vec![session.user]).await?;
                Outcome::Done
            }
            Binding::TakeOver { from } => {
                others(vec![session.user, from]).await?;
                Outcome::Done
            }
            Binding::Join { from, into } => {
                others(vec![from, into]).await?;
                store::session::reassign(&tx, session.id, into, &hash(session.id)).await?;
                Outcome::Done
            }
        };
        tx.commit().await?;
        Ok(outcome)
    }

    async fn unbind(&self, back: usize, now: Timestamp) -> Result<Outcome, StoreError> {
        let Some(id) = self.session_id(back) else { return Ok(Outcome::Nothing) };
        let tx = self.tables.store.begin().await?;
        let Some(held) = store::link::hold(&tx, id, now).await? else { return Ok(Outcome::Nothing) };
        if remove::decide(&held.account, Credential::Phone, &held.standing, &self.policy).is_err() {
            return Ok(Outcome::Refused);
        }
        store::link::unbind_phone(&tx, &held.account, now).await?;
        store::session::end_all_of(&tx, &[held.account.id], Some(id), now).await?;
        tx.commit().await?;
        Ok(Outcome::Done)
    }

    async fn unlink(&self, back: usize, at: usize, now: Timestamp) -> Result<Outcome, StoreError> {
        let Some(id) = self.session_id(back) else { return Ok(Outcome::Nothing) };
        let tx = self.tables.store.begin().await?;
        let Some(held) = store::link::hold(&tx, id, now).await? else { return Ok(Outcome::Nothing) };
        let (account, gone) = (&held.account, app(at));
        if remove::decide(account, Credential::OpenId(&gone), &held.standing, &self.policy).is_err() {
            return Ok(Outcome::Refused);
        }
        let scopes: Vec<(AppId, Option<UnionScope>)> = (0..APPS).map(|at| (app(at), scope_of(at))).collect();
        let scope = |wanted: &AppId| scopes.iter().find(|(app, _)| app == wanted).and_then(|(_, scope)| scope.as_ref());
        store::link::unlink_open_id(&tx, account.id, (&gone, remove::union_to_go(account, &gone, scope)), now).await?;
        store::session::end_all_of(&tx, &[account.id], Some(id), now).await?;
        tx.commit().await?;
        Ok(Outcome::Done)
    }

    async fn merge(
        &self,
        session: usize,
        (other, choice): (usize, Choice),
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let tx = self.tables.store.begin().await?;
        let Some(session) = self.session(&tx, session).await? else { return Ok(Outcome::Nothing) };
        let active = user::Entity::find().filter(user::Column::Status.eq(Status::Active));
        let active = active.order_by_asc(user::Column::CreatedAt).all(&self.tables.db).await.unwrap();
        let users = [session.user, active[other % active.len()].id];
        if users[0] == users[1] {
            return Ok(Outcome::Nothing);
        }
        let cooling_until = store::merge::cooling_until(&tx.look(), &users).await?;
        let standing = session.standing(cooling_until, now);
        let confirmation = Confirmation { standing, second_proof: SecondProof::NotNeeded };
        let [own, others] = store::merge::sides(&tx.look(), users).await?.ok_or(StoreError::changed("users"))?;
        let chosen = choices(&merge::preview(&own, &others).clashes, choice, users);
        let plan = merge::plan(&own, &others, &chosen);
        let (Ok(()), Ok(plan)) = (merge::may_confirm(&confirmation, &self.policy), plan) else {
            return Ok(Outcome::Refused);
        };
        store::merge::merge_users(&tx, &plan, &Grounds::Person, now).await?;
        store::session::end_all_of(&tx, &users, Some(session.id), now).await?;
        if plan.into != session.user {
            store::session::reassign(&tx, session.id, plan.into, &hash(session.id)).await?;
        }
        tx.commit().await?;
        Ok(Outcome::Done)
    }

    async fn undo(&self, back: usize, now: Timestamp) -> Result<Outcome, StoreError> {
        let merges = link_event::Entity::find().filter(link_event::Column::After.contains("\"moved\""));
        let merges = merges.order_by_asc(link_event::Column::At).all(&self.tables.db).await.unwrap();
        let Some(at) = merges.len().checked_sub(1 + back) else { return Ok(Outcome::Nothing) };
        let tx = self.tables.store.begin().await?;
        let merge = store::merge::find(&tx.look(), merges[at].id).await?.expect("what moved something is a merge");
        if !merge::may_undo(merge.at, now) {
            return Ok(Outcome::Refused);
        }
        match store::merge::undo(&tx, merge.id, &Grounds::Person, now).await {
            Ok(undone) => assert!(undone.is_some(), "a merge of the journal is found"),
            Err(UndoError::Refused(_)) => return Ok(Outcome::Refused),
            Err(UndoError::Store(error)) => return Err(error),
        }
        store::session::end_all_of(&tx, &[merge.from, merge.into], None, now).await?;
        tx.commit().await?;
        Ok(Outcome::Done)
    }

    async fn import(
        &self,
        member: usize,
        (at, last_proof_at): (Option<usize>, Option<Timestamp>),
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let created_at = Some(imported_at(now));
        let (external_id, phone) = (external_id(member), at.map(number));
        let tx = self.tables.store.begin().await?;
        let (open_ids, union_ids) = (Vec::new(), Vec::new());
        let imported =
            ImportedUser { external_id, phone, nickname: None, created_at, last_proof_at, open_ids, union_ids };
        let imported = store::import::import_users(&tx, &[imported], now).await?;
        tx.commit().await?;
        Ok(match imported[..] {
            [Imported::Refused { .. }] => Outcome::Refused,
            [_] => Outcome::Done,
            _ => panic!("one account has one outcome: {imported:?}"),
        })
    }

    async fn order(
        &self,
        [app, person, order]: [usize; 3],
        status: OrderStatus,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let OpenKey { app: app_id, open_id } = open_key(app, person);
        let report = Report {
            app: app_id,
            order_no: order_no([app, person, order]),
            open_id,
            status,
            total: Money { minor: PRICE, currency: "CNY".parse().unwrap() },
            // Each order is placed in a month of its own.
            placed_at: crate::model::BEGIN.plus(TimeDelta::days(40 * i64::try_from(order).expect("few"))),
            shop_updated_at: None,
            items: Vec::new(),
            refunds: None,
            deliveries: None,
        };
        let tx = self.tables.store.begin().await?;
        match store::order::record(&tx, &[report], now).await {
            Ok(_) => {}
            Err(RecordError::Store(error)) => return Err(error),
            Err(clash) => panic!("{clash:?}"),
        }
        tx.commit().await?;
        Ok(Outcome::Done)
    }
}

/// A refresh token that no client presents.
fn hash(id: SessionId) -> [u8; 32] {
    let half = *id.uuid().as_bytes();
    std::array::from_fn(|at| half[at % 16])
}

/// Empties every table, including the journal, which the store only appends to.
pub(crate) async fn forget_everything(db: &DatabaseConnection) {
    let aside = match db.get_database_backend() {
        DbBackend::Postgres => "ALTER TABLE link_events DISABLE TRIGGER link_events_refuse",
        _ => "DROP TRIGGER IF EXISTS link_events_refuse_delete",
    };
    db.execute_unprepared(aside).await.unwrap();
    session::Entity::delete_many().exec(db).await.unwrap();
    merge_undo::Entity::delete_many().exec(db).await.unwrap();
    conflict::Entity::delete_many().exec(db).await.unwrap();
    link_event::Entity::delete_many().exec(db).await.unwrap();
    order_item::Entity::delete_many().exec(db).await.unwrap();
    order_refund::Entity::delete_many().exec(db).await.unwrap();
    order_delivery::Entity::delete_many().exec(db).await.unwrap();
    order_change::Entity::delete_many().exec(db).await.unwrap();
    order::Entity::delete_many().exec(db).await.unwrap();
    order_total::Entity::delete_many().exec(db).await.unwrap();
    phone::Entity::delete_many().exec(db).await.unwrap();
    union_id::Entity::delete_many().exec(db).await.unwrap();
    open_id::Entity::delete_many().exec(db).await.unwrap();
    let alone = user::ActiveModel { merged_into: sea_orm::Set(None), ..Default::default() };
    user::Entity::update_many().set(alone).exec(db).await.unwrap();
    user::Entity::delete_many().exec(db).await.unwrap();
}

/// The contents of the tables, in the types of the model.
pub(crate) async fn picture(tables: &Tables, crowd: Crowd) -> Picture {
    let db = &tables.db;
    let hashed = |at| {
        let number = number(at).e164().to_owned();
        (tables.store.keyed_hash("phones.active_hash", number.as_bytes()).to_vec(), number)
    };
    let numbers: BTreeMap<Vec<u8>, String> = (0..crowd.numbers).map(hashed).collect();
    let users = user::Entity::find().all(db).await.unwrap();
    let by_id: BTreeMap<UserId, &user::Model> = users.iter().map(|user| (user.id, user)).collect();
    let name = |id: UserId| by_id[&id].created_at;
    let survivor = |id| {
        let mut row = by_id[&id];
        while let Some(into) = row.merged_into {
            row = by_id[&into];
        }
        row.created_at
    };
    let links = open_id::Entity::find().all(db).await.unwrap();
    let key = |link: &open_id::Model| (link.app.to_string(), link.open_id.to_string());
    let keys: BTreeMap<_, _> = links.iter().map(|link| (link.id, key(link))).collect();
    let unions = union_id::Entity::find().all(db).await.unwrap();
    let phones = phone::Entity::find().filter(phone::Column::ActiveHash.is_not_null()).all(db).await.unwrap();
    let orders = order::Entity::find().all(db).await.unwrap();
    let sessions = session::Entity::find().filter(session::Column::EndedAt.is_null()).all(db).await.unwrap();
    Picture {
        people: users
            .iter()
            .map(|user| {
                let external_id = user.external_id.as_ref().map(ToString::to_string);
                (user.created_at, (user.merged_into.map(name), external_id, user.cooling_until))
            })
            .collect(),
        links: links.iter().map(|link| (key(link), link.user_id.map(name))).collect(),
        unions: unions
            .iter()
            .map(|union| ((union.scope.to_string(), union.union_id.to_string()), name(union.user_id)))
            .collect(),
        numbers: phones
            .iter()
            .map(|row| {
                let owner = row.active_user.map_or_else(|| survivor(row.user_id), name);
                let hash = row.active_hash.as_ref().expect("the phone is active");
                (numbers[hash].clone(), (owner, row.kept_until, row.last_proof_at))
            })
            .collect(),
        orders: orders
            .iter()
            .map(|order| (order.order_no.as_str().to_owned(), (keys[&order.link_id].clone(), order.total_minor)))
            .collect(),
        sessions: sessions.iter().map(|session| (session.signed_in_at, name(session.user_id))).collect(),
    }
}

/// All accounts, the oldest first.
pub(crate) async fn people(db: &DatabaseConnection) -> Vec<UserId> {
    let users = user::Entity::find().order_by_asc(user::Column::CreatedAt).all(db).await.unwrap();
    users.into_iter().map(|user| user.id).collect()
}

/// The two accounts of each open case.
pub(crate) async fn open_cases(db: &DatabaseConnection) -> Vec<[UserId; 2]> {
    let open = conflict::Entity::find().filter(conflict::Column::ClosedAt.is_null()).all(db).await.unwrap();
    open.into_iter().filter_map(|case| Some([case.user_id, case.other_user_id?])).collect()
}
