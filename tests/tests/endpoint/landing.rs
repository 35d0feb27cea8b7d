//! The landing page: in the reader's language, with links only to what this process serves; and the pages of the
//! documentation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use acceptance::{Company, Server};
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE};
use tower::ServiceExt;

/// The header `Accept` of a browser.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Asks a replica without an HTTP client, which would normalise the path.
async fn get(app: &api::App, path: &str, accept: &str) -> (u16, String) {
    let request = Request::get(path).header(ACCEPT, accept).body(Body::empty()).expect("a request");
    let answer = app.router().oneshot(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn page(company: &Company, query: &str, languages: &str) -> String {
    let url = format!("{}/{query}", company.url);
    let request = reqwest::Client::builder().build().expect("a client").get(url).header(ACCEPT_LANGUAGE, languages);
    request.send().await.expect("an answer").text().await.expect("text")
}

#[tokio::test]
async fn the_page_is_in_the_language_of_the_browser_unless_the_address_names_one() {
    let company = Company::open(Server::Sqlite).await;

    for (query, languages, tag, other) in [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "English"),
        ("", "en-GB,en;q=0.9", "en", "中文"),
        ("", "", "en", "中文"),
        ("?lang=en", "zh-CN", "en", "中文"),
        ("?lang=zh", "en", "zh-CN", "English"),
        ("?lang=%3Cscript%3E", "zh-CN", "zh-CN", "English"),
    ] {
        let page = page(&company, query, languages).await;

        assert!(page.contains(&format!("<html lang=\"{tag}\">")), "{query} {languages}");
        assert!(page.contains(&format!(">{other}</a>")), "{query} {languages}");
        assert!(!page.contains("{{") && !page.contains("<script"), "{page}");
    }
}

#[tokio::test]
async fn the_shop_comes_first_then_the_playground_the_documents_the_console_and_the_sandbox() {
    let company = Company::open(Server::Sqlite).await;

    let page = page(&company, "", "en").await;

    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} is not in {page}"));
    let places =
        [at(":8002/"), at("/playground"), at("/docs/clients.md"), at("/console/"), at("/_sandbox/"), at("jwks.json")];
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn every_document_that_the_page_names_is_served_as_text_and_as_a_page() {
    let company = Company::open(Server::Sqlite).await;
    let page = page(&company, "", "en").await;

    let named: Vec<_> = page.split("href=\"/docs/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(named.len(), 5);
    for name in named {
        let get = |accept| {
            let url = format!("{}/docs/{name}", company.url);
            reqwest::Client::builder().build().expect("a client").get(url).header(ACCEPT, accept).send()
        };
        let text = get("*/*").await.expect("an answer");
        assert_eq!(text.headers()["content-type"], "text/plain; charset=utf-8", "{name}");
        assert!(text.text().await.expect("text").starts_with("# "), "{name}");

        let html = get(BROWSER).await.expect("an answer");
        assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8", "{name}");
        assert_eq!(html.headers()["vary"], "Accept", "{name}");
        let policy = html.headers()["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn every_link_of_every_document_leads_to_a_page_and_a_place_on_it() {
    let company = Company::open(Server::Sqlite).await;
    let app = company.app_with(|_| {}).await;
    let mut pages = BTreeMap::new();
    let mut to_visit = vec!["/docs/".to_owned(), "/docs".to_owned()];
    let mut links = Vec::new();

    while let Some(path) = to_visit.pop() {
        if pages.contains_key(&path) {
            continue;
        }
        let (status, text) = get(&app, &path, BROWSER).await;
        assert_eq!(status, 200, "{path}");
        for link in text.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (target, place) = link.split_once('#').unwrap_or((link, ""));
            if link.starts_with("/docs/") {
                to_visit.push(target.to_owned());
            }
            let target = if target.is_empty() { path.clone() } else { target.to_owned() };
            links.push((path.clone(), target, place.to_owned()));
        }
        pages.insert(path, text);
    }

    let is_broken = |(_, target, place): &&(String, String, String)| {
        let place = percent_decode_str(place).decode_utf8_lossy();
        let has_place = |page: &String| place.is_empty() || page.contains(&format!(" id=\"{place}\""));
        pages.get(target).is_some_and(|page| !has_place(page))
    };
    let broken: Vec<_> = links.iter().filter(is_broken).collect();
    assert!(broken.is_empty(), "{broken:?}");
    let reached = fs::read_dir("../docs").expect("the folder of the pages").flatten();
    let reached = reached.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let missing: Vec<_> = reached
        .filter(|name| {
            Path::new(name).extension().is_some_and(|ending| ending == "md")
                && !pages.contains_key(&format!("/docs/{name}"))
        })
        .collect();
    assert_eq!(missing, [""; 0]);
    assert!(pages.len() > 70 && links.len() > 1000, "{} {}", pages.len(), links.len());
    assert!(pages.values().all(|page| !page.contains("<script") && !page.contains(" style=")));
}

#[tokio::test]
async fn no_path_leads_out_of_the_documents() {
    let company = Company::open(Server::Sqlite).await;
    let app = company.app_with(|_| {}).await;

    for path in [
        "/docs/none.md",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/Cargo.toml",
        "/docs/..%2fCargo.toml",
        "/docs/..%2FCargo.toml",
        "/docs/%2e%2e%2fCargo.toml",
        "/docs/adr/..%2f..%2fCargo.toml",
        "/docs/adr/../../Cargo.toml",
        "/docs/..%5cCargo.toml",
        "/docs//etc/passwd",
        "/docs/%2fetc%2fpasswd",
        "/docs/%252e%252e/Cargo.toml",
        "/docs/errors.md%00",
        "/docs/errors.md/",
        "/docs/.",
        "/docs/..",
        "/docs/adr",
        "/docs/adr/",
        "/docs/api/Cargo.toml",
        "/docs/docs/errors.md",
    ] {
        for accept in [BROWSER, "*/*"] {
            let (status, text) = get(&app, path, accept).await;

            assert_eq!((status, &*text), (404, ""), "{path}");
        }
    }
    let (status, _) = get(&app, "/docs/%ff", BROWSER).await;
    assert_eq!(status, 400, "a path that is no UTF-8");
}

#[tokio::test]
async fn without_playground_and_sandbox_the_page_names_neither() {
    let company = Company::open(Server::Sqlite).await;
    let app = company
        .app_with(|config| {
            config.graphql.playground = api::config::Switch::Off;
            config.sandbox.enabled = false;
        })
        .await;

    let (_, page) = get(&app, "/", BROWSER).await;
    for part in ["/playground", "/docs/", "_sandbox", ":8002"] {
        assert!(!page.contains(part), "{part}");
    }
    for path in ["/docs", "/docs/", "/docs/clients.md", "/docs/style.css"] {
        assert_eq!(get(&app, path, BROWSER).await.0, 404, "{path}");
    }
}
