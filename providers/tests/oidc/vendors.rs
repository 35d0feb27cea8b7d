//! Tests of the issuers with rules of their own: Google, Microsoft and Apple.

use std::sync::Arc;

use domain::Profile;
use domain::login::Proof;
use providers::{ErrorKind, IdentityProvider, LoginScope, ProviderError, UnionIds};
use serde_json::{Value, json};

use crate::issuer::{Issuer, Script, authorize_url, build_kind, exchange, merged};
use crate::keys::public;

const TENANT: &str = "b9419818-09af-49c2-b0c3-653adc1f376e";
const OTHER: &str = "00000000-0000-4000-8000-00000000aaaa";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const PERSON: &str = "690222be-ff1a-4d56-abd1-7e4f7d38e474";

/// The public example key of RFC 7515 (appendix A.3), for tests only.
const PRIVATE_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
-----END PRIVATE KEY-----
";

fn client(kind: &str, table: toml::Table) -> Arc<dyn IdentityProvider> {
    build_kind(kind, table).expect("sound settings")
}

fn mistakes(kind: &str, table: toml::Table) -> Vec<String> {
    let problems = build_kind(kind, table).expect_err("mistakes");
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.reason)).collect()
}

fn google(issuer: &Issuer) -> Arc<dyn IdentityProvider> {
    let mut table = toml::toml! {
        client_id = "guiyi"
        client_secret = "s3cret-of-the-client"
    };
    table.insert("issuer".into(), issuer.url.clone().into());
    client("google", table)
}

fn microsoft(issuer: &Issuer, more: toml::Table) -> Arc<dyn IdentityProvider> {
    let mut table = toml::toml! {
        client_id = "guiyi"
        client_secret = "s3cret-of-the-client"
        tenant = "common"
    };
    table.insert("authority".into(), issuer.url.clone().into());
    table.extend(more);
    client("microsoft", table)
}

fn apple(issuer: &Issuer) -> Arc<dyn IdentityProvider> {
    let mut table = toml::toml! {
        client_id = "guiyi"
        team_id = "DEF123GHIJ"
        key_id = "ABC123DEFG"
    };
    table.insert("private_key".into(), PRIVATE_KEY.into());
    table.insert("url".into(), issuer.url.clone().into());
    client("apple", table)
}

/// The script of Microsoft's address for several tenants, with an ID token of one of them.
fn of_tenant(issuer: &Issuer, named: &str) -> Script {
    let base = &issuer.url;
    Script {
        discovery: json!({ "issuer": format!("{base}/{{tenantid}}/v2.0") }),
        claims: json!({ "iss": format!("{base}/{named}/v2.0"), "tid": named, "oid": PERSON, "name": "兰心" }),
        ..Script::default()
    }
}

async fn at_microsoft(named: &str, more: toml::Table, claims: Value) -> Result<Proof, ProviderError> {
    let issuer = Issuer::new(Script::default()).await;
    let mut script = of_tenant(&issuer, named);
    script.claims = merged(script.claims, &claims);
    *issuer.script() = script;
    exchange(&microsoft(&issuer, more)).await
}

#[tokio::test]
async fn google_has_two_spellings_and_no_third() {
    let issuer = Issuer::new(Script::default()).await;
    let bare = issuer.url.trim_start_matches("http://").to_owned();
    let client = google(&issuer);

    for spelling in [issuer.url.clone(), bare.clone()] {
        issuer.script().claims = json!({ "iss": spelling });
        let proof = exchange(&client).await.expect("a proof");
        assert_eq!(proof.key.open_id.as_str(), "Lan-0042");
    }
    for other in [format!("{bare}/"), format!("https://{bare}"), String::new(), "localhost".to_owned()] {
        issuer.script().claims = json!({ "iss": other });
        let error = exchange(&client).await.expect_err("a refusal");
        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{other}");
    }
}

#[test]
fn the_app_id_is_that_of_the_general_kind_or_names_the_vendor() {
    let google = client(
        "google",
        toml::toml! { client_id = "guiyi"
        client_secret = "s" },
    );
    let microsoft = client(
        "microsoft",
        toml::toml! { client_id = "guiyi"
        client_secret = "s"
        tenant = "organizations" },
    );

    assert_eq!(google.app_id().as_str(), "accounts.google.com#guiyi");
    assert_eq!(microsoft.app_id().as_str(), "login.microsoftonline.com#guiyi");
    assert_eq!((google.upstream(), microsoft.upstream()), ("accounts.google.com", "login.microsoftonline.com"));
}

