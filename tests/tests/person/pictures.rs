//! Uploads of pictures over HTTP: who may upload what, how it is stored, and when it is removed.

use std::io::Cursor;

use acceptance::{Client, Company, Server, on_every_database, weakened};
use api::contract::fake::FakePictures;
use chrono::TimeDelta;
use futures::future::join_all;
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

on_every_database!(
    an_uploaded_picture_is_shown_and_served_to_everyone,
    a_replaced_picture_is_removed_and_one_that_is_still_shown_is_not,
    of_two_uploads_at_once_one_is_shown_and_the_other_is_removed,
    a_picture_that_no_account_comes_to_show_is_removed,
    a_second_replica_serves_and_removes_what_the_first_one_took,
    r15_only_a_person_with_a_bound_login_uploads,
);

/// A picture of one colour.
fn picture(red: u8) -> Vec<u8> {
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(40, 30, Rgb([red, 0, 0])));
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).expect("a picture");
    file.into_inner()
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().build().expect("a client")
}

fn posting(url: &str, who: &Client) -> RequestBuilder {
    let request = http().post(format!("{url}/pictures"));
    match &who.bearer {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

async fn upload(company: &Company, who: &Client, file: Vec<u8>) -> Response {
    posting(&company.url, who).header("content-type", "image/png").body(file).send().await.expect("an answer")
}

/// Uploads a picture and returns its address.
async fn uploaded(company: &Company, who: &Client, file: Vec<u8>) -> String {
    let answer = upload(company, who, file).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.headers()["location"].to_str().expect("text").to_owned();
    let told: Value = answer.json().await.expect("JSON");
    assert_eq!(told, json!({ "data": { "avatarUrl": location } }));
    location
}

/// Sends a file as a form does.
async fn form(request: RequestBuilder, name: &str, file: &[u8]) -> Response {
    let head = format!(
        "--b0undary\r\nContent-Disposition: form-data; name=\"nickname\"\r\n\r\nignored\r\n--b0undary\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--b0undary--\r\n"].concat();
    let request = request.header("content-type", "multipart/form-data; boundary=b0undary").body(body);
    request.send().await.expect("an answer")
}

async fn refused(answer: Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    let told: Value = answer.json().await.expect("JSON");
    assert_eq!(told["data"], Value::Null);
    told["errors"][0]["extensions"]["code"].as_str().expect("a code").to_owned()
}

async fn avatar(who: &Client) -> Value {
    who.ask("{ me { avatarUrl } }").await.data()["me"]["avatarUrl"].clone()
}

async fn get(address: &str) -> Response {
    http().get(address).send().await.expect("an answer")
}

async fn status(address: &str) -> u16 {
    get(address).await.status().as_u16()
}

/// Deletes expired pictures, as the service does every ten minutes.
async fn sweep(company: &Company) -> usize {
    api::usecase::picture::remove_unused(company.app.service()).await.expect("the database answers")
}

async fn an_uploaded_picture_is_shown_and_served_to_everyone(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    let address = uploaded(&company, &lan, picture(200)).await;

    assert!(address.starts_with(&format!("{}/pictures/pic_", company.url)), "{address}");
    assert_eq!(avatar(&lan).await, address);
    company.clock.advance(TimeDelta::seconds(1));
    assert_eq!(avatar(&company.sign_in("club", "lan").await).await, address, "no login changes it");
    let answer = get(&address).await;
    assert_eq!(answer.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("content-disposition", "inline"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    let content = answer.bytes().await.expect("a body");
    let shown = image::load_from_memory(&content).expect("a picture");
    assert_eq!(shown.dimensions(), (40, 30));
    assert!(shown.get_pixel(5, 5).0[0].abs_diff(200) < 10);
}

async fn a_replaced_picture_is_removed_and_one_that_is_still_shown_is_not(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let first = uploaded(&company, &lan, picture(10)).await;

    let second = uploaded(&company, &lan, picture(20)).await;

    assert_eq!((sweep(&company).await, status(&first).await, status(&second).await), (1, 404, 200));
    company.clock.advance(TimeDelta::days(400));
    assert_eq!((sweep(&company).await, status(&second).await), (0, 200));
    // The account switches to another address.
    let lan = company.sign_in("shop", "lan").await;
    let forget = lan.ask("mutation { updateProfile(avatarUrl: null) { user { avatarUrl } } }").await;
    assert_ne!(forget.data()["updateProfile"]["user"]["avatarUrl"], second);
    assert_eq!((sweep(&company).await, status(&second).await), (1, 404));
    assert_eq!(sweep(&company).await, 0);
}

async fn of_two_uploads_at_once_one_is_shown_and_the_other_is_removed(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;

    let files = (0..6).map(|number| uploaded(&company, &lan, picture(number * 40)));
    let addresses = join_all(files).await;

    let shown = avatar(&lan).await;
    assert!(addresses.iter().any(|address| *address == shown), "{shown}");
    assert_eq!(sweep(&company).await, 5);
    for address in &addresses {
        assert_eq!(status(address).await, if *address == shown { 200 } else { 404 });
    }
}

async fn a_picture_that_no_account_comes_to_show_is_removed(server: Server) {
    let store = FakePictures::default();
    let company = Company::open(server).await;
    let (app, _) = company.embedded_app(|builder| builder.with_picture_store(std::sync::Arc::new(store.clone()))).await;
    let service = app.service();
    let lan = company.sign_in("shop", "lan").await;
    let caller =
        api::usecase::caller::identify(service, (lan.bearer.as_deref(), false), api::usecase::ClientAddress(None));
    let caller = caller.await.expect("the database answers");
    let lan_signed_in = caller.person().expect("a person");
    let address = api::usecase::picture::upload(service, lan_signed_in, picture(1)).await.expect("an upload");
    // The process stops after writing to the store and before writing to the account; the store is down when the next
    // picture arrives.
    store.set_down(true);
    let failed = api::usecase::picture::upload(service, lan_signed_in, picture(2)).await.expect_err("no store");
    assert_eq!(failed.code().as_str(), "SERVICE_UNAVAILABLE");
    assert_eq!((store.ids().len(), avatar(&lan).await), (1, json!(address)));

    // Nothing is deleted before an upload can have ended, and a failed removal is retried.
    let remove = async || api::usecase::picture::remove_unused(service).await.expect("the database answers");
    assert_eq!(remove().await, 0);
    company.clock.advance(TimeDelta::hours(1));
    assert_eq!(remove().await, 0);
    store.set_down(false);
    assert_eq!(remove().await, 0, "another process may be removing it");
    company.clock.advance(TimeDelta::minutes(10));
    assert_eq!((remove().await, remove().await), (1, 0));
    assert_eq!(store.ids().len(), 1);
}

async fn r15_only_a_person_with_a_bound_login_uploads(server: Server) {
    let company = Company::open_with(server, weakened("optional")).await;
    let mut unbound = company.client();
    let login = unbound.log_in_unbound(&company.code("shop", "lan").await, "shop").await;
    unbound.carry(&login.data()["wechatLogin"]);
    let mut forged = company.client();
    forged.bearer = Some("guiyi.invented".to_owned());
    let system = company.system(&[domain::ServiceScope::UsersRead]).await;

    for (who, status_and_code) in [
        (&company.client(), (401, "UNAUTHENTICATED")),
        (&forged, (401, "UNAUTHENTICATED")),
        (&system, (403, "FORBIDDEN")),
        (&unbound, (403, "BOUND_LOGIN_REQUIRED")),
    ] {
        let answer = upload(&company, who, picture(1)).await;

        assert_eq!(refused(answer, status_and_code.0).await, status_and_code.1);
    }
}

#[tokio::test]
async fn a_form_is_read_as_wx_upload_file_sends_it() {
    let company = Company::open(Server::Sqlite).await;
    let lan = company.sign_in("shop", "lan").await;

    let answer = form(posting(&company.url, &lan), "../../etc/passwd", &picture(90)).await;

    assert_eq!(answer.status(), StatusCode::CREATED);
    for (kind, body) in [
        ("multipart/form-data", b"x".to_vec()),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--".to_vec(),
        ),
        ("multipart/form-data; boundary=b", picture(1)),
    ] {
        let answer = posting(&company.url, &lan).header("content-type", kind).body(body).send().await;

        assert_eq!(refused(answer.expect("an answer"), 400).await, "INVALID_INPUT", "{kind}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_changes_nothing() {
    let company = Company::open(Server::Sqlite).await;
    let lan = company.sign_in("shop", "lan").await;
    let before = avatar(&lan).await;
    let png = picture(1);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();

    for file in [Vec::new(), svg, b"<html><script>alert(1)</script>".to_vec(), png[..png.len() / 2].to_vec()] {
        assert_eq!(refused(upload(&company, &lan, file).await, 400).await, "INVALID_INPUT");
    }

    assert_eq!(avatar(&lan).await, before);
    assert_eq!(sweep(&company).await, 0);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read() {
    let settings = toml::toml! { pictures = { limit_kib = 4 } };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let lan = company.sign_in("shop", "lan").await;

    let raw = upload(&company, &lan, vec![0; 4 * 1024 + 1]).await;
    let form = form(posting(&company.url, &lan), "a.png", &[0; 5 * 1024]).await;

    assert_eq!(refused(raw, 413).await, "BODY_TOO_LARGE");
    assert_eq!(refused(form, 413).await, "BODY_TOO_LARGE");
    assert_eq!(refused(upload(&company, &company.client(), vec![0; 10_000]).await, 401).await, "UNAUTHENTICATED");
    uploaded(&company, &lan, picture(1)).await;
}

#[tokio::test]
async fn no_text_in_the_place_of_an_id_finds_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), "s").expect("a file");
    let path = folder.path().to_str().expect("text");
    let settings = toml::toml! { pictures = { store = "folder", folder = path } };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let lan = company.sign_in("shop", "lan").await;
    let address = uploaded(&company, &lan, picture(1)).await;
    let (_, id) = address.rsplit_once('/').expect("an id");
    assert_eq!(status(&address).await, 200);

    for text in [
        "secret",
        "..%2fsecret",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "pic_..%2f..%2fsecret",
        &id.to_uppercase(),
        &format!("{id}.jpg"),
        &format!("{id}%00"),
        "pic_00000000000000000000000000000000",
        "usr_00000000000000000000000000000000",
    ] {
        let answer = get(&format!("{}/pictures/{text}", company.url)).await;

        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{text}");
        assert_eq!(answer.headers()["content-security-policy"], "default-src 'none'; sandbox");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2, "the secret, and one folder");
}

#[tokio::test]
async fn a_file_that_was_put_into_the_folder_from_outside_is_not_served_as_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let settings = toml::toml! { pictures = { store = "folder", folder = path } };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let id = "pic_0199c8a6b2c07d3e9f00aabbccddee01";
    std::fs::create_dir(folder.path().join("01")).expect("a folder");
    std::fs::write(folder.path().join("01").join(id), "<html><script>alert(1)</script>").expect("a file");

    let answer = get(&format!("{}/pictures/{id}", company.url)).await;

    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::NOT_FOUND, &"text/plain".parse().expect("a header"))
    );
}

