//! The data keys: created once, opened with the right secret only, rotated during writes; and numbers that an older
//! version stored in clear.

use domain::{SessionId, UserId};
use entities::{data_key, phone};
use futures::future::join_all;
use migration::throwaway::{Database, Server};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseConnection, EntityTrait, QueryOrder, TransactionTrait};
use store::Store;
use store::key::{Locked, UnlockError};

use crate::tokens::send;
use crate::world::{NOW, connect, import, member, number, options, sealer};

/// These tests begin with a database that no store has opened, and read it without the store.
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
                    super::$name(super::Server::$server).await;
                }
            )+
        }
    };
}
on_every_database_with_sql!(
    replicas_that_start_at_once_agree_on_one_key,
    another_secret_opens_nothing_and_writes_nothing,
    a_new_secret_wraps_the_keys_again_and_the_old_one_may_go,
    keys_that_are_gone_are_not_made_again,
    a_number_does_not_open_in_another_row,
    a_change_of_the_key_seals_everything_anew_while_others_write,
    two_changes_of_the_key_at_once_make_one_key,
    a_change_that_was_interrupted_goes_on_where_it_was,
    numbers_in_clear_are_sealed_and_everything_works_as_before,
    several_replicas_may_seal_at_once,
);

async fn sql(database: &Database) -> DatabaseConnection {
    sea_orm::Database::connect(database.url()).await.expect("the database answers")
}

async fn keys(db: &DatabaseConnection) -> Vec<data_key::Model> {
    data_key::Entity::find().order_by_asc(data_key::Column::Id).all(db).await.expect("keys")
}

async fn with(database: &Database, secret: u8) -> Result<Store, UnlockError> {
    Store::connect(&options(database.url()), sealer(secret), NOW).await
}

/// Two secrets, of which the first wraps new keys.
fn both(first: u8, second: u8) -> store::key::Sealer {
    store::key::Sealer::new([first, second].into_iter().map(|secret| ([secret; 8], [secret; 32])))
}

async fn owner(store: &Store, phone: &str) -> Option<UserId> {
    store::phone::owner(&store.view(), &number(phone), NOW).await.expect("a look").map(|owner| owner.account.id)
}

async fn phone_of(store: &Store, user: UserId) -> Option<String> {
    let user = store::user::find(&store.view(), user).await.expect("a look").expect("a person");
    user.phone.map(|number| number.e164().to_owned())
}

async fn done(database: Database, stores: impl IntoIterator<Item = Store>) {
    for store in stores {
        store.close().await;
    }
    database.drop_now().await;
}

async fn replicas_that_start_at_once_agree_on_one_key(server: Server) {
    let database = Database::create(server).await;

    let stores: Vec<Store> = join_all((0..8).map(|_| connect(&database))).await;

    let hashes: Vec<_> = stores.iter().map(|store| store.keyed_hash("test", b"one")).collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    assert_eq!(keys(&sql(&database).await).await.len(), 2);
    import(&stores[0], &member("C-1", "13800000001")).await;
    let found = owner(&stores[7], "13800000001").await.expect("an owner");
    assert_eq!(phone_of(&stores[3], found).await.as_deref(), Some("+8613800000001"));
    done(database, stores).await;
}

async fn another_secret_opens_nothing_and_writes_nothing(server: Server) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    let before = keys(&sql(&database).await).await;

    let locked = Locked::connect(&options(database.url())).await.expect("a connection");
    let verified = locked.verify(&sealer(2)).await;
    let opened = with(&database, 2).await.map(|_| ());

    assert!(matches!(verified, Err(UnlockError::WrongSecret { .. })), "{verified:?}");
    assert!(matches!(opened, Err(UnlockError::WrongSecret { .. })), "{opened:?}");
    assert_eq!(keys(&sql(&database).await).await, before);
    let told = locked.keys(&sealer(2)).await.expect("keys");
    assert_eq!(told.iter().map(|key| key.secret).collect::<Vec<_>>(), [None, None]);
    locked.close().await;
    done(database, [store]).await;
}