#[tokio::test]
async fn people_of_every_tenant_sign_in_where_all_are_allowed() {
    for tenant in [TENANT, OTHER, PERSONAL] {
        let union = toml::toml! { union_scope = "microsoft" };

        let proof = at_microsoft(tenant, union, json!({})).await.expect(tenant);

        assert_eq!(proof.key.open_id.as_str(), "Lan-0042");
        let union_id = proof.union.expect("a union id").union_id;
        assert_eq!(union_id.as_str(), format!("{PERSON}.{tenant}"));
    }
}

#[tokio::test]
async fn a_picture_that_no_browser_can_show_is_not_shown() {
    let proof = at_microsoft(TENANT, toml::Table::new(), json!({ "picture": "https://graph.microsoft.com/x" })).await;

    assert_eq!(proof.expect("a proof").profile, Profile::new("兰心", ""));
}

#[tokio::test]
async fn only_people_of_listed_tenants_sign_in() {
    let listed = || {
        let mut table = toml::Table::new();
        table.insert("tenants".into(), vec![TENANT.to_ascii_uppercase()].into());
        table
    };
    let organizations = || toml::toml! { tenant = "organizations" };

    at_microsoft(TENANT, listed(), json!({})).await.expect("a proof");
    at_microsoft(TENANT, organizations(), json!({})).await.expect("a proof");
    for (tenant, settings) in [(OTHER, listed()), (PERSONAL, listed()), (PERSONAL, organizations())] {
        let error = at_microsoft(tenant, settings, json!({})).await.expect_err("a refusal");
        assert_eq!((error.kind, error.code_is_unspent()), (ErrorKind::PersonBlocked, false), "{tenant}");
    }
}

#[tokio::test]
async fn an_id_token_names_one_tenant_twice() {
    for (claims, detail) in [
        (json!({ "tid": OTHER }), "the ID token: `iss` is another issuer"),
        (json!({ "tid": null }), "the ID token: `tid` is missing or empty"),
        (json!({ "tid": "{tenantid}" }), "the ID token: `tid` is not the id of a tenant"),
        (json!({ "tid": "common" }), "the ID token: `tid` is not the id of a tenant"),
        (
            json!({ "iss": "https://evil.example/b9419818-09af-49c2-b0c3-653adc1f376e/v2.0" }),
            "the ID token: `iss` is another issuer",
        ),
    ] {
        let error = at_microsoft(TENANT, toml::Table::new(), claims.clone()).await.expect_err("a refusal");
        assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::UnexpectedAnswer, detail), "{claims}");
    }
}

#[tokio::test]
async fn a_union_id_of_microsoft_needs_the_object_id() {
    for oid in [json!(null), json!("lan@hemu.example"), json!(5)] {
        let union = toml::toml! { union_scope = "microsoft" };

        let error = at_microsoft(TENANT, union, json!({ "oid": oid })).await.expect_err("a refusal");

        assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{oid}");
        assert!(error.detail.starts_with("the ID token: `oid` "), "{error}");
    }
}

#[tokio::test]
async fn a_key_of_microsoft_signs_only_for_its_tenant() {
    let issuer = Issuer::new(Script::default()).await;
    for (published_for, is_good) in [("{tenantid}", true), (TENANT, true), (PERSONAL, false)] {
        let key = merged(public((0, "first")), &json!({ "issuer": format!("{}/{published_for}/v2.0", issuer.url) }));
        *issuer.script() = Script { keys: Some(json!({ "keys": [key] })), ..of_tenant(&issuer, TENANT) };

        let outcome = exchange(&microsoft(&issuer, toml::Table::new())).await;

        assert_eq!(outcome.is_ok(), is_good, "{published_for}: {outcome:?}");
    }
}

