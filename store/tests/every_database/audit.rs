//! The audit and its chain are append-only, and every change is detected.

use chrono::TimeDelta;
use domain::{AuditAction, ServiceTokenId, SessionId, Timestamp, UserId};
use migration::throwaway::{Database, Server};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::audit::{AuditEvent, AuditFilter, ChainKeys, Checked, Expected, Head};
use store::user::StatusChange;
use store::{Actor, Front, Place, Store, StoreError};

use crate::concurrency::at_once;
use crate::world::{NOW, connect, minutes, proof, sign_in};

/// These tests need raw SQL for what the store cannot do.
macro_rules! on_every_database_with_sql {
    ($($name:ident),+ $(,)?) => {
        on_every_database_with_sql!(@on sqlite, Sqlite, $($name),+);
        #[cfg(feature = "postgres")]
        on_every_database_with_sql!(@on postgres, Postgres, $($name),+);
        #[cfg(feature = "mariadb")]
        on_every_database_with_sql!(@on mariadb, MariaDb, $($name),+);
    };
    (@on $module:ident, $server:ident, $($name:ident),+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::with_sql(super::Server::$server, super::$name).await;
                }
            )+
        }
    };
}
on_every_database_with_sql!(
    the_audit_is_read_newest_first_and_as_it_is_filtered,
    written_entries_cannot_be_changed_or_deleted,
    every_event_gets_its_place_in_the_chain_and_the_chain_is_sound,
    an_event_that_was_changed_is_named,
    an_event_that_was_deleted_is_named_unless_the_retention_says_so,
    a_row_of_the_chain_that_was_changed_moved_or_deleted_is_named,
    a_chain_that_was_cut_off_is_told_by_its_anchor_and_by_what_is_not_sealed,
    a_chain_that_was_rewritten_without_the_key_is_forged,
    rows_of_an_older_key_are_vouched_for_by_an_anchor_alone,
    what_an_older_version_wrote_is_sealed_too,
    many_writers_and_many_sealers_at_once_make_one_sound_chain,
);

struct World {
    store: Store,
    sql: DatabaseConnection,
    server: Server,
}

async fn with_sql<F: Future<Output = ()>>(server: Server, test: impl FnOnce(World) -> F) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    let sql = sea_orm::Database::connect(database.url()).await.expect("a connection");
    test(World { store: store.clone(), sql: sql.clone(), server }).await;
    sql.close().await.expect("the connection closes");
    store.close().await;
    database.drop_now().await;
}

impl World {
    /// What the owner of the database, who can drop the triggers, can do.
    async fn attack(&self, table: &str, statements: &[&str]) {
        let names = |acts: &[&str]| acts.iter().map(|act| format!("DROP TRIGGER {table}_{act}")).collect::<Vec<_>>();
        let aside = match self.server {
            Server::Postgres => vec![format!("ALTER TABLE {table} DISABLE TRIGGER USER")],
            Server::Sqlite => names(&["refuse_update", "refuse_delete", "refuse_insert"]),
            Server::MariaDb => names(&["refuse_update", "refuse_delete"]),
        };
        for statement in aside.iter().map(String::as_str).chain(statements.iter().copied()) {
            self.sql.execute_unprepared(statement).await.expect(statement);
        }
    }