async fn a_new_secret_wraps_the_keys_again_and_the_old_one_may_go(server: Server) {
    let database = Database::create(server).await;
    let old = connect(&database).await;
    import(&old, &member("C-1", "13800000001")).await;

    let options = options(database.url());
    let both = Store::connect(&options, both(2, 1), NOW).await.expect("one of the two opens");
    let new = with(&database, 2).await.expect("the new one opens alone");

    let found = owner(&new, "13800000001").await.expect("an owner");
    assert_eq!(phone_of(&new, found).await.as_deref(), Some("+8613800000001"));
    assert!(matches!(with(&database, 1).await, Err(UnlockError::WrongSecret { .. })));
    done(database, [old, both, new]).await;
}

async fn keys_that_are_gone_are_not_made_again(server: Server) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    import(&store, &member("C-1", "13800000001")).await;
    let db = sql(&database).await;
    data_key::Entity::delete_many().exec(&db).await.expect("a delete");

    let opened = with(&database, 1).await.map(|_| ());

    assert!(matches!(opened, Err(UnlockError::Gone)), "{opened:?}");
    assert_eq!(keys(&db).await, Vec::<data_key::Model>::new());
    done(database, [store]).await;
}

async fn a_number_does_not_open_in_another_row(server: Server) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    import(&store, &member("C-1", "13800000001")).await;
    import(&store, &member("C-2", "13800000002")).await;
    let db = sql(&database).await;
    let rows = phone::Entity::find().order_by_asc(phone::Column::Id).all(&db).await.expect("phones");

    let mut swapped: phone::ActiveModel = rows[0].clone().into();
    swapped.sealed_number = Set(rows[1].sealed_number.clone());
    phone::Entity::update(swapped).exec(&db).await.expect("an update");

    let looked = store::user::find(&store.view(), rows[0].user_id).await;
    assert!(matches!(looked, Err(store::StoreError::Corrupt { table: "phones", .. })), "{looked:?}");
    done(database, [store]).await;
}

async fn make_key(store: &Store) {
    let tx = store.begin().await.expect("a transaction");
    store::key::add_sealing_key(&tx, NOW).await.expect("a key");
    tx.commit().await.expect("a commit");
}

fn phone_at(at: usize) -> String {
    format!("138000{at:05}")
}

async fn a_change_of_the_key_seals_everything_anew_while_others_write(server: Server) {
    let database = Database::create(server).await;
    let (one, other) = (connect(&database).await, connect(&database).await);
    for at in 0..30 {
        import(&one, &member(&format!("C-{at}"), &phone_at(at))).await;
    }
    make_key(&one).await;
    one.refresh_keys().await.expect("the keys");

    // The other replica does not have the key yet: it finds the key's id in the rows.
    let writer = async {
        for at in 30..60 {
            import(&other, &member(&format!("C-{at}"), &phone_at(at))).await;
            let found = owner(&other, &phone_at(at - 30)).await.expect("an owner");
            assert_eq!(phone_of(&other, found).await, Some(format!("+86{}", phone_at(at - 30))));
        }
    };
    let rotation = async {
        while one.has_older_seals().await.expect("a look") {
            one.reseal_numbers(|_| {}).await.expect("new seals");
        }
    };
    futures::join!(writer, rotation);
    one.reseal_numbers(|_| {}).await.expect("new seals");

    assert!(!one.has_older_seals().await.expect("a look"));
    for store in [&one, &other] {
        for at in 0..60 {
            let found = owner(store, &phone_at(at)).await.expect("an owner");
            assert_eq!(phone_of(store, found).await, Some(format!("+86{}", phone_at(at))));
        }
    }
    let locked = Locked::connect(&options(database.url())).await.expect("a connection");
    let told: Vec<_> = locked
        .keys(&sealer(1))
        .await
        .expect("keys")
        .iter()
        .map(|key| (key.seals, key.is_newest, key.numbers))
        .collect();
    assert_eq!(told, [(false, true, 0), (true, false, 0), (true, true, 60)]);
    locked.close().await;
    done(database, [one, other]).await;
}

