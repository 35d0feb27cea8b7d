//! The search for people: by every key and by the prefix of a nickname, in pages.

use std::collections::BTreeSet;

use domain::search::{Search, SearchKey};
use domain::{AppId, Profile, UserId};
use store::Store;
use store::import::ImportedUser;
use store::search::{FoundNickname, NicknamePlace, NicknameRange};

use crate::disabling::order;
use crate::merge_choices::{bind, merge};
use crate::world::{NOW, app, import, member, minutes, proof, record, report, sign_in};

crate::on_every_database!(
    every_key_names_its_account,
    a_number_that_is_kept_names_the_account_that_had_it_until_it_is_free,
    an_id_leads_to_the_survivor_also_if_it_is_disabled,
    a_nickname_is_found_by_its_beginning_in_the_order_of_its_bytes,
    a_beginning_that_thousands_have_is_walked_without_repeating_or_skipping_one,
);

const PHONE: &str = "13800000001";

fn search(text: &str) -> Search {
    Search::read(text).expect("a search")
}

fn apps() -> Vec<AppId> {
    vec![app("club"), app("shop")]
}

/// Returns what a text matches, as kind, account, place and key.
async fn named(store: &Store, text: &str) -> Vec<(SearchKey, UserId, String, String)> {
    let found = store::search::keys(&store.view(), &search(text), &apps(), NOW).await.unwrap();
    found.into_iter().map(|key| (key.kind, key.user_id, key.place, key.found)).collect()
}

async fn every_key_names_its_account(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", Some("uLan")), NOW).await.user;
    let again = sign_in(&store, &proof("club", "oLan", Some("uLan")), NOW).await.user;
    import(&store, &member("M-1", PHONE)).await;
    let wei = store::phone::owner(&store.view(), &crate::world::number(PHONE), NOW).await.unwrap().unwrap().account.id;
    record(&store, &[report("shop", "订单 7", "oLan"), report("shop", "T-8", "oNobody")]).await;
    assert_eq!(lan, again);

    let text = |text: &str| text.to_owned();
    let mut open_ids = named(&store, "微信号：oLan").await;
    open_ids.sort();
    assert_eq!(
        open_ids,
        [(SearchKey::OpenId, lan, text("club"), text("oLan")), (SearchKey::OpenId, lan, text("shop"), text("oLan")),]
    );
    assert_eq!(named(&store, " uLan ").await, [(SearchKey::UnionId, lan, text("hemu"), text("uLan"))]);
    assert_eq!(named(&store, "M-1").await, [(SearchKey::ExternalId, wei, text(""), text("M-1"))]);
    assert_eq!(named(&store, "手机 １３８ 0000 0001").await, [(SearchKey::Phone, wei, text(""), text(""))]);
    assert_eq!(named(&store, "订单 7").await, [(SearchKey::OrderNo, lan, text("shop"), text("订单 7"))]);
    // The person of this order has never logged in.
    assert_eq!(named(&store, "T-8").await, []);
    // A key is compared exactly.
    for other in ["olan", "oLa", "m-1", "13800000002", "兰"] {
        assert_eq!(named(&store, other).await, [], "{other}");
    }
}

async fn a_number_that_is_kept_names_the_account_that_had_it_until_it_is_free(store: Store) {
    let lan = sign_in(&store, &proof("shop", "oLan", None), NOW).await.user;
    bind(&store, lan, PHONE, domain::phone::Purpose::Bind).await;
    bind(&store, lan, "13800000002", domain::phone::Purpose::Change).await;

    let kinds = async |text: &str, now| {
        let found = store::search::keys(&store.view(), &search(text), &apps(), now).await.unwrap();
        found.into_iter().map(|key| (key.kind, key.user_id)).collect::<Vec<_>>()
    };

    assert_eq!(kinds("13800000002", NOW).await, [(SearchKey::Phone, lan)]);
    assert_eq!(kinds(PHONE, minutes(5)).await, [(SearchKey::KeptPhone, lan)]);
    assert_eq!(kinds(PHONE, minutes(60 * 24 * 30)).await, []);
}

