//! R10, R11, R12: what an upstream reports about a person between logins moves no key.

use domain::{Profile, Rule, ServiceTokenId, Timestamp};
use store::person_event::{PersonEvent, ProfileFields, Telling};
use store::session::{NewSession, SignedInFrom};
use store::{Actor, Store};

use crate::world::{NOW, key, minutes, orders_of, proof, record, report, sign_in, union};

crate::on_every_database!(
    r10_who_follows_is_told_by_the_newest_event_whenever_it_arrives,
    r10_an_open_id_without_an_account_may_follow,
    r11_exactly_what_is_named_goes_and_the_keys_stay,
    r11_what_another_app_told_stays,
    r12_a_cancelled_account_loses_the_apps_profile_and_its_sessions,
    r12_a_login_since_then_says_that_the_account_is_there,
    an_event_about_an_unknown_open_id_concerns_no_account,
);

async fn tell(store: &Store, open_id: &str, event: PersonEvent, at: Timestamp) -> Option<bool> {
    let telling = Telling { by: Some(ServiceTokenId::new(NOW).into()), at };
    let tx = store.begin().await.unwrap();
    let recorded =
        store::person_event::record(&tx, &key("shop", open_id), (event, telling), minutes(60)).await.unwrap();
    tx.commit().await.unwrap();
    recorded.map(|recorded| recorded.changed)
}

const EVERYTHING: ProfileFields = ProfileFields { nickname: true, avatar_url: true };

async fn r10_who_follows_is_told_by_the_newest_event_whenever_it_arrives(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    let follows = async || store::user::open_ids(&store.view(), lan).await.unwrap()[0].follows;
    assert_eq!(follows().await, None);

    let told = [
        tell(&store, "oLan", PersonEvent::Follows(true), minutes(1)).await,
        tell(&store, "oLan", PersonEvent::Follows(false), minutes(3)).await,
        tell(&store, "oLan", PersonEvent::Follows(true), minutes(2)).await,
        tell(&store, "oLan", PersonEvent::Follows(false), minutes(3)).await,
    ];

    assert_eq!(told, [Some(true), Some(true), Some(false), Some(false)]);
    assert_eq!(follows().await, Some(false));
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().len(), 1);
}

async fn r10_an_open_id_without_an_account_may_follow(store: Store) {
    record(&store, &[report("shop", "A-1", "oLan")]).await;

    assert_eq!(tell(&store, "oLan", PersonEvent::Follows(true), minutes(1)).await, Some(true));

    let lan = sign_in(&store, &proof("shop", "oLan", None), minutes(2)).await.user;
    assert_eq!(store::user::open_ids(&store.view(), lan).await.unwrap()[0].follows, Some(true));
    assert_eq!(orders_of(&store, lan).await.len(), 1);
}

async fn r11_exactly_what_is_named_goes_and_the_keys_stay(store: Store) {
    let mut named = proof("shop", "oLan", Some("uLan"));
    named.profile = Profile::new("Orchid", "https://example.com/lan.png");
    let lan = sign_in(&store, &named, NOW).await.user;
    let nickname = PersonEvent::Revoked(ProfileFields { nickname: true, avatar_url: false });

    let told = [tell(&store, "oLan", nickname, minutes(1)).await, tell(&store, "oLan", nickname, minutes(1)).await];

    assert_eq!(told, [Some(true), Some(false)]);
    let user = store::user::find(&store.view(), lan).await.unwrap().expect("Lan");
    assert_eq!((user.nickname, user.avatar_url.as_deref()), (None, Some("https://example.com/lan.png")));
    let link = store::user::open_ids(&store.view(), lan).await.unwrap().remove(0);
    assert_eq!((link.key, link.nickname), (key("shop", "oLan"), None));
    assert_eq!(store::user::union_ids(&store.view(), lan).await.unwrap(), [union("uLan")]);
    let event = store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry");
    assert_eq!((event.rule, event.actor), (Rule::R11, Actor::Upstream));
    assert_eq!(event.evidence.fields, Some(ProfileFields { nickname: true, avatar_url: false }));
    assert!(!format!("{event:?}").contains("Orchid"), "{event:?}");
}