async fn two_changes_of_the_key_at_once_make_one_key(server: Server) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    let make = || async {
        let tx = store.begin().await.expect("a transaction");
        store::key::add_sealing_key(&tx, NOW).await?;
        tx.commit().await
    };

    let first = store.begin().await.expect("a transaction");
    store::key::add_sealing_key(&first, NOW).await.expect("a key");
    let (second, ()) = futures::join!(make(), async { first.commit().await.expect("a commit") });

    // The second one either waited and created the next key, or lost the race and created none. No key is created
    // twice.
    let ordinals: Vec<_> =
        keys(&sql(&database).await).await.into_iter().map(|key| (key.purpose, key.ordinal)).collect();
    let unique: std::collections::HashSet<_> =
        ordinals.iter().map(|(purpose, ordinal)| format!("{purpose:?}{ordinal}")).collect();
    assert_eq!(unique.len(), ordinals.len());
    assert_eq!(ordinals.len(), if second.is_ok() { 4 } else { 3 });
    done(database, [store]).await;
}

async fn a_change_that_was_interrupted_goes_on_where_it_was(server: Server) {
    let database = Database::create(server).await;
    let store = connect(&database).await;
    let users: Vec<_> = (0..700).map(|at| member(&format!("C-{at}"), &phone_at(at))).collect();
    for batch in users.chunks(350) {
        let tx = store.begin().await.expect("a transaction");
        store::import::import_users(&tx, batch, NOW).await.expect("an import");
        tx.commit().await.expect("a commit");
    }
    make_key(&store).await;
    store.refresh_keys().await.expect("the keys");

    // A panic in the middle stands for a process killed after its first batch.
    let killed = {
        let store = store.clone();
        tokio::spawn(async move { store.reseal_numbers(|_| panic!("killed")).await }).await
    };
    assert!(killed.is_err());
    let again = connect(&database).await;
    assert!(again.has_older_seals().await.expect("a look"));

    assert_eq!(again.reseal_numbers(|_| {}).await.expect("new seals"), 200);
    assert!(!again.has_older_seals().await.expect("a look"));
    done(database, [store, again]).await;
}

/// A database as the previous version left it: numbers in clear, one of them kept after a change, one long ended.
async fn older(server: Server, people: usize) -> Database {
    let database = Database::as_of(server, "m0007_identity").await;
    let db = sql(&database).await;
    for at in 0..people {
        let id = at + 1;
        let values = match at {
            1 => format!("'+86{}', '+86{}', NULL, {}", phone_at(at), phone_at(at), NOW.millis() + 1_000),
            2 => format!("'+86{}', NULL, NULL, NULL", phone_at(at)),
            _ => format!("'+86{}', '+86{}', {}, NULL", phone_at(at), phone_at(at), uuid(&db, id)),
        };
        let user = uuid(&db, id);
        for statement in [
            format!("INSERT INTO users (id, status, created_at, updated_at) VALUES ({user}, 'ACTIVE', 1, 1)"),
            format!(
                "INSERT INTO phones (id, user_id, proof, created_at, number, active_number, active_user, kept_until) \
                 VALUES ({}, {user}, 'CODE', 1, {values})",
                uuid(&db, id + 100_000)
            ),
        ] {
            db.execute_unprepared(&statement).await.expect("a row of the older version");
        }
    }
    db.close().await.expect("the connection closes");
    database
}

/// An id in the database's format.
fn uuid(db: &DatabaseConnection, n: usize) -> String {
    match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => format!("'00000000-0000-7000-8000-{n:012x}'"),
        _ => format!("X'00000000000070008000{n:012x}'"),
    }
}

fn user(n: usize) -> UserId {
    format!("usr_00000000000070008000{n:012x}").parse().expect("an id")
}

/// A database whose numbers are sealed, and whose clear columns are still there.
pub(crate) async fn sealed(server: Server) -> Database {
    let database = older(server, 3).await;
    migration::up(database.url()).await.expect("a migration");
    let store = connect(&database).await;
    store.seal_clear_numbers(|_| {}).await.expect("sealed");
    store.close().await;
    database
}

