//! Which pages get a signature, and that it equals WeChat's. See `api::config` for the matching of pages.

use acceptance::{START, Server, on_every_database};
use serde_json::json;

use crate::acme::Acmes;

on_every_database!(
    a_listed_page_gets_the_signature_that_wechat_would_make,
    what_is_not_listed_or_has_no_script_is_refused_and_nothing_is_fetched,
);

async fn a_listed_page_gets_the_signature_that_wechat_would_make(server: Server) {
    let acmes = Acmes::open(server).await;
    let replica = acmes.start(&["one"]).await;
    let page = "https://shop.example.com/h5/茶?a=%20b&c='d'";

    let answer = replica.ask("acme", &format!("{page}#/cart?x=1")).await;

    let nonce = answer["data"]["jsSdkConfig"]["nonceStr"].as_str().expect("a nonce");
    let seconds = START.millis() / 1_000;
    let signature = sandbox::signature::js_sdk(&acmes.ticket(1), nonce, seconds, page);
    assert_eq!(
        answer,
        json!({ "data": { "jsSdkConfig": {
            "appId": "acme-script",
            "timestamp": seconds,
            "nonceStr": nonce,
            "signature": signature,
            "url": page,
        } } })
    );
    assert_eq!(nonce.len(), 32);
    let again = replica.ask("acme", page).await;
    assert_ne!(again["data"]["jsSdkConfig"]["nonceStr"], nonce);
}

async fn what_is_not_listed_or_has_no_script_is_refused_and_nothing_is_fetched(server: Server) {
    let acmes = Acmes::open(server).await;
    let replica = acmes.start(&["one"]).await;

    for (app, url, code) in [
        ("acme", "https://shop.example.com/", "PAGE_NOT_ALLOWED"),
        ("acme", "https://shop.example.com/pay/x", "PAGE_NOT_ALLOWED"),
        ("acme", "https://shop.example.com.evil.example/h5/", "PAGE_NOT_ALLOWED"),
        ("acme", "https://shop.example.com@evil.example/h5/", "PAGE_NOT_ALLOWED"),
        ("acme", "https://shop.example.com/h5/../admin", "PAGE_NOT_ALLOWED"),
        ("acme", "https://shop.example.com\\@evil.example/h5/", "PAGE_NOT_ALLOWED"),
        ("acme", "http://shop.example.com/h5/", "PAGE_NOT_ALLOWED"),
        ("acme", "#https://shop.example.com/h5/", "PAGE_NOT_ALLOWED"),
        ("acme", "", "PAGE_NOT_ALLOWED"),
        ("silent", "https://shop.example.com/h5/", "NO_JS_SDK"),
        ("nobody", "https://shop.example.com/h5/", "UNKNOWN_APP"),
        ("", "https://shop.example.com/h5/", "UNKNOWN_APP"),
    ] {
        let answer = replica.ask(app, url).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{app} {url}");
    }

    assert_eq!(acmes.fetched(), 0);
}
