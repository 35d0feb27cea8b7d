//! R14: an operator disables and enables an account, regardless of concurrent requests.

use domain::phone::Purpose;
use domain::{Boundness, Profile, Rule, ServiceTokenId, SessionId, UserId};
use entities::user::Status;
use store::history::{Change, Evidence, LinkEvent};
use store::session::{NewSession, Presented, Refreshed, SignedInFrom, Successor};
use store::user::{ChangedStatus, StatusChange};
use store::{Actor, Store, StoreError};

use crate::concurrency::at_once;
use crate::merge_choices::{NEW, bind, merge_at, two};
use crate::refresh::refresh;
use crate::sessions::open;
use crate::world::{NOW, import, member, minutes, number, proof, sign_in, try_to_sign_in};

crate::on_every_database!(
    r14_a_disabled_account_loses_its_sessions_and_is_as_before_when_enabled,
    r14_disabling_twice_changes_nothing_and_an_unknown_account_is_unknown,
    r14_an_account_that_went_into_another_is_disabled_as_that_one,
    r14_a_number_of_a_disabled_account_cannot_be_taken,
    r14_a_number_that_is_kept_for_an_account_whose_survivor_is_disabled_cannot_be_taken,
    r14_of_logins_and_a_disabling_at_once_no_session_stays_open,
    r14_of_a_merge_and_a_disabling_at_once_one_is_first,
);

const PHONE: &str = "13800000001";

pub(crate) async fn order(store: &Store, user: UserId, disable: bool) -> Result<Option<ChangedStatus>, StoreError> {
    let tx = store.begin().await?;
    let order = StatusChange { disable, by: Actor::Command, reason: "stolen phone".to_owned() };
    let ordered = store::user::set_status(&tx, user, &order, minutes(1)).await?;
    tx.commit().await?;
    Ok(ordered)
}

async fn r14_a_disabled_account_loses_its_sessions_and_is_as_before_when_enabled(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    let before = store::user::find(&store.view(), lan).await.unwrap();
    let sessions = [open(&store, lan, [1; 32]).await, open(&store, lan, [2; 32]).await];
    let operator = Actor::Operator(ServiceTokenId::new(NOW).into());

    let tx = store.begin().await.unwrap();
    let wanted = StatusChange { disable: true, by: operator, reason: "stolen phone".to_owned() };
    let disabled = store::user::set_status(&tx, lan, &wanted, minutes(1)).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(disabled, Some(ChangedStatus { user: lan, changed: true, ended_sessions: 2 }));
    for session in sessions {
        assert_eq!(store::session::find(&store.view(), session.id).await.unwrap(), None);
    }
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap(), None);
    assert!(store::session::is_of_disabled(&store.view(), sessions[0].id).await.unwrap());
    let successors = vec![Successor { hash: [3; 32], family: [4; 32] }];
    let presented = Presented { hash: [1; 32], successors };
    assert_eq!(refresh(&store, &presented, minutes(2)).await, Refreshed::Closed);
    for again in [proof("shop", "oLan", Some("uLan")), proof("club", "oLan2", Some("uLan"))] {
        assert!(matches!(try_to_sign_in(&store, &again, minutes(2)).await, Err(StoreError::Closed)));
    }
    let LinkEvent { id, .. } = store::history::events(&store.view(), lan).await.unwrap().pop().unwrap();
    let entry = LinkEvent {
        id,
        user: lan,
        other: None,
        rule: Rule::R14,
        evidence: Evidence { reason: Some("stolen phone".to_owned()), ..Evidence::default() },
        actor: operator,
        session: None,
        at: minutes(1),
        change: Change::StatusChanged { old: Status::Active, new: Status::Disabled },
    };
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap()[1..], [entry]);
    let enabled = order(&store, lan, false).await.unwrap();
    assert_eq!(enabled, Some(ChangedStatus { user: lan, changed: true, ended_sessions: 0 }));
    assert_eq!(store::user::find(&store.view(), lan).await.unwrap(), before);
    assert_eq!(sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(3)).await.user, lan);
    assert_eq!(store::session::find(&store.view(), sessions[0].id).await.unwrap(), None);
}

async fn r14_disabling_twice_changes_nothing_and_an_unknown_account_is_unknown(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    order(&store, lan, true).await.unwrap();

    let again = order(&store, lan, true).await.unwrap();

    assert_eq!(again, Some(ChangedStatus { user: lan, changed: false, ended_sessions: 0 }));
    assert_eq!(store::history::events(&store.view(), lan).await.unwrap().len(), 2);
    assert_eq!(order(&store, UserId::new(NOW), true).await.unwrap(), None);
}

async fn r14_an_account_that_went_into_another_is_disabled_as_that_one(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let lan = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await.user;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(2)).await;
    let [gone, stays] =
        if store::user::account(&store.view(), shell).await.unwrap().is_some() { [lan, shell] } else { [shell, lan] };

    let disabled = order(&store, gone, true).await.unwrap();

    assert_eq!(disabled.map(|disabled| disabled.user), Some(stays));
    assert_eq!(store::user::find(&store.view(), gone).await.unwrap(), None);
}

