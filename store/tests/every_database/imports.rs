//! Imports of accounts, including repeated ones.

use domain::import::Clash;
use domain::{Rule, UserId};
use store::import::{Imported, ImportedUser, Named};
use store::merge::Grounds;
use store::user::User;
use store::{Actor, Store};

use crate::sessions::open;
use crate::world::{NOW, import, key, member, minutes, number, orders_of, proof, record, report, sign_in, union};

crate::on_every_database!(
    an_account_is_imported_and_read_back,
    the_same_import_twice_changes_nothing,
    an_import_fills_what_is_missing_and_overwrites_nothing,
    a_younger_proof_of_the_phone_is_kept_and_an_older_one_is_not,
    r4b_a_phone_is_never_taken_from_another_account,
    r4d_another_phone_is_not_taken_over,
    an_account_that_was_merged_is_found_where_it_went,
    free_keys_are_given_and_orders_come_with_them,
    an_account_that_is_known_by_its_open_id_gets_the_companys_id,
    r1c_a_shell_with_a_key_of_the_row_goes_into_the_account_and_can_be_taken_out_again,
    r1c_an_account_with_orders_keeps_the_open_id,
    r9_a_second_open_id_in_one_app_is_refused,
    a_refused_row_writes_nothing_and_hinders_no_other_row,
    rows_of_one_batch_come_one_after_the_other,
    a_key_that_an_import_gave_ends_the_sessions,
    a_forecast_says_what_the_import_then_does,
    a_forecast_sees_across_batches_and_writes_nothing,
);

const PHONE: &str = "13800000001";