#[tokio::test]
async fn each_upload_counts_against_the_limit_of_the_person() {
    let settings = toml::toml! { limits = { per_account = 3 } };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let lan = company.sign_in("shop", "lan").await;
    let wei = company.sign_in("shop", "wei").await;
    for number in 0..3 {
        uploaded(&company, &lan, picture(number)).await;
    }

    let answer = upload(&company, &lan, picture(9)).await;

    assert_eq!(answer.headers()["retry-after"], "20");
    assert_eq!(refused(answer, 429).await, "RATE_LIMITED");
    uploaded(&company, &wei, picture(9)).await;
}

#[tokio::test]
async fn a_person_may_choose_an_uploaded_picture_of_another_one_which_then_stays() {
    let settings = toml::toml! { http = { public_url = "https://id.example.com" } };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let (lan, wei) = (company.sign_in("mini", "lan").await, company.sign_in("mini", "wei").await);
    let address = uploaded(&company, &lan, picture(1)).await;
    let query = "mutation ($url: String) { updateProfile(avatarUrl: $url) { user { avatarUrl } } }";
    wei.send(query, json!({ "url": address })).await.data();

    uploaded(&company, &lan, picture(2)).await;

    assert_eq!(sweep(&company).await, 0);
    assert_eq!(avatar(&wei).await, address);
    wei.send(query, json!({ "url": null })).await.data();
    assert_eq!(sweep(&company).await, 1);
}

