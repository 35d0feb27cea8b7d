//! The company's accounts come in, again and again.

use domain::Rule;
use store::{Imported, ImportedUser, Store, User};

use crate::world::{NOW, import, member, minutes, number, proof, sign_in};

crate::on_every_database!(
    an_account_is_imported_and_read_back,
    the_same_import_twice_changes_nothing,
    an_import_fills_what_is_missing_and_overwrites_nothing,
    a_younger_proof_of_the_phone_is_kept_and_an_older_one_is_not,
    a_phone_is_never_taken_from_anybody,
    another_phone_is_not_taken_over,
    an_account_that_was_merged_is_found_where_it_went,
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
    };
    assert_eq!(store.view().user(id).await.unwrap(), Some(expected));
    let owner = store.view().phone_owner(&number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!((owner.account.id, owner.last_proof_at), (id, Some(minutes(-500))));
    let event = store.view().link_events(id).await.unwrap().remove(0);
    assert_eq!((event.rule, event.actor.as_str()), (Rule::Import, "import"));
}

async fn the_same_import_twice_changes_nothing(store: Store) {
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    assert_eq!(import(&store, &member("M-1", PHONE)).await, Imported::Unchanged(id));

    assert_eq!(store.view().link_events(id).await.unwrap().len(), 1);
}

async fn an_import_fills_what_is_missing_and_overwrites_nothing(store: Store) {
    let bare = ImportedUser { phone: None, nickname: None, ..member("M-1", PHONE) };
    let Imported::Created(id) = import(&store, &bare).await else { panic!("a new member") };

    assert_eq!(import(&store, &member("M-1", PHONE)).await, Imported::Updated(id));
    let renamed = ImportedUser { nickname: Some("Somebody".to_owned()), ..member("M-1", PHONE) };
    assert_eq!(import(&store, &renamed).await, Imported::Unchanged(id));

    let user = store.view().user(id).await.unwrap().expect("the member");
    assert_eq!((user.nickname.as_deref(), user.phone), (Some("Wei"), Some(number(PHONE))));
}

async fn a_younger_proof_of_the_phone_is_kept_and_an_older_one_is_not(store: Store) {
    let at = |minute| ImportedUser { last_proof_at: minute, ..member("M-1", PHONE) };
    let Imported::Created(id) = import(&store, &at(None)).await else { panic!("a new member") };

    assert_eq!(import(&store, &at(Some(minutes(-9)))).await, Imported::Updated(id));
    assert_eq!(import(&store, &at(Some(minutes(-10)))).await, Imported::Unchanged(id));
    assert_eq!(import(&store, &at(None)).await, Imported::Unchanged(id));

    let owner = store.view().phone_owner(&number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!(owner.last_proof_at, Some(minutes(-9)));
}

async fn a_phone_is_never_taken_from_anybody(store: Store) {
    let Imported::Created(owner) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let bare = ImportedUser { phone: None, ..member("M-3", PHONE) };
    import(&store, &bare).await;

    assert_eq!(import(&store, &member("M-2", PHONE)).await, Imported::PhoneOwned);
    assert_eq!(import(&store, &member("M-3", PHONE)).await, Imported::PhoneOwned);

    let still = store.view().phone_owner(&number(PHONE), NOW).await.unwrap().expect("an owner");
    assert_eq!(still.account.id, owner);
    assert!(matches!(import(&store, &member("M-2", "13800000002")).await, Imported::Created(_)));
}

async fn another_phone_is_not_taken_over(store: Store) {
    let Imported::Created(id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };

    assert_eq!(import(&store, &member("M-1", "13800000002")).await, Imported::PhoneDiffers);

    assert_eq!(store.view().user(id).await.unwrap().expect("the member").phone, Some(number(PHONE)));
}

async fn an_account_that_was_merged_is_found_where_it_went(store: Store) {
    use domain::linking::{Act, Decision};
    let Imported::Created(member_id) = import(&store, &member("M-1", PHONE)).await else { panic!("a new member") };
    let lan = proof("shop", "oLan", None);
    let into = sign_in(&store, &lan, NOW).await.user;
    let merge = Decision { rule: Rule::R1c, act: Act::Merge { from: member_id, into }, conflict: None, offer: None };
    let tx = store.begin().await.unwrap();
    tx.apply(&merge, &lan, NOW).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(import(&store, &member("M-1", PHONE)).await, Imported::Unchanged(into));
}
