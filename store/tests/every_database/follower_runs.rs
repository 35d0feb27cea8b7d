//! Runs over followers: one process works on a run at a time, and the run's progress outlives the process.

use domain::follower::{Outcome, Tally};
use store::Store;
use store::follower::{NewRun, Progress, Run, RunKind, RunLease, Stop, Taken};

use crate::concurrency::at_once;
use crate::world::{NOW, app, minutes, open_id};

crate::on_every_database!(
    of_ten_processes_one_gets_the_run,
    a_run_continues_where_its_killed_process_was,
    a_process_that_lost_its_lease_writes_nothing,
    a_finished_run_is_due_again_after_its_time_and_a_stopped_one_when_it_may_continue,
    a_run_with_other_parameters_replaces_the_unfinished_one,
);

fn wanted(asks_all: bool) -> NewRun {
    NewRun { kind: RunKind::UnionIds, app: app("wxshop"), from: None, asks_all }
}

async fn take(store: &Store, lease: u8, minute: i64) -> Taken {
    let now = (minutes(minute), minutes(minute + 1));
    let wanted = &wanted(false);
    let take = |tx: std::sync::Arc<store::Tx>| async move {
        store::follower::take(&tx, wanted, RunLease([lease; 16]), now).await
    };
    store.write("take", take).await.expect("an answer")
}

async fn run(store: &Store, lease: u8, minute: i64) -> Run {
    match take(store, lease, minute).await {
        Taken::Run(run) => *run,
        Taken::Busy { until } => panic!("busy until {until:?}"),
    }
}

async fn advance(store: &Store, run: &Run, (lease, last): (u8, &str), minute: i64) -> bool {
    let tx = store.begin().await.unwrap();
    let tally = Tally::of([(Outcome::Attached, 7)]);
    let last = open_id(last);
    let progress = Progress { page: Some("oPage"), last: Some(&last), tally: &tally };
    let times = (minutes(minute), minutes(minute + 1));
    let done = store::follower::advance(&tx, (run.id, RunLease([lease; 16])), progress, times).await.unwrap();
    tx.commit().await.unwrap();
    done
}

async fn of_ten_processes_one_gets_the_run(store: Store) {
    let taken = at_once(10, |n| {
        let store = store.clone();
        async move { take(&store, u8::try_from(n).expect("a small number"), 0).await }
    })
    .await;

    assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::Run(_))).count(), 1, "{taken:?}");
}

async fn a_run_continues_where_its_killed_process_was(store: Store) {
    let first = run(&store, 1, 0).await;
    assert!(advance(&store, &first, (1, "oLan"), 1).await);

    let busy = take(&store, 2, 1).await;
    let second = run(&store, 2, 3).await;

    assert_eq!(busy, Taken::Busy { until: minutes(2) });
    assert_eq!((second.id, second.page.as_deref(), second.last), (first.id, Some("oPage"), Some(open_id("oLan"))));
    assert_eq!(second.tally, Tally::of([(Outcome::Attached, 7)]));
}

async fn a_process_that_lost_its_lease_writes_nothing(store: Store) {
    let first = run(&store, 1, 0).await;
    let second = run(&store, 2, 5).await;

    assert!(!advance(&store, &first, (1, "oLan"), 6).await);
    let tx = store.begin().await.unwrap();
    assert!(!store::follower::finish(&tx, (first.id, RunLease([1; 16])), &Tally::default(), NOW).await.unwrap());
    tx.commit().await.unwrap();
    let found = store::follower::find(&store.view(), second.id).await.unwrap().expect("the run");
    assert_eq!((found.last, found.finished_at), (None, None));
}

async fn a_finished_run_is_due_again_after_its_time_and_a_stopped_one_when_it_may_continue(store: Store) {
    let is_due = async |since: i64, now: i64| {
        let of = (RunKind::UnionIds, &app("wxshop"));
        store::follower::is_due(&store.view(), of, minutes(since), minutes(now)).await.unwrap()
    };
    assert!(is_due(0, 0).await);

    let first = run(&store, 1, 0).await;
    assert_eq!([is_due(-60, 0).await, is_due(-60, 1).await], [false, true]);
    let tx = store.begin().await.unwrap();
    let why = Stop { reason: "a quota", retry_at: minutes(30) };
    assert!(store::follower::stop(&tx, (first.id, RunLease([1; 16])), why, minutes(1)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!([is_due(-60, 29).await, is_due(-60, 30).await], [false, true]);

    let second = run(&store, 2, 30).await;
    assert_eq!((second.id, second.stopped), (first.id, Some("a quota".to_owned())));
    let tx = store.begin().await.unwrap();
    assert!(store::follower::finish(&tx, (first.id, RunLease([2; 16])), &Tally::default(), minutes(31)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!([is_due(-1, 59).await, is_due(0, 60).await], [false, true]);
}

async fn a_run_with_other_parameters_replaces_the_unfinished_one(store: Store) {
    let some = run(&store, 1, 0).await;
    let tx = store.begin().await.unwrap();
    let taken = store::follower::take(&tx, &wanted(true), RunLease([2; 16]), (minutes(5), minutes(6))).await;
    let Taken::Run(all) = taken.unwrap() else { panic!("busy") };
    tx.commit().await.unwrap();

    let newest = store::follower::newest(&store.view(), RunKind::UnionIds, &app("wxshop")).await.unwrap();
    let former = store::follower::find(&store.view(), some.id).await.unwrap().expect("the former run");
    assert_eq!(newest.map(|run| (run.id, run.asks_all)), Some((all.id, true)));
    assert_eq!(former.finished_at, Some(minutes(5)));
}
