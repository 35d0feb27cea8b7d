//! The journal of one account, page by page, including that of the accounts merged into it.

use std::sync::Arc;

use domain::{Rule, SessionId};
use store::history::JournalEntry;
use store::{Front, Place, Store, Tx, Write};

use crate::world::{NOW, decide, minutes, proof, record, report, sign_in};

crate::on_every_database!(
    a_history_has_that_of_the_accounts_that_went_into_it_newest_first,
    a_history_comes_in_pages,
    an_event_that_concerned_another_account_is_told_once,
    an_entry_names_the_session_it_was_made_in,
);

async fn history(store: &Store, user: domain::UserId) -> Vec<JournalEntry> {
    let own = store::history::with_aliases(&store.view(), user).await.unwrap();
    store::history::page(&store.view(), &own, &Front { after: None, limit: 100 }).await.unwrap()
}

async fn a_history_has_that_of_the_accounts_that_went_into_it_newest_first(store: Store) {
    let shell = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    let full = sign_in(&store, &proof("club", "oLan2", Some("uLan")), minutes(1)).await.user;
    record(&store, &[report("club", "B-1", "oLan2")]).await;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(2)).await;

    let told = history(&store, full).await;

    assert_eq!(store::history::with_aliases(&store.view(), full).await.unwrap(), [full, shell]);
    let told: Vec<_> = told.iter().map(|told| (told.event.rule, told.event.user, told.undone_at)).collect();
    assert_eq!(told, [(Rule::R1c, full, None), (Rule::R3, full, None), (Rule::R3, shell, None)]);
}

async fn a_history_comes_in_pages(store: Store) {
    let lan = sign_in(&store, &proof("a0", "oLan", Some("uLan")), NOW).await.user;
    // Two events at each moment.
    for (app, minute) in [("a1", 0), ("a2", 1), ("a3", 1), ("a4", 2), ("a5", 2), ("a6", 3)] {
        sign_in(&store, &proof(app, "oLan", Some("uLan")), minutes(minute)).await;
    }
    let all = history(&store, lan).await;

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = store::history::page(&store.view(), &[lan], &Front { after, limit: 2 }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Place { at: last.event.at, id: last.event.id.uuid() });
        paged.extend(page);
    }

    assert_eq!(all.len(), 7);
    assert!(all.windows(2).all(|pair| pair[0].event.at >= pair[1].event.at));
    assert_eq!(paged, all);
}

async fn an_event_that_concerned_another_account_is_told_once(store: Store) {
    let first = sign_in(&store, &proof("shop", "o1", Some("u1")), NOW).await.user;
    let second = sign_in(&store, &proof("shop", "o2", Some("u1")), minutes(1)).await.user;

    let rules = async |user| history(&store, user).await.iter().map(|told| told.event.rule).collect::<Vec<_>>();

    assert_eq!(rules(first).await, [Rule::R9, Rule::R3]);
    assert_eq!(rules(second).await, [Rule::R9]);
    let both = store::history::page(&store.view(), &[first, second], &Front { after: None, limit: 9 }).await.unwrap();
    assert_eq!(both.len(), 2);
}

async fn an_entry_names_the_session_it_was_made_in(store: Store) {
    let session = SessionId::new(NOW);
    let lan = proof("shop", "oLan", None);
    let known = store::login::known(&store.view(), &lan).await.unwrap();
    let (decision, lan) = (&decide(&known, &lan), &lan);
    let write = |tx: Arc<Tx>| async move { store::login::apply(&tx, decision, lan, NOW).await };
    let user = store.write(Write::new("login").in_session(session), write).await.unwrap().user;
    sign_in(&store, &proof("shop", "oLan", Some("uLan")), minutes(1)).await;

    let sessions: Vec<_> = history(&store, user).await.iter().map(|told| told.event.session).collect();

    assert_eq!(sessions, [None, Some(session)]);
}