async fn an_id_leads_to_the_survivor_also_if_it_is_disabled(store: Store) {
    let [first, second, third] = [
        sign_in(&store, &proof("shop", "oLan", None), NOW).await.user,
        sign_in(&store, &proof("club", "oLan", None), NOW).await.user,
        sign_in(&store, &proof("news", "oLan", None), NOW).await.user,
    ];
    merge(&store, first, second, &[]).await;
    merge(&store, second, third, &[]).await;
    order(&store, third, true).await.unwrap();
    let unknown = UserId::new(NOW);

    let led = store::search::led(&store.view(), &[first, third, unknown, first]).await.unwrap();

    let of = |id| led.get(&id).map(|led| (led.user.id, led.user.is_disabled, led.was_merged));
    assert_eq!(led.len(), 2);
    assert_eq!(of(first), Some((third, true, true)));
    assert_eq!(of(third), Some((third, true, false)));
    assert_eq!(of(unknown), None);
}

async fn nicknames(store: &Store, text: &str, range: &NicknameRange) -> Vec<FoundNickname> {
    store::search::nicknames(&store.view(), &search(text).prefixes, range).await.unwrap()
}

async fn a_nickname_is_found_by_its_beginning_in_the_order_of_its_bytes(store: Store) {
    let names = [
        "兰",
        "兰心🌿",
        "兰心",
        "兰\u{10FFFF}",
        "関",
        "lan",
        "Lan Wang",
        "LAN",
        "Lane",
        "la",
        "láa",
        "l%",
        "l_",
        "王 兰",
    ];
    for (n, name) in names.iter().enumerate() {
        let told = Profile { nickname: Some((*name).to_owned()), avatar_url: None };
        sign_in(&store, &domain::login::Proof { profile: told, ..proof("shop", &format!("o{n}"), None) }, NOW).await;
    }
    let everything = NicknameRange { after: None, limit: 100 };
    let found = async |text: &str| {
        let found = nicknames(&store, text, &everything).await;
        found.into_iter().map(|found| found.name).collect::<Vec<_>>()
    };

    assert_eq!(found("兰").await, ["兰", "兰心", "兰心🌿", "兰\u{10FFFF}"]);
    assert_eq!(found("兰心").await, ["兰心", "兰心🌿"]);
    assert_eq!(found("lan").await, ["LAN", "Lan Wang", "Lane", "lan"]);
    assert_eq!(found("lá").await, ["láa"]);
    // Wildcards of a pattern are ordinary characters.
    assert_eq!(found("l%").await, ["l%"]);
    assert_eq!(found("l_").await, ["l_"]);
    assert_eq!(found("心").await, [""; 0]);
}

async fn a_beginning_that_thousands_have_is_walked_without_repeating_or_skipping_one(store: Store) {
    const PEOPLE: usize = 2_000;
    let person = |n: usize| ImportedUser {
        phone: None,
        // Many people have the same name.
        nickname: Some(format!("兰 {}", n % 70)),
        ..member(&format!("M-{n}"), PHONE)
    };
    let people: Vec<ImportedUser> = (0..PEOPLE).map(person).collect();
    for batch in people.chunks(500) {
        let tx = store.begin().await.unwrap();
        store::import::import_users(&tx, batch, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    let mut seen: Vec<FoundNickname> = Vec::new();
    let mut after = None;
    loop {
        let page = nicknames(&store, "兰", &NicknameRange { after, limit: 50 }).await;
        let Some(last) = page.last() else { break };
        after = Some(NicknamePlace { name: last.name.clone(), id: last.id });
        seen.extend(page);
        // People who appear or disappear between pages do not shift the others.
        let n = PEOPLE + seen.len();
        import(&store, &ImportedUser { nickname: Some("兰 0".to_owned()), ..person(n) }).await;
    }

    let old: BTreeSet<UserId> = seen.iter().map(|found| found.id).collect();
    assert_eq!(old.len(), seen.len(), "one was repeated");
    let of_old = seen.iter().filter(|found| found.name != "兰 0").count();
    assert_eq!(of_old, PEOPLE - PEOPLE.div_ceil(70), "one was skipped");
    let places = |found: &FoundNickname| (found.name.clone(), found.id);
    assert!(seen.is_sorted_by_key(places));
}
