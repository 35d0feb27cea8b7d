//! Listed documents: by hash and app, stored once, until they are removed from the list.

use domain::Timestamp;
use store::Store;
use store::document::Document;

use crate::concurrency::at_once;
use crate::world::NOW;

crate::on_every_database!(
    a_document_is_listed_once_for_each_app_and_once_for_every_app,
    of_fifty_who_list_the_same_document_at_once_it_is_listed_by_one,
    the_longest_document_comes_back_to_the_letter,
);

fn document(app: Option<&str>, text: &str) -> Document {
    let hash = [u8::try_from(text.len() % 251).unwrap(); 32];
    Document { hash, app: app.map(|app| app.parse().unwrap()), text: text.to_owned(), added_at: NOW }
}

async fn add(store: &Store, document: &Document) -> bool {
    let tx = store.begin().await.unwrap();
    let added = store::document::add(&tx, document).await.unwrap();
    tx.commit().await.unwrap();
    added
}

async fn remove(store: &Store, document: &Document) -> bool {
    let tx = store.begin().await.unwrap();
    let removed = store::document::remove(&tx, &document.hash, document.app.as_ref()).await.unwrap();
    tx.commit().await.unwrap();
    removed
}

async fn a_document_is_listed_once_for_each_app_and_once_for_every_app(store: Store) {
    let [every, shop, club] = [(None, 1), (Some("wx01"), 2), (Some("wx02"), 3)]
        .map(|(app, at)| Document { added_at: Timestamp::from_millis(at), ..document(app, "{ me { id } }") });

    let added = [add(&store, &every).await, add(&store, &shop).await, add(&store, &club).await];
    let again = [add(&store, &every).await, add(&store, &shop).await];

    assert_eq!((added, again), ([true; 3], [false; 2]));
    assert_eq!(store::document::list(&store.view(), shop.app.as_ref()).await.unwrap(), std::slice::from_ref(&shop));
    assert_eq!(store::document::list(&store.view(), None).await.unwrap(), [every.clone(), shop.clone(), club.clone()]);
    assert_eq!((remove(&store, &shop).await, remove(&store, &shop).await), (true, false));
    assert_eq!(store::document::list(&store.view(), None).await.unwrap(), [every, club]);
}

async fn of_fifty_who_list_the_same_document_at_once_it_is_listed_by_one(store: Store) {
    let shop = document(Some("wx01"), "{ apps { name } }");
    let try_to_add = |_: usize| {
        let (store, shop) = (store.clone(), shop.clone());
        async move {
            let tx = store.begin().await?;
            let added = store::document::add(&tx, &shop).await?;
            tx.commit().await?;
            Ok::<_, store::StoreError>(added)
        }
    };

    let outcomes = at_once(50, try_to_add).await;

    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(true))).count(), 1);
    assert_eq!(store::document::list(&store.view(), None).await.unwrap().len(), 1);
}

async fn the_longest_document_comes_back_to_the_letter(store: Store) {
    let text = format!("{{ a }} # 禾木 \u{feff}\r\n{}", "𝄞".repeat(16_000));
    let longest = Document { added_at: Timestamp::from_millis(1), ..document(None, &text) };

    add(&store, &longest).await;

    assert_eq!(store::document::find(&store.view(), &longest.hash, None).await.unwrap(), Some(text));
}
