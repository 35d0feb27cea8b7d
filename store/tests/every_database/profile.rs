//! The name and the picture that a person chose: only the person changes them.

use domain::merge::Plan;
use domain::{Boundness, Profile, ServiceTokenId, SessionId, UserId};
use store::merge::Grounds;
use store::person_event::{PersonEvent, ProfileFields, Telling};
use store::session::{NewSession, SignedInFrom};
use store::user::{Choice, ProfileChange};
use store::{Store, StoreError};

use crate::world::{NOW, app, import, key, member, minutes, proof, sign_in};

crate::on_every_database!(
    a_later_login_an_import_and_an_event_leave_what_the_person_chose,
    what_is_forgotten_is_told_by_the_upstream_again,
    an_ended_session_and_a_closed_account_choose_nothing,
    r1c_r4c_a_join_keeps_what_was_chosen_and_its_undo_gives_it_back,
);

async fn session_of(store: &Store, user: UserId) -> SessionId {
    let session = NewSession {
        phone: None,
        id: SessionId::new(NOW),
        user,
        app: Some(app("shop")),
        device: None,
        bound: Boundness::Bound,
        refresh_hash: *SessionId::new(NOW).uuid().as_bytes().repeat(2).first_chunk().unwrap(),
        signed_in_at: NOW,
        expires_at: minutes(1_000),
        from: SignedInFrom::default(),
    };
    let tx = store.begin().await.unwrap();
    store::session::open(&tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    session.id
}

async fn choose(store: &Store, session: SessionId, change: &ProfileChange) -> Result<Option<UserId>, StoreError> {
    let tx = store.begin().await.unwrap();
    let chosen = store::user::change_profile(&tx, session, change, minutes(1)).await;
    tx.commit().await.unwrap();
    chosen
}

fn named(nickname: &str) -> ProfileChange {
    ProfileChange { nickname: Choice::Choose(nickname.to_owned()), avatar_url: Choice::Keep }
}

async fn shown(store: &Store, user: UserId) -> (Option<String>, Option<String>) {
    let user = store::user::find(&store.view(), user).await.unwrap().expect("an account");
    (user.nickname, user.avatar_url)
}

fn words(nickname: &str, avatar_url: &str) -> (Option<String>, Option<String>) {
    (Some(nickname.to_owned()), Some(avatar_url.to_owned()))
}

const TOLD: &str = "https://example.com/told.png";
const OWN: &str = "https://example.com/own.png";

async fn a_later_login_an_import_and_an_event_leave_what_the_person_chose(store: Store) {
    let mut login = proof("shop", "oLan", Some("uLan"));
    login.profile = Profile::new("Lan", TOLD);
    let lan = sign_in(&store, &login, NOW).await.user;
    let session = session_of(&store, lan).await;
    let change = ProfileChange { avatar_url: Choice::Choose(OWN.to_owned()), ..named("Orchid") };

    assert_eq!(choose(&store, session, &change).await.unwrap(), Some(lan));
    assert_eq!(shown(&store, lan).await, words("Orchid", OWN));

    login.profile = Profile::new("Lan Xin", "https://example.com/later.png");
    sign_in(&store, &login, minutes(2)).await;
    let mut elsewhere = proof("club", "oLan2", Some("uLan"));
    elsewhere.profile = Profile::new("LX", TOLD);
    sign_in(&store, &elsewhere, minutes(3)).await;
    let row = store::import::ImportedUser {
        open_ids: vec![key("shop", "oLan")],
        phone: None,
        ..member("M-1", "13800000001")
    };
    import(&store, &row).await;
    let fields = ProfileFields { nickname: true, avatar_url: true };
    let telling = Telling { by: Some(ServiceTokenId::new(NOW).into()), at: minutes(4) };
    let tx = store.begin().await.unwrap();
    store::person_event::record(&tx, &key("shop", "oLan"), (PersonEvent::Revoked(fields), telling), minutes(5))
        .await
        .unwrap();
    tx.commit().await.unwrap();

    assert_eq!(shown(&store, lan).await, words("Orchid", OWN));
    // The links still have the values of their apps.
    let links = store::user::open_ids(&store.view(), lan).await.unwrap();
    assert_eq!(links[1].nickname.as_deref(), Some("LX"));
}

async fn what_is_forgotten_is_told_by_the_upstream_again(store: Store) {
    let mut login = proof("shop", "oLan", None);
    login.profile = Profile::new("Lan", TOLD);
    let lan = sign_in(&store, &login, NOW).await.user;
    let session = session_of(&store, lan).await;
    choose(&store, session, &named("Orchid")).await.unwrap();
    login.profile = Profile::new("Lan Xin", TOLD);
    sign_in(&store, &login, minutes(2)).await;
    assert_eq!(shown(&store, lan).await, words("Orchid", TOLD));

    let forget = ProfileChange { nickname: Choice::Forget, avatar_url: Choice::Keep };
    choose(&store, session, &forget).await.unwrap();

    assert_eq!(shown(&store, lan).await, words("Lan Xin", TOLD));
}

async fn an_ended_session_and_a_closed_account_choose_nothing(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let [session, other] = [session_of(&store, lan).await, session_of(&store, lan).await];
    let tx = store.begin().await.unwrap();
    store::session::end(&tx, session, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(choose(&store, session, &named("Orchid")).await.unwrap(), None);

    let disable = store::user::StatusChange { disable: true, by: store::Actor::Command, reason: "test".to_owned() };
    let tx = store.begin().await.unwrap();
    store::user::set_status(&tx, lan, &disable, minutes(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(choose(&store, other, &named("Orchid")).await.unwrap(), None);
}

async fn r1c_r4c_a_join_keeps_what_was_chosen_and_its_undo_gives_it_back(store: Store) {
    import(&store, &member("M-1", "13800000001")).await;
    let company = store::phone::owner(&store.view(), &crate::world::number("13800000001"), NOW).await.unwrap();
    let company = company.expect("the member").account.id;
    let mut login = proof("shop", "oLan", None);
    login.profile = Profile::new("Lan", TOLD);
    let lan = sign_in(&store, &login, NOW).await.user;
    let session = session_of(&store, lan).await;
    choose(&store, session, &named("Orchid")).await.unwrap();
    assert_eq!(shown(&store, company).await, (Some("Wei".to_owned()), None));

    let tx = store.begin().await.unwrap();
    let [from, into] = store::merge::sides(&tx.look(), [lan, company]).await.unwrap().expect("two accounts");
    let plan = Plan::join(&from, &into);
    let merged = store::merge::merge_users(&tx, &plan, &Grounds::Person, minutes(6)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(shown(&store, company).await, words("Orchid", TOLD));
    login.profile = Profile::new("Lan Xin", TOLD);
    sign_in(&store, &login, minutes(7)).await;
    assert_eq!(shown(&store, company).await, words("Orchid", TOLD));

    let tx = store.begin().await.unwrap();
    store::merge::undo(&tx, merged.merge, &Grounds::Person, minutes(8)).await.unwrap().expect("an undo");
    tx.commit().await.unwrap();

    assert_eq!(shown(&store, lan).await, words("Orchid", TOLD));
    // The login after the merge named the survivor, which keeps that name.
    assert_eq!(shown(&store, company).await, (Some("Lan Xin".to_owned()), None));
}