async fn r14_a_number_of_a_disabled_account_cannot_be_taken(store: Store) {
    let store::import::Imported::Created(wei) = import(&store, &member("C-1", PHONE)).await else {
        panic!("not created")
    };

    order(&store, wei, true).await.unwrap();

    let owner = store::phone::owner(&store.view(), &number(PHONE), minutes(2)).await;
    assert!(matches!(owner, Err(StoreError::Closed)), "{owner:?}");
    order(&store, wei, false).await.unwrap();
    let owner = store::phone::owner(&store.view(), &number(PHONE), minutes(2)).await.unwrap();
    assert_eq!(owner.map(|owner| owner.account.id), Some(wei));
}

async fn r14_a_number_that_is_kept_for_an_account_whose_survivor_is_disabled_cannot_be_taken(store: Store) {
    let [member, wechat] = two(&store).await;
    bind(&store, wechat, "13800000003", Purpose::Change).await;
    merge_at(&store, (wechat, member), &[], 5).await;
    let kept = async || store::phone::owner(&store.view(), &number(NEW), minutes(6)).await;
    let expected = Some((member, true));
    assert_eq!(kept().await.unwrap().map(|owner| (owner.account.id, owner.is_kept)), expected);

    order(&store, member, true).await.unwrap();

    let owner = kept().await;
    assert!(matches!(owner, Err(StoreError::Closed)), "{owner:?}");
    order(&store, member, false).await.unwrap();
    assert_eq!(kept().await.unwrap().map(|owner| (owner.account.id, owner.is_kept)), expected);
}

/// A login as the service performs it: the session is opened in the transaction that locks the account.
async fn log_in(store: &Store, hash: [u8; 32]) -> Result<(), StoreError> {
    let mut known = proof("shop", "oLan", None);
    known.profile = Profile::new("Lan", "");
    let tx = store.begin().await?;
    let decision = domain::login::decide(&store::login::known(&tx.look(), &known).await?, &known, Boundness::Bound);
    let user = store::login::apply(&tx, &decision, &known, minutes(1)).await?.user;
    let (id, expires_at, from) = (SessionId::new(minutes(1)), minutes(60), SignedInFrom::default());
    let (app, device, refresh_hash, signed_in_at) = (None, None, hash, minutes(1));
    let session = NewSession {
        id,
        user,
        app,
        phone: None,
        device,
        bound: Boundness::Bound,
        refresh_hash,
        signed_in_at,
        expires_at,
        from,
    };
    store::session::open(&tx, &session).await?;
    tx.commit().await
}

async fn r14_of_logins_and_a_disabling_at_once_no_session_stays_open(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    for round in 0..8_u8 {
        let done = at_once(12, |n| {
            let store = store.clone();
            async move {
                if n == 6 {
                    return order(&store, lan, true).await.map(|_| ());
                }
                loop {
                    match log_in(&store, [round * 12 + u8::try_from(n).unwrap(); 32]).await {
                        Err(StoreError::Contended(_)) => {}
                        other => return other,
                    }
                }
            }
        })
        .await;

        assert!(done[6].is_ok(), "{:?}", done[6]);
        assert!(done.iter().all(|login| matches!(login, Ok(()) | Err(StoreError::Closed))), "{done:?}");
        assert_eq!(store::session::list(&store.view(), lan, minutes(2), 100).await.unwrap(), []);
        assert!(matches!(log_in(&store, [255; 32]).await, Err(StoreError::Closed)));
        order(&store, lan, false).await.unwrap();
    }
}

/// If the account is disabled first, nothing is merged into it. If it was merged into the other one first, that one is
/// disabled. In neither order is anything linked to a disabled account or merged out of it.
async fn r14_of_a_merge_and_a_disabling_at_once_one_is_first(store: Store) {
    for round in 0..10 {
        let (shop, union) = (format!("oShop{round}"), format!("u{round}"));
        let shell = sign_in(&store, &proof("shop", &shop, None), NOW).await.user;
        let lan = sign_in(&store, &proof("club", &format!("oClub{round}"), Some(&union)), minutes(1)).await.user;

        let done = at_once(2, |n| {
            let (store, joining) = (store.clone(), proof("shop", &shop, Some(&union)));
            async move {
                loop {
                    let attempt = if n == 0 {
                        order(&store, lan, true).await.map(|_| ())
                    } else {
                        try_to_sign_in(&store, &joining, minutes(2)).await.map(|_| ())
                    };
                    match attempt {
                        Err(StoreError::Contended(_)) => {}
                        other => return other,
                    }
                }
            }
        })
        .await;

        assert!(done[0].is_ok(), "{done:?}");
        assert_eq!(store::user::find(&store.view(), lan).await.unwrap(), None, "a disabled account stays disabled");
        match &done[1] {
            // The merge came first: the survivor was disabled.
            Ok(()) => assert_eq!(store::user::find(&store.view(), shell).await.unwrap(), None),
            Err(StoreError::Closed) => assert!(store::user::account(&store.view(), shell).await.unwrap().is_some()),
            other => panic!("{other:?}"),
        }
    }
}