    async fn write(&self, event: &AuditEvent) {
        let tx = self.store.begin().await.unwrap();
        store::audit::add(&tx, event).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Three audit events and one journal event, because a person logs in first.
    async fn four_events(&self) -> [AuditEvent; 3] {
        let lan = sign_in(&self.store, &proof("shop", "oLan", None), NOW).await.user;
        let event = |minute| AuditEvent::new(AuditAction::SessionEnded, Actor::Person, minutes(minute)).about(lan);
        let events = [event(1), event(2), event(3)];
        for event in &events {
            self.write(event).await;
        }
        assert_eq!(seal(&self.store, &Keys("one")).await, 4);
        events
    }

    async fn check(&self, keys: &Keys, expected: &Expected) -> Checked {
        store::audit::check(&self.store.view(), keys, expected, minutes(60)).await.unwrap()
    }

    async fn faults(&self) -> Vec<String> {
        told(&self.check(&Keys("one"), &Expected::default()).await)
    }
}

fn told(checked: &Checked) -> Vec<String> {
    checked.faults.iter().map(ToString::to_string).collect()
}

/// Keys by name; a deployment with the key "two" no longer has "one".
struct Keys(&'static str);

impl ChainKeys for Keys {
    fn newest(&self) -> &str {
        self.0
    }

    fn mac(&self, key_id: &str, hash: &[u8; 32]) -> Option<[u8; 32]> {
        (key_id == self.0).then(|| Sha256::new().chain_update(key_id).chain_update(hash).finalize().into())
    }
}

async fn seal(store: &Store, keys: &Keys) -> usize {
    let tx = store.begin().await.unwrap();
    let sealed = store::audit::seal(&tx, keys, minutes(5)).await.unwrap();
    tx.commit().await.unwrap();
    sealed
}

async fn the_audit_is_read_newest_first_and_as_it_is_filtered(world: World) {
    let lan = sign_in(&world.store, &proof("shop", "oLan", None), NOW).await.user;
    let token = ServiceTokenId::new(NOW);
    let first = AuditEvent::new(AuditAction::UserDisabled, Actor::Operator(token.into()), minutes(1)).about(lan);
    let second =
        AuditEvent::new(AuditAction::DataKeyMade, Actor::Command, minutes(2)).saying(json!({ "because": "兰 🌿" }));
    let third = AuditEvent {
        app: Some("wxshop".parse().unwrap()),
        ..AuditEvent::new(AuditAction::SessionEnded, Actor::Person, minutes(3))
    };
    let third = third.about(lan).in_session(SessionId::new(NOW));
    for event in [&first, &second, &third] {
        world.write(event).await;
    }
    let place = Place { at: second.at, id: second.id.uuid() };
    let read = async |filter: AuditFilter, after, limit| {
        store::audit::page(&world.store.view(), &filter, &Front { after, limit }).await.unwrap()
    };
    let all = AuditFilter::default;

    assert_eq!(read(all(), None, 10).await, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(read(all(), None, 1).await, std::slice::from_ref(&third));
    assert_eq!(read(all(), Some(place), 10).await, std::slice::from_ref(&first));
    assert_eq!(read(AuditFilter { since: Some(minutes(2)), ..all() }, None, 10).await, [third.clone(), second.clone()]);
    assert_eq!(read(AuditFilter { users: Some(vec![lan]), ..all() }, None, 10).await, [third, first.clone()]);
    assert_eq!(read(AuditFilter { token: Some(token), ..all() }, None, 10).await, [first]);
    let rotated = AuditFilter { actions: Some(vec![AuditAction::DataKeyMade]), ..all() };
    assert_eq!(read(rotated, None, 10).await, [second]);
}

async fn written_entries_cannot_be_changed_or_deleted(world: World) {
    world.four_events().await;
    let tables =
        [("audit_events", "detail", "id"), ("link_events", "evidence", "id"), ("audit_chain", "key_id", "seq")];
    let count = async |table: &str| {
        let count = format!("SELECT COUNT(*) AS n FROM {table} WHERE 'x' <> 'y'");
        let statement = sea_orm::Statement::from_string(world.sql.get_database_backend(), count);
        world.sql.query_one_raw(statement).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };

    for (table, column, key) in tables {
        let before = count(table).await;
        let mut attempts = vec![
            format!("UPDATE {table} SET {column} = 'x'"),
            format!("DELETE FROM {table}"),
            format!("DELETE FROM {table} WHERE {key} IS NOT NULL"),
        ];
        match world.server {
            Server::Postgres => attempts.push(format!("TRUNCATE {table} CASCADE")),
            Server::Sqlite => attempts.push(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}")),
            Server::MariaDb => {
                attempts.push(format!("REPLACE INTO {table} SELECT * FROM {table}"));
                let again = format!("INSERT INTO {table} SELECT * FROM {table}");
                attempts.push(format!("{again} ON DUPLICATE KEY UPDATE {column} = 'x'"));
            }
        }
        for attempt in attempts {
            let refused = world.sql.execute_unprepared(&attempt).await.expect_err(&attempt).to_string();
            assert!(refused.contains(&format!("{table} is append-only")), "{attempt}: {refused}");
        }
        assert_eq!(count(table).await, before);
    }
    assert_eq!(world.faults().await, Vec::<String>::new());
}

async fn every_event_gets_its_place_in_the_chain_and_the_chain_is_sound(world: World) {
    world.four_events().await;
    world.write(&AuditEvent::new(AuditAction::KeyInUse, Actor::System, minutes(59))).await;

    let checked = world.check(&Keys("one"), &Expected::default()).await;

    let head = store::audit::chain_head(&world.store.view()).await.unwrap();
    assert_eq!(head.map(|head| head.seq), Some(4));
    assert_eq!(checked, Checked { head, waiting: 1, ..Checked::default() });
    assert_eq!((seal(&world.store, &Keys("one")).await, seal(&world.store, &Keys("one")).await), (1, 0));
    let anchors = vec![head.unwrap()];
    let later = world.check(&Keys("one"), &Expected { anchors, pruned_before: None }).await;
    assert_eq!((told(&later), later.head.unwrap().seq), (vec![], 5));
}

async fn an_event_that_was_changed_is_named(world: World) {
    let [first, ..] = world.four_events().await;
    let at = first.at.millis();

    world.attack("audit_events", &[&format!("UPDATE audit_events SET actor = 'system' WHERE at = {at}")]).await;
    world.attack("link_events", &["UPDATE link_events SET evidence = '{}'"]).await;

    let faults = world.faults().await;
    assert_eq!(faults.len(), 2);
    assert!(faults[0].starts_with("evt_") && faults[0].ends_with(" (row 1) was changed"), "{faults:?}");
    assert_eq!(faults[1], format!("{} (row 2) was changed", first.id));
}

async fn an_event_that_was_deleted_is_named_unless_the_retention_says_so(world: World) {
    let [first, second, _] = world.four_events().await;
    let upto = second.at.millis();

    world.attack("audit_events", &[&format!("DELETE FROM audit_events WHERE at <= {upto}")]).await;

    let missing = [format!("{} (row 2) is missing", first.id), format!("{} (row 3) is missing", second.id)];
    assert_eq!(world.faults().await, missing);
    let retention = Expected { anchors: vec![], pruned_before: Some(second.at) };
    let checked = world.check(&Keys("one"), &retention).await;
    assert_eq!((told(&checked), checked.pruned), (missing[1..].to_vec(), 1));
}

async fn a_row_of_the_chain_that_was_changed_moved_or_deleted_is_named(world: World) {
    let [first, second, third] = world.four_events().await;
    world.attack("audit_chain", &["UPDATE audit_chain SET sealed_at = sealed_at + 1 WHERE seq = 2"]).await;
    let changed = world.faults().await;
    let swap = [
        "UPDATE audit_chain SET sealed_at = sealed_at - 1 WHERE seq = 2",
        "UPDATE audit_chain SET seq = 99 WHERE seq = 2",
        "UPDATE audit_chain SET seq = 2 WHERE seq = 3",
        "UPDATE audit_chain SET seq = 3 WHERE seq = 99",
    ];
    for statement in swap {
        world.sql.execute_unprepared(statement).await.unwrap();
    }
    let moved = world.faults().await;

    world.sql.execute_unprepared("DELETE FROM audit_chain WHERE seq = 3").await.unwrap();

    let follows = |seq: u8, event: &AuditEvent| {
        format!("row {seq} ({}) does not follow from the row before it: it was changed or moved", event.id)
    };
    assert_eq!(changed, [follows(2, &first)]);
    assert_eq!(moved, [follows(2, &second), follows(3, &first), follows(4, &third)]);
    let left = world.faults().await;
    let gone = ["rows 3 to 3 of the chain are missing".to_owned(), format!("{} is not in the chain", first.id)];
    assert_eq!(left, [&[follows(2, &second)], &gone[..]].concat());
}

async fn a_chain_that_was_cut_off_is_told_by_its_anchor_and_by_what_is_not_sealed(world: World) {
    let [.., third] = world.four_events().await;
    let anchors = vec![store::audit::chain_head(&world.store.view()).await.unwrap().unwrap()];

    world.attack("audit_chain", &["DELETE FROM audit_chain WHERE seq = 4"]).await;
    let without_row = world.faults().await;
    world.attack("audit_events", &[&format!("DELETE FROM audit_events WHERE at = {}", third.at.millis())]).await;

    assert_eq!(without_row, [format!("{} is not in the chain", third.id)]);
    // Deleting the event too leaves no trace in the database, but the log has the anchor.
    assert_eq!(world.faults().await, Vec::<String>::new());
    let checked = world.check(&Keys("one"), &Expected { anchors, pruned_before: None }).await;
    assert_eq!(told(&checked), ["the chain is cut off: it had 4 rows"]);
}

async fn a_chain_that_was_rewritten_without_the_key_is_forged(world: World) {
    let [.., third] = world.four_events().await;
    let before = store::audit::chain_head(&world.store.view()).await.unwrap().unwrap();
    world
        .attack(
            "audit_events",
            &[&format!("UPDATE audit_events SET actor = 'system' WHERE at = {}", third.at.millis())],
        )
        .await;
    let again = "INSERT INTO audit_unsealed (event_id, source) SELECT event_id, source FROM audit_chain WHERE seq = 4";
    world.attack("audit_chain", &[again, "DELETE FROM audit_chain WHERE seq = 4"]).await;

    // The forger has the program but not the key.
    seal(&world.store, &Keys("two")).await;
    world.sql.execute_unprepared("UPDATE audit_chain SET key_id = 'one' WHERE seq = 4").await.unwrap();

    let checked = world.check(&Keys("one"), &Expected { anchors: vec![before], pruned_before: None }).await;
    let forged = format!("row 4 ({}) was not made by this service: its keyed hash is wrong", third.id);
    assert_eq!(told(&checked), [forged, "row 4 has a different hash than before: the chain was rewritten".to_owned()]);
}

async fn rows_of_an_older_key_are_vouched_for_by_an_anchor_alone(world: World) {
    let [first, ..] = world.four_events().await;
    world.write(&AuditEvent::new(AuditAction::DataKeyMade, Actor::Command, minutes(4))).await;
    seal(&world.store, &Keys("two")).await;

    let unvouched = world.check(&Keys("two"), &Expected::default()).await;
    let expected = Expected { anchors: unvouched.head.into_iter().collect(), ..Expected::default() };
    let checked = world.check(&Keys("two"), &expected).await;
    let at = first.at.millis();
    world.attack("audit_events", &[&format!("UPDATE audit_events SET actor = 'system' WHERE at = {at}")]).await;
    let changed = world.check(&Keys("two"), &expected).await;

    let fault =
        "rows up to 4 were sealed with keys that are not configured: give an anchor from the log at or after that row";
    assert_eq!((told(&unvouched), unvouched.unknown_keys), (vec![fault.to_owned()], 4));
    assert_eq!((told(&checked), checked.unknown_keys), (vec![], 4));
    assert_eq!(told(&changed), [format!("{} (row 2) was changed", first.id)]);
}

async fn what_an_older_version_wrote_is_sealed_too(world: World) {
    let lan = sign_in(&world.store, &proof("shop", "oLan", None), NOW).await.user;
    let event = AuditEvent::new(AuditAction::LoginRepeatRefused, Actor::System, minutes(1)).about(lan);
    world.write(&event).await;
    world.attack("audit_events", &["UPDATE audit_events SET actor = NULL"]).await;

    assert_eq!(seal(&world.store, &Keys("one")).await, 2);

    let all = Front { after: None, limit: 10 };
    assert_eq!(store::audit::page(&world.store.view(), &AuditFilter::default(), &all).await.unwrap(), [event]);
    assert_eq!(world.faults().await, Vec::<String>::new());
}

/// Accounts are locked and events are written and sealed concurrently: no request waits for the chain.
async fn many_writers_and_many_sealers_at_once_make_one_sound_chain(world: World) {
    let store = &world.store;
    let mut users = Vec::new();
    for n in 0..4 {
        users.push(sign_in(store, &proof("shop", &format!("oUser{n}"), None), NOW).await.user);
    }

    let done = at_once(32, |n| {
        let (store, user) = (store.clone(), users[n % 4]);
        async move {
            let mut lost = 0;
            for round in 0..5 {
                let attempt =
                    if n < 8 { seal_once(&store).await } else { disable_or_enable(&store, user, round % 2 == 0).await };
                match attempt {
                    Ok(()) => {}
                    Err(StoreError::Contended(_)) => lost += 1,
                    Err(other) => panic!("{other:?}"),
                }
            }
            (n < 8, lost)
        }
    })
    .await;

    // A sealer may conflict with another sealer. A writer never conflicts because of the chain.
    let lost_by_writers: u32 = done.iter().filter(|(is_sealer, _)| !is_sealer).map(|(_, lost)| lost).sum();
    assert_eq!(lost_by_writers, 0);
    while seal(store, &Keys("one")).await > 0 {}
    let checked = world.check(&Keys("one"), &Expected::default()).await;
    let mut journaled = 0;
    for user in &users {
        journaled += store::history::events(&store.view(), *user).await.unwrap().len();
    }
    let audited =
        store::audit::page(&store.view(), &AuditFilter::default(), &Front { after: None, limit: 1_000 }).await.unwrap();
    assert_eq!((told(&checked), checked.waiting), (vec![], 0));
    assert_eq!(checked.head.map(|head: Head| head.seq), i64::try_from(journaled + audited.len()).ok());
    assert_eq!(audited.len(), 24 * 5);
}

async fn seal_once(store: &Store) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    store::audit::seal(&tx, &Keys("one"), minutes(5)).await?;
    tx.commit().await
}

async fn disable_or_enable(store: &Store, user: UserId, disable: bool) -> Result<(), StoreError> {
    let now: Timestamp = NOW.plus(TimeDelta::minutes(1));
    let tx = store.begin().await?;
    let order = StatusChange { disable, by: Actor::Command, reason: "a test".to_owned() };
    store::user::set_status(&tx, user, &order, now).await?;
    store::audit::add(&tx, &AuditEvent::new(AuditAction::UserDisabled, Actor::Command, now).about(user)).await?;
    tx.commit().await
}
