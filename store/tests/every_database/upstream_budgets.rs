//! The exchanges of an app per minute, over all replicas.

use domain::Timestamp;
use futures::future::join_all;
use store::upstream::{Asker, UpstreamBudget};
use store::{Store, StoreError};

use crate::world::{NOW, app, minutes};

crate::on_every_database!(
    an_app_has_so_many_exchanges_a_minute,
    strangers_have_a_share_of_them,
    of_parallel_askers_no_more_than_so_many_get_one,
    a_clock_that_is_behind_gets_no_more,
    what_is_not_committed_is_not_spent,
);

const BUDGET: UpstreamBudget = UpstreamBudget { exchanges: 4, of_strangers: 2 };

/// Retries on a conflict, as the service does.
async fn spend(store: &Store, asker: Asker, now: Timestamp) -> bool {
    loop {
        match try_to_spend(store, asker, now).await {
            Err(StoreError::Contended(_)) => {}
            spent => return spent.expect("the database answers"),
        }
    }
}

async fn try_to_spend(store: &Store, asker: Asker, now: Timestamp) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    let spent = store::upstream::spend_exchange(&tx, &app("wxshop"), (BUDGET, asker), now).await?;
    tx.commit().await?;
    Ok(spent)
}

async fn an_app_has_so_many_exchanges_a_minute(store: Store) {
    let mut spent = Vec::new();
    for _ in 0..6 {
        spent.push(spend(&store, Asker::Known, NOW).await);
    }
    let tx = store.begin().await.unwrap();
    let of_another = store::upstream::spend_exchange(&tx, &app("wxclub"), (BUDGET, Asker::Known), NOW).await.unwrap();
    drop(tx);

    assert_eq!(spent, [true, true, true, true, false, false]);
    assert!(of_another);
    assert!(spend(&store, Asker::Known, minutes(1)).await);
}

async fn strangers_have_a_share_of_them(store: Store) {
    let mut spent = Vec::new();
    for asker in [Asker::Stranger, Asker::Stranger, Asker::Stranger, Asker::Known, Asker::Known, Asker::Known] {
        spent.push(spend(&store, asker, NOW).await);
    }

    assert_eq!(spent, [true, true, false, true, true, false]);
}

async fn of_parallel_askers_no_more_than_so_many_get_one(store: Store) {
    for minute in [0, 1] {
        let spent = join_all((0..16).map(|_| spend(&store, Asker::Known, minutes(minute)))).await;

        assert_eq!(spent.iter().filter(|spent| **spent).count(), 4, "minute {minute}");
    }
}

async fn a_clock_that_is_behind_gets_no_more(store: Store) {
    for _ in 0..3 {
        assert!(spend(&store, Asker::Known, minutes(1)).await);
    }

    assert!(spend(&store, Asker::Known, NOW).await);
    assert!(!spend(&store, Asker::Known, NOW).await);
    assert!(!spend(&store, Asker::Known, minutes(1)).await);
}

async fn what_is_not_committed_is_not_spent(store: Store) {
    for _ in 0..10 {
        let tx = store.begin().await.unwrap();
        assert!(store::upstream::spend_exchange(&tx, &app("wxshop"), (BUDGET, Asker::Known), NOW).await.unwrap());
    }

    assert!(spend(&store, Asker::Known, NOW).await);
}
