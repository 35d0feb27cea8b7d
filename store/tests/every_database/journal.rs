//! The journal of links.

use domain::Rule;
use serde_json::json;
use store::Store;

use crate::world::{NOW, minutes, proof, sign_in};

crate::on_every_database!(an_entry_says_what_was_proved_and_what_came_of_it, the_oldest_entry_comes_first);

async fn an_entry_says_what_was_proved_and_what_came_of_it(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;

    let event = store::history::events(&store.view(), lan).await.unwrap().remove(0);

    let union = json!({ "scope": "hemu", "unionId": "uLan" });
    assert_eq!((event.user, event.other, event.at), (lan, None, NOW));
    assert_eq!(event.evidence, json!({ "app": "shop", "openId": "oLan", "union": union }));
    assert_eq!(event.before, json!({}));
    assert_eq!(event.after, json!({ "link": { "claimed": false }, "union": union }));
}

async fn the_oldest_entry_comes_first(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(1)).await;
    sign_in(&store, &proof("club", "oLan", Some("uLan")), minutes(2)).await;

    let events = store::history::events(&store.view(), lan).await.unwrap();

    assert_eq!(events.iter().map(|event| event.rule).collect::<Vec<_>>(), [Rule::R3, Rule::R1b, Rule::R2]);
}