async fn an_account_is_imported_and_read_back(store: Store) {
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    let expected = User {
        id,
        nickname: Some("Wei".to_owned()),
        avatar_url: None,
        phone: Some(number(PHONE)),
        external_id: Some("M-1".parse().unwrap()),
        created_at: minutes(-1_000),
        is_disabled: false,
    };
    assert_eq!(store::user::find(&store.view(), id).await.unwrap(), Some(expected));
    let owner = store::phone::owner(&store.view(), &number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!((owner.account.id, owner.last_proof_at), (id, Some(minutes(-500))));
    let event = store::history::events(&store.view(), id).await.unwrap().remove(0);
    assert_eq!((event.rule, event.actor), (Rule::Import, Actor::Import));
}

async fn the_same_import_twice_changes_nothing(store: Store) {
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    assert_eq!(import(&store, &member("M-1", PHONE)).await, Imported::Unchanged(id));

    assert_eq!(store::history::events(&store.view(), id).await.unwrap().len(), 1);
}

async fn an_import_fills_what_is_missing_and_overwrites_nothing(store: Store) {
    let bare = ImportedUser { phone: None, nickname: None, ..member("M-1", PHONE) };
    let Imported::Created(id) = import(&store, &bare).await else { panic!("a new member") };

    assert_eq!(import(&store, &member("M-1", PHONE)).await, Imported::Updated(id));
    let renamed = ImportedUser { nickname: Some("Somebody".to_owned()), ..member("M-1", PHONE) };
    assert_eq!(import(&store, &renamed).await, Imported::Unchanged(id));

    let user = store::user::find(&store.view(), id).await.unwrap().expect("the member");
    assert_eq!((user.nickname.as_deref(), user.phone), (Some("Wei"), Some(number(PHONE))));
}

async fn a_younger_proof_of_the_phone_is_kept_and_an_older_one_is_not(store: Store) {
    let at = |minute| ImportedUser { last_proof_at: minute, ..member("M-1", PHONE) };
    let Imported::Created(id) = import(&store, &at(None)).await else { panic!("a new member") };

    assert_eq!(import(&store, &at(Some(minutes(-9)))).await, Imported::Updated(id));
    assert_eq!(import(&store, &at(Some(minutes(-10)))).await, Imported::Unchanged(id));
    assert_eq!(import(&store, &at(None)).await, Imported::Unchanged(id));

    let owner = store::phone::owner(&store.view(), &number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!(owner.last_proof_at, Some(minutes(-9)));
}

async fn r4b_a_phone_is_never_taken_from_another_account(store: Store) {
    let Imported::Created(owner) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let bare = ImportedUser { phone: None, ..member("M-3", PHONE) };
    import(&store, &bare).await;

    let refused = refused(Clash::PhoneOwned, owner, "M-1");
    assert_eq!(import(&store, &member("M-2", PHONE)).await, refused);
    assert_eq!(import(&store, &member("M-3", PHONE)).await, refused);

    let still = store::phone::owner(&store.view(), &number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!(still.account.id, owner);
    assert!(matches!(import(&store, &member("M-2", "13800000002")).await, Imported::Created(_)));
}

async fn r4d_another_phone_is_not_taken_over(store: Store) {
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    let told = import(&store, &member("M-1", "13800000002")).await;

    assert_eq!(told, refused(Clash::PhoneDiffers, id, "M-1"));

    assert_eq!(store::user::find(&store.view(), id).await.unwrap().expect("the member").phone, Some(number(PHONE)));
}

async fn an_account_that_was_merged_is_found_where_it_went(store: Store) {
    use domain::merge::Plan;
    let Imported::Created(member_id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let lan = proof("shop", "oLan", None);
    let into = sign_in(&store, &lan, NOW).await.user;
    let [gone, kept] = store::merge::sides(&store.view(), [member_id, into]).await.unwrap().expect("two accounts");
    let tx = store.begin().await.unwrap();
    store::merge::merge_users(&tx, &Plan::join(&gone, &kept), &store::merge::Grounds::Person, NOW).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(import(&store, &member("M-1", PHONE)).await, Imported::Unchanged(into));
}

/// A member with an openId of the shop and a unionId.
fn linked(external_id: &str, phone: &str, open_id: &str) -> ImportedUser {
    let union_ids = vec![union(&format!("u-{open_id}"))];
    ImportedUser { open_ids: vec![key("shop", open_id)], union_ids, ..member(external_id, phone) }
}

fn refused(clash: Clash, user: UserId, external_id: &str) -> Imported {
    let external_id = Some(external_id.parse().expect("an external id"));
    Imported::Refused { clash, other: Some(Named { user, external_id }) }
}

async fn import_all(store: &Store, users: &[ImportedUser]) -> Vec<Imported> {
    let tx = store.begin().await.unwrap();
    let imported = store::import::import_users(&tx, users, NOW).await.unwrap();
    tx.commit().await.unwrap();
    imported
}

async fn free_keys_are_given_and_orders_come_with_them(store: Store) {
    record(&store, &[report("shop", "A1", "oLan")]).await;
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    assert_eq!(import(&store, &linked("M-1", PHONE, "oLan")).await, Imported::Updated(id));
    assert_eq!(import(&store, &linked("M-1", PHONE, "oLan")).await, Imported::Unchanged(id));

    assert_eq!(orders_of(&store, id).await.len(), 1);
    assert_eq!(store::user::union_ids(&store.view(), id).await.unwrap(), [union("u-oLan")]);
    assert_eq!(sign_in(&store, &proof("shop", "oLan", Some("u-oLan")), NOW).await.user, id);
    assert_eq!(sign_in(&store, &proof("club", "oClub", Some("u-oLan")), NOW).await.user, id);
}

async fn an_account_that_is_known_by_its_open_id_gets_the_companys_id(store: Store) {
    record(&store, &[report("shop", "A1", "oLan")]).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    assert_eq!(import(&store, &linked("M-1", PHONE, "oLan")).await, Imported::Updated(lan));
    assert_eq!(import(&store, &linked("M-1", PHONE, "oLan")).await, Imported::Unchanged(lan));

    let user = store::user::find(&store.view(), lan).await.unwrap().expect("the member");
    assert_eq!((user.external_id, user.phone), (Some("M-1".parse().unwrap()), Some(number(PHONE))));
    let other = import(&store, &linked("M-2", "13800000002", "oLan")).await;
    assert_eq!(other, refused(Clash::ExternalIdDiffers, lan, "M-1"));
}

async fn r1c_a_shell_with_a_key_of_the_row_goes_into_the_account_and_can_be_taken_out_again(store: Store) {
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    let joined = import(&store, &linked("M-1", PHONE, "oLan")).await;

    assert_eq!(joined, Imported::Joined { into: id, from: vec![shell] });
    assert_eq!(sign_in(&store, &proof("shop", "oLan", None), NOW).await.user, id);
    assert_eq!(store::user::find(&store.view(), shell).await.unwrap().map(|user| user.id), Some(id));
    let merge = store::merge::list(&store.view(), id, minutes(-1)).await.unwrap().remove(0);
    let events = store::history::events(&store.view(), shell).await.unwrap();
    let event = events.iter().find(|event| event.rule == Rule::Import).expect("an entry");
    assert_eq!((event.user, event.actor, event.other), (id, Actor::Import, Some(shell)));
    let tx = store.begin().await.unwrap();
    store::merge::undo(&tx, merge.id, &Grounds::Person, NOW).await.expect("an undo");
    tx.commit().await.unwrap();
    assert_eq!(sign_in(&store, &proof("shop", "oLan", None), NOW).await.user, shell);
}

async fn r1c_an_account_with_orders_keeps_the_open_id(store: Store) {
    import(&store, &member("M-1", PHONE)).await;
    record(&store, &[report("shop", "A1", "oLan")]).await;
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;

    let told = import(&store, &linked("M-1", PHONE, "oLan")).await;

    let other = Some(Named { user: lan, external_id: None });
    assert_eq!(told, Imported::Refused { clash: Clash::OpenIdOwned(key("shop", "oLan")), other });
    assert_eq!(sign_in(&store, &proof("shop", "oLan", None), NOW).await.user, lan);
    assert_eq!(orders_of(&store, lan).await.len(), 1);
}

async fn r9_a_second_open_id_in_one_app_is_refused(store: Store) {
    let Imported::Created(id) = import(&store, &linked("M-1", PHONE, "oLan")).await else { panic!("a new member") };

    let told = import(&store, &linked("M-1", PHONE, "oWei")).await;

    assert_eq!(told, refused(Clash::OpenIdDiffers(key("shop", "oWei")), id, "M-1"));
    assert_eq!(store::user::open_ids(&store.view(), id).await.unwrap().len(), 1);
}

async fn a_refused_row_writes_nothing_and_hinders_no_other_row(store: Store) {
    let Imported::Created(owner) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    let told = import_all(&store, &[linked("M-2", PHONE, "oWei"), linked("M-3", "13800000003", "oLan")]).await;

    assert_eq!(told[0], refused(Clash::PhoneOwned, owner, "M-1"));
    assert!(matches!(told[1], Imported::Created(_)), "{told:?}");
    assert!(sign_in(&store, &proof("shop", "oWei", None), NOW).await.is_new_user);
    assert!(!sign_in(&store, &proof("shop", "oLan", None), NOW).await.is_new_user);
}

async fn rows_of_one_batch_come_one_after_the_other(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let batch = [
        member("M-1", PHONE),
        member("M-2", PHONE),
        linked("M-1", PHONE, "oLan"),
        linked("M-3", "13800000003", "oLan"),
        member("M-1", PHONE),
    ];

    let told = import_all(&store, &batch).await;

    let Imported::Created(id) = told[0] else { panic!("a new member: {told:?}") };
    let expected = [
        Imported::Created(id),
        refused(Clash::PhoneOwned, id, "M-1"),
        Imported::Joined { into: id, from: vec![shell] },
        refused(Clash::ExternalIdDiffers, id, "M-1"),
        Imported::Unchanged(id),
    ];
    assert_eq!(told, expected);
    assert_eq!(sign_in(&store, &proof("shop", "oLan", None), NOW).await.user, id);
}

async fn a_key_that_an_import_gave_ends_the_sessions(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let session = open(&store, lan, [1; 32]).await;

    import(&store, &linked("M-1", PHONE, "oLan")).await;
    assert!(store::session::find(&store.view(), session.id).await.unwrap().is_none());
    let session = open(&store, lan, [2; 32]).await;
    import(&store, &linked("M-1", PHONE, "oLan")).await;

    assert!(store::session::find(&store.view(), session.id).await.unwrap().is_some());
}

/// Every possible outcome, in batches of two.
async fn a_file(store: &Store) -> Vec<Vec<ImportedUser>> {
    sign_in(store, &proof("shop", "oShell", None), NOW).await;
    record(store, &[report("shop", "A1", "oLan"), report("shop", "A2", "oWei")]).await;
    sign_in(store, &proof("shop", "oLan", None), NOW).await;
    import(store, &member("M-1", PHONE)).await;
    let bare = ImportedUser { phone: None, nickname: None, ..member("M-5", PHONE) };
    vec![
        vec![linked("M-1", PHONE, "oShell"), linked("M-2", "13800000002", "oWei")],
        vec![member("M-3", "13800000002"), linked("M-4", "13800000004", "oShell")],
        vec![linked("M-2", "13800000002", "oOther"), bare.clone()],
        vec![member("M-5", "13800000005"), linked("M-6", "13800000006", "oLan")],
        vec![linked("M-7", "13800000007", "oLan"), member("M-5", "13800000007")],
        vec![member("M-1", PHONE), linked("M-2", "13800000002", "oWei")],
    ]
}

/// The outcome of a row, without the ids that a forecast invents for new accounts.
fn in_words(imported: &Imported) -> String {
    match imported {
        Imported::Created(_) => "created".to_owned(),
        Imported::Updated(_) => "updated".to_owned(),
        Imported::Unchanged(_) => "unchanged".to_owned(),
        Imported::Joined { from, .. } => format!("joined by {}", from.len()),
        Imported::Refused { clash, other } => {
            let other = other.as_ref().and_then(|other| other.external_id.as_ref());
            format!("{clash}: {}", other.map_or("-", domain::ExternalId::as_str))
        }
    }
}

async fn a_forecast_says_what_the_import_then_does(store: Store) {
    let file = a_file(&store).await;
    let forecast = store.forecast().await.unwrap();
    let (mut predicted, mut done) = (Vec::new(), Vec::new());

    for batch in &file {
        predicted.extend(forecast.import_users(batch, NOW).await.unwrap().iter().map(in_words));
    }
    for batch in &file {
        done.extend(import_all(&store, batch).await.iter().map(in_words));
    }

    assert_eq!(predicted, done);
    let expected = [
        "joined by 1",
        "created",
        "the phone belongs to another account: M-2",
        "the openId or unionId belongs to an account with another externalId: M-1",
        "the account has another openId in this app: M-2",
        "created",
        "updated",
        "updated",
        "the openId or unionId belongs to an account with another externalId: M-6",
        "the account has another phone: M-5",
        "unchanged",
        "unchanged",
    ];
    assert_eq!(done, expected);
}

async fn a_forecast_sees_across_batches_and_writes_nothing(store: Store) {
    let forecast = store.forecast().await.unwrap();

    let first = forecast.import_users(&[member("M-1", PHONE)], NOW).await.unwrap().remove(0);
    let clash = forecast.import_users(&[member("M-2", PHONE)], NOW).await.unwrap().remove(0);

    let Imported::Created(made_up) = first else { panic!("a new member: {first:?}") };
    assert_eq!(clash, refused(Clash::PhoneOwned, made_up, "M-1"));
    assert_eq!(store::user::find(&store.view(), made_up).await.unwrap(), None);
    assert!(matches!(import(&store, &member("M-2", PHONE)).await, Imported::Created(_)));
}