/// A reader keeps SQLite's log from being emptied, and the former pages in the file.
#[tokio::test]
async fn the_columns_stay_until_no_other_program_reads_sqlite() {
    let database = sealed(Server::Sqlite).await;
    let other = sea_orm::Database::connect(database.url()).await.expect("a connection");
    let reads = other.begin().await.expect("a transaction");
    reads.execute_unprepared("SELECT COUNT(*) FROM phones").await.expect("a snapshot");

    let refused = migration::drop_clear_numbers(database.url()).await.expect_err("a refusal").to_string();

    assert!(refused.contains("another program reads the database"), "{refused}");
    assert!(migration::has_clear_numbers(database.url()).await.expect("a look"));
    reads.rollback().await.expect("an end");
    other.close().await.expect("a connection that ends");
    migration::drop_clear_numbers(database.url()).await.expect("the columns go");
    assert_eq!(places_of(&database, &phone_at(2)).await, [""; 0]);
}

async fn numbers_in_clear_are_sealed_and_everything_works_as_before(server: Server) {
    // More than two batches.
    let database = older(server, 1_100).await;

    assert!(!places_of(&database, &phone_at(7)).await.is_empty());
    migration::up(database.url()).await.expect("a migration");
    assert!(migration::has_clear_numbers(database.url()).await.expect("a look"));
    // The columns are not dropped while a number is in clear.
    migration::drop_clear_numbers(database.url()).await.expect("a refusal");
    let store = connect(&database).await;
    assert_eq!(store.seal_clear_numbers(|_| {}).await.expect("sealed"), 1_100);
    migration::drop_clear_numbers(database.url()).await.expect("the columns go");

    assert!(!migration::has_clear_numbers(database.url()).await.expect("a look"));
    assert_eq!(owner(&store, &phone_at(0)).await, Some(user(1)));
    assert_eq!(phone_of(&store, user(1)).await, Some(format!("+86{}", phone_at(0))));
    assert_eq!((owner(&store, &phone_at(1)).await, phone_of(&store, user(2)).await), (Some(user(2)), None));
    assert_eq!(owner(&store, &phone_at(2)).await, None);
    assert_eq!(owner(&store, &phone_at(1_099)).await, Some(user(1_100)));
    let taken = import(&store, &member("C-1", &phone_at(5))).await;
    assert!(
        matches!(taken, store::import::Imported::Updated(_) | store::import::Imported::Refused { .. }),
        "{taken:?}"
    );
    send(&store, SessionId::new(NOW), NOW).await;
    store.close().await;
    for at in [0, 1, 2, 7, 1_099] {
        assert_eq!(places_of(&database, &phone_at(at)).await, [""; 0]);
    }
    database.drop_now().await;
}

async fn several_replicas_may_seal_at_once(server: Server) {
    let database = older(server, 1_100).await;
    migration::up(database.url()).await.expect("a migration");
    let stores: Vec<Store> = join_all((0..4).map(|_| connect(&database))).await;

    join_all(stores.iter().map(|store| store.seal_clear_numbers(|_| {}))).await.into_iter().for_each(|sealed| {
        sealed.expect("sealed");
    });
    join_all((0..4).map(|_| migration::drop_clear_numbers(database.url()))).await.into_iter().for_each(|dropped| {
        dropped.expect("the columns go");
    });

    for at in [0, 600, 1_099] {
        assert_eq!(owner(&stores[at % 4], &phone_at(at)).await, Some(user(at + 1)));
    }
    done(database, stores).await;
}

/// The places of a number in clear, in the tables and in the files of the database.
async fn places_of(database: &Database, digits: &str) -> Vec<String> {
    let cells = database.dump().await.into_iter().chain(database.files());
    let found = cells.filter(|cell| cell.bytes.windows(digits.len()).any(|window| window == digits.as_bytes()));
    found.map(|cell| cell.place).collect()
}