#[tokio::test]
async fn a_service_without_a_store_takes_and_serves_no_pictures() {
    let settings = toml::toml! { pictures = { store = "none" } };
    let company = Company::open_with(Server::Sqlite, settings).await;
    let lan = company.sign_in("shop", "lan").await;

    assert_eq!(refused(upload(&company, &lan, picture(1)).await, 404).await, "NOT_FOUND");
    assert_eq!(status(&format!("{}/pictures/pic_0199c8a6b2c07d3e9f00aabbccddee01", company.url)).await, 404);
}

async fn a_second_replica_serves_and_removes_what_the_first_one_took(server: Server) {
    let company = Company::open(server).await;
    let lan = company.sign_in("shop", "lan").await;
    let first = uploaded(&company, &lan, picture(1)).await;
    let second = uploaded(&company, &lan, picture(2)).await;
    let (other, _) = company.embedded_app(|builder| builder).await;
    let id = |address: &str| address.rsplit('/').next().expect("an id").to_owned();

    let found = api::usecase::picture::find(other.service(), &id(&second)).await.expect("the database answers");
    let remove = || api::usecase::picture::remove_unused(other.service());
    let (ours, theirs) = tokio::join!(sweep(&company), remove());

    assert!(found.is_some());
    assert_eq!(ours + theirs.expect("the database answers"), 1);
    assert_eq!((status(&first).await, status(&second).await), (404, 200));
}