#[tokio::test]
async fn one_tenant_publishes_its_own_issuer() {
    let issuer = Issuer::new(Script::default()).await;
    let named = format!("{}/{TENANT}/v2.0", issuer.url);
    *issuer.script() = Script { discovery: json!({ "issuer": named }), ..of_tenant(&issuer, TENANT) };
    let mut table = toml::Table::new();
    table.insert("tenant".into(), TENANT.into());
    let client = microsoft(&issuer, table);

    exchange(&client).await.expect("a proof");
    assert_eq!(issuer.paths()[0], format!("/{TENANT}/v2.0/.well-known/openid-configuration"));

    issuer.script().claims = of_tenant(&issuer, OTHER).claims;
    let error = exchange(&client).await.expect_err("a refusal");
    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn the_base_scope_of_microsoft_asks_for_what_a_union_id_needs() {
    let issuer = Issuer::new(Script::default()).await;
    *issuer.script() = of_tenant(&issuer, TENANT);

    let plain = authorize_url(&microsoft(&issuer, toml::Table::new()), LoginScope::Base).await.expect("an address");
    let union = microsoft(&issuer, toml::toml! { union_scope = "microsoft" });
    let unified = authorize_url(&union, LoginScope::Base).await.expect("an address");

    assert!(plain.contains("&scope=openid&") && unified.contains("&scope=openid+profile&"), "{plain} {unified}");
    assert_eq!(union.abilities().union_ids, UnionIds::Always);
}

#[test]
fn every_mistake_in_the_settings_is_named_at_once() {
    assert_eq!(
        mistakes(
            "microsoft",
            toml::toml! {
                tenant = "hemu.example"
                client_id = "guiyi"
                authority = "http://login.microsoftonline.com"
            }
        ),
        [
            "tenant: must be the id of a tenant, \"organizations\", \"consumers\" or \"common\"",
            "client_secret: is missing",
            "authority: must be https; plain http is possible only to this machine",
        ]
    );
    assert_eq!(
        mistakes(
            "microsoft",
            toml::toml! {
                tenant = "consumers"
                tenants = ["b9419818-09af-49c2-b0c3-653adc1f376e"]
                client_id = "guiyi"
                client_secret = "s3cret-of-the-client"
                union_scope = "microsoft"
                scopes = ["openid"]
            }
        ),
        [
            "tenants: is possible only with the tenant \"organizations\" or \"common\"",
            "scopes: must contain profile, or there is no `oid`, of which the union id is made",
        ]
    );
    assert_eq!(
        mistakes("apple", toml::toml! { team_id = "a b" }),
        [
            "client_id: is missing",
            "team_id: is not an id of Apple: ten letters and digits",
            "key_id: is missing",
            "private_key: is missing",
        ]
    );
}

#[tokio::test]
async fn apple_is_asked_for_a_code_in_the_query_and_for_no_scope() {
    let issuer = Issuer::new(Script::default()).await;

    for scope in [LoginScope::Base, LoginScope::UserInfo] {
        let url = authorize_url(&apple(&issuer), scope).await.expect("an address");

        assert_eq!(
            url.replace(&issuer.url, "https://appleid.apple.com"),
            "https://appleid.apple.com/auth/authorize?response_type=code&client_id=guiyi\
             &redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1&response_mode=query&state=St4te\
             &nonce=n0nce-of-this-login"
        );
    }
}

#[tokio::test]
async fn apple_has_two_names_no_discovery_document_and_no_profile() {
    let issuer = Issuer::new(Script::default()).await;
    let client = apple(&issuer);

    for name in ["https://appleid.apple.com", "https://account.apple.com"] {
        issuer.script().claims = json!({ "iss": name });
        let proof = exchange(&client).await.expect("a proof");
        assert_eq!((proof.key.app.as_str(), proof.profile), ("appleid.apple.com#guiyi", Profile::default()));
    }
    for name in [issuer.url.as_str(), "https://appleid.apple.com/", "appleid.apple.com"] {
        issuer.script().claims = json!({ "iss": name });
        let error = exchange(&client).await.expect_err("a refusal");
        assert_eq!(error.detail, "the ID token: `iss` is another issuer");
    }
    assert!(issuer.paths().iter().all(|path| path == "/auth/keys" || path == "/auth/token"), "{:?}", issuer.paths());
}