async fn r11_what_another_app_told_stays(store: Store) {
    let mut through_shop = proof("shop", "oLan", Some("uLan"));
    through_shop.profile = Profile::new("Lan", "https://example.com/shop.png");
    let lan = sign_in(&store, &through_shop, NOW).await.user;
    let mut through_club = proof("club", "oLan2", Some("uLan"));
    through_club.profile = Profile::new("Lan", "https://example.com/club.png");
    sign_in(&store, &through_club, minutes(1)).await;

    tell(&store, "oLan", PersonEvent::Revoked(EVERYTHING), minutes(2)).await;

    let user = store::user::find(&store.view(), lan).await.unwrap().expect("Lan");
    assert_eq!(user.nickname.as_deref(), Some("Lan"));
    assert_eq!(user.avatar_url.as_deref(), Some("https://example.com/club.png"));
    let links = store::user::open_ids(&store.view(), lan).await.unwrap();
    let told: Vec<_> = links.iter().map(|link| (link.nickname.is_some(), link.avatar_url.is_some())).collect();
    assert_eq!(told, [(false, false), (true, true)]);
}

async fn r12_a_cancelled_account_loses_the_apps_profile_and_its_sessions(store: Store) {
    let mut named = proof("shop", "oLan", Some("uLan"));
    named.profile = Profile::new("Lan", "https://example.com/lan.png");
    let lan = sign_in(&store, &named, NOW).await.user;
    sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await;
    let mut sessions = Vec::new();
    for (app, hash) in [("shop", 1), ("club", 2)] {
        let id = domain::SessionId::new(NOW);
        let (app, expires_at) = (Some(crate::world::app(app)), minutes(1_000));
        let session = NewSession {
            phone: None,
            id,
            user: lan,
            app,
            device: None,
            bound: domain::Boundness::Bound,
            refresh_hash: [hash; 32],
            signed_in_at: NOW,
            expires_at,
            from: SignedInFrom::default(),
        };
        let tx = store.begin().await.unwrap();
        store::session::open(&tx, &session).await.unwrap();
        tx.commit().await.unwrap();
        sessions.push(id);
    }

    let told = [
        tell(&store, "oLan", PersonEvent::Cancelled, minutes(1)).await,
        tell(&store, "oLan", PersonEvent::Cancelled, minutes(1)).await,
    ];

    assert_eq!(told, [Some(true), Some(false)]);
    let links = store::user::open_ids(&store.view(), lan).await.unwrap();
    assert_eq!((links[0].cancelled_at, links[0].nickname.as_deref()), (Some(minutes(1)), None));
    assert_eq!((links[1].cancelled_at, links.len()), (None, 2));
    assert_eq!(store::session::find(&store.view(), sessions[0]).await.unwrap(), None);
    assert!(store::session::find(&store.view(), sessions[1]).await.unwrap().is_some());
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().pop().expect("an entry").rule, Rule::R12);
}

async fn r12_a_login_since_then_says_that_the_account_is_there(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), minutes(5)).await.user;

    let late = tell(&store, "oLan", PersonEvent::Cancelled, minutes(4)).await;
    let true_then = tell(&store, "oLan", PersonEvent::Cancelled, minutes(6)).await;
    let again = sign_in(&store, &proof("shop", "oLan", None), minutes(7)).await.user;

    assert_eq!((late, true_then, again), (Some(false), Some(true), lan));
    assert_eq!(store::user::open_ids(&store.view(), lan).await.unwrap()[0].cancelled_at, None);
}

async fn an_event_about_an_unknown_open_id_concerns_no_account(store: Store) {
    for event in [PersonEvent::Follows(false), PersonEvent::Revoked(EVERYTHING), PersonEvent::Cancelled] {
        assert_eq!(tell(&store, "oNobody", event, minutes(1)).await, None);
    }
    // A follow creates the openId, for a later login.
    assert_eq!(tell(&store, "oNobody", PersonEvent::Follows(true), minutes(1)).await, Some(true));
    assert_eq!(tell(&store, "oNobody", PersonEvent::Follows(false), minutes(2)).await, Some(true));
}
