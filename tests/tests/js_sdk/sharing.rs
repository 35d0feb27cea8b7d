//! A ticket is fetched once for all replicas, encrypted, and fetched again when it has expired or cannot be decrypted.
//! See `store` for the leases.

use std::path::Path;
use std::time::Duration;

use acceptance::{Server, on_every_database};
use chrono::TimeDelta;
use futures::future::join_all;
use providers::{KeptToken, LEASE};
use secrecy::ExposeSecret;

use crate::acme::{Acmes, Replica, TICKET_LIFE};

on_every_database!(
    four_replicas_with_fifty_requests_each_fetch_one_ticket,
    a_ticket_that_is_over_is_fetched_again_and_so_is_one_that_is_forgotten,
    a_replica_that_dies_while_it_fetches_holds_the_others_up_for_ten_seconds,
    a_ticket_outlives_a_rotation_and_a_restart_but_not_a_change_of_all_keys,
    a_token_is_kept_only_under_a_lease_that_holds,
);

pub(crate) const PAGE: &str = "https://shop.example.com/h5/";

pub(crate) async fn ask_at_once((app, replicas): (&str, &[Replica]), each: usize) {
    let asks = replicas.iter().flat_map(|replica| (0..each).map(move |_| replica.ask(app, PAGE)));
    for answer in join_all(asks).await {
        assert!(answer.get("errors").is_none(), "{answer}");
    }
}

async fn four_replicas_with_fifty_requests_each_fetch_one_ticket(server: Server) {
    let acmes = Acmes::open(server).await;
    // The first one creates SQLite's file; four replicas cannot create it at once.
    let mut replicas = vec![acmes.start(&["one"]).await];
    replicas.extend(join_all((0..3).map(|_| acmes.start(&["one"]))).await);

    ask_at_once(("acme", &replicas), 50).await;

    assert_eq!(acmes.fetched(), 1);
}

async fn a_ticket_that_is_over_is_fetched_again_and_so_is_one_that_is_forgotten(server: Server) {
    let acmes = Acmes::open(server).await;
    let replica = acmes.start(&["one"]).await;
    let keeper = acmes.keeper();
    replica.ask("acme", PAGE).await;
    let remaining = async || keeper.kept("acme/ticket").await.expect("the keeper answers").map(|kept| kept.remaining);

    acmes.clock.advance(TimeDelta::seconds(7_199));
    assert_eq!(remaining().await, Some(Duration::from_secs(1)));
    replica.ask("acme", PAGE).await;
    assert_eq!(acmes.fetched(), 1);
    acmes.clock.advance(TimeDelta::seconds(1));
    assert_eq!(remaining().await, None);
    replica.ask("acme", PAGE).await;
    assert_eq!((acmes.fetched(), remaining().await), (2, Some(TICKET_LIFE)));

    keeper.forget("acme/ticket", &acmes.ticket(1).into()).await.expect("the keeper answers");
    replica.ask("acme", PAGE).await;
    assert_eq!(acmes.fetched(), 2);
    keeper.forget("acme/ticket", &acmes.ticket(2).into()).await.expect("the keeper answers");
    replica.ask("acme", PAGE).await;
    assert_eq!(acmes.fetched(), 3);
}

async fn a_replica_that_dies_while_it_fetches_holds_the_others_up_for_ten_seconds(server: Server) {
    let acmes = Acmes::open(server).await;
    let replica = acmes.start(&["one"]).await;
    let keeper = acmes.keeper();

    let lost = keeper.lease("acme/ticket").await.expect("the keeper answers");
    assert!(lost.is_some() && keeper.lease("acme/ticket").await.expect("the keeper answers").is_none());
    acmes.clock.advance(TimeDelta::from_std(LEASE).expect("a short time"));
    replica.ask("acme", PAGE).await;

    assert_eq!(acmes.fetched(), 1);
}

async fn a_ticket_outlives_a_rotation_and_a_restart_but_not_a_change_of_all_keys(server: Server) {
    let acmes = Acmes::open(server).await;
    for (keys, fetched) in [
        (&["old"][..], 1),
        (&["old"], 1),
        (&["old", "new"], 1),
        (&["new", "old"], 1),
        // Encrypted with the old key and valid for two more hours, but the old key is gone.
        (&["new"], 2),
        (&["new"], 2),
    ] {
        let answer = acmes.start(keys).await.ask("acme", PAGE).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        assert_eq!(acmes.fetched(), fetched, "{keys:?}");
    }
}

async fn a_token_is_kept_only_under_a_lease_that_holds(server: Server) {
    let acmes = Acmes::open(server).await;
    let _replica = acmes.start(&["one"]).await;
    let keeper = acmes.keeper();
    let token = |text: &str| KeptToken { secret: text.to_owned().into(), remaining: TICKET_LIFE };
    let kept = async || {
        let kept = keeper.kept("a").await.expect("the keeper answers");
        kept.map(|kept| kept.secret.expose_secret().to_owned())
    };

    let late = keeper.lease("a").await.expect("the keeper answers").expect("a lease");
    acmes.clock.advance(TimeDelta::from_std(LEASE).expect("a short time"));
    let good = keeper.lease("a").await.expect("the keeper answers").expect("a lease");
    keeper.keep("a", &late, &token("late")).await.expect("the keeper answers");
    keeper.release("a", &late).await.expect("the keeper answers");
    assert_eq!(kept().await, None);
    assert!(keeper.lease("a").await.expect("the keeper answers").is_none());

    keeper.keep("a", &good, &token("good")).await.expect("the keeper answers");
    assert_eq!(kept().await.as_deref(), Some("good"));
    // A token encrypted under one name cannot be read under another.
    assert!(keeper.kept("b").await.expect("the keeper answers").is_none());
}

#[tokio::test]
async fn nothing_of_a_ticket_is_readable_in_the_database() {
    let acmes = Acmes::open(Server::Sqlite).await;
    let replica = acmes.start(&["one"]).await;
    replica.ask("acme", PAGE).await;

    let file = acmes.database.url().trim_start_matches("sqlite:").to_owned();
    let dump: Vec<u8> = ["", "-wal"]
        .iter()
        .flat_map(|end| std::fs::read(Path::new(&format!("{file}{end}"))).unwrap_or_default())
        .collect();

    let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("acme/ticket"));
    assert!(!holds("planted") && !holds("key-of-this-test"));
}
