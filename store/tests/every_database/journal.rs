//! The journal of links.

use domain::Rule;
use store::Store;
use store::history::{Change, Evidence, Link};

use crate::world::{NOW, app, minutes, proof, sign_in, union};

crate::on_every_database!(an_entry_says_what_was_proved_and_what_came_of_it, the_oldest_entry_comes_first);

async fn an_entry_says_what_was_proved_and_what_came_of_it(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;

    let event = store::history::events(&store.view(), lan).await.unwrap().remove(0);

    let union = Some(union("uLan"));
    assert_eq!((event.user, event.other, event.at), (lan, None, NOW));
    let open_id = Some("oLan".parse().unwrap());
    let evidence = Evidence { app: Some(app("shop")), open_id, union: union.clone(), ..Evidence::default() };
    assert_eq!(event.evidence, evidence);
    assert_eq!(event.change, Change::Linked { link: Some(Link { claimed: false }), union });
}

async fn the_oldest_entry_comes_first(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(1)).await;
    sign_in(&store, &proof("club", "oLan", Some("uLan")), minutes(2)).await;

    let events = store::history::events(&store.view(), lan).await.unwrap();

    assert_eq!(events.iter().map(|event| event.rule).collect::<Vec<_>>(), [Rule::R3, Rule::R1b, Rule::R2]);
}
