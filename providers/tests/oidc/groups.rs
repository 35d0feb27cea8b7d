//! The groups of a person, which decide what an operator may do: where they are read, and what is refused.

use axum::http::StatusCode;
use providers::{ErrorKind, Exchange, IdentityProvider, LoginCode, ProviderError};
use serde_json::{Value, json};

use crate::issuer::{CODE, Issuer, Script, begun, build_kind};

async fn groups_of(client: &dyn IdentityProvider) -> Result<Vec<String>, ProviderError> {
    let code = LoginCode::parse(CODE).expect("a code");
    let login = Exchange { begun: Some(&begun()), ..Exchange::of(&code) };
    client.exchange_with_groups(&login).await.map(|(_, groups)| groups)
}

async fn told(script: Script) -> (Result<Vec<String>, ProviderError>, Vec<String>) {
    let issuer = Issuer::new(script).await;
    let client = issuer.client_with(toml::toml! {
        client_secret = "s3cret-of-the-client"
        groups_claim = "groups"
    });
    assert!(client.tells_groups());
    let groups = groups_of(&*client).await;
    (groups, issuer.paths())
}

fn claims(claims: Value) -> Script {
    Script { claims, ..Script::default() }
}

#[tokio::test]
async fn groups_of_the_id_token_are_told_without_another_call() {
    let (groups, paths) = told(claims(json!({ "groups": ["support-leads", "员工"] }))).await;

    assert_eq!(groups.expect("groups"), ["support-leads", "员工"]);
    assert!(!paths.contains(&"/me".to_owned()), "{paths:?}");
    let (one, _) = told(claims(json!({ "groups": "support" }))).await;
    assert_eq!(one.expect("a group"), ["support"]);
    let (none, _) = told(claims(json!({ "groups": [] }))).await;
    assert_eq!(none.expect("no group"), [""; 0]);
}

#[tokio::test]
async fn groups_that_are_not_in_the_id_token_are_read_at_the_userinfo_endpoint() {
    let userinfo = json!({ "sub": "Lan-0042", "groups": ["support"] });

    let (groups, paths) = told(Script { userinfo, ..Script::default() }).await;

    assert_eq!(groups.expect("groups"), ["support"]);
    assert!(paths.contains(&"/me".to_owned()), "{paths:?}");
    let (none, _) = told(Script { userinfo: json!({ "sub": "Lan-0042" }), ..Script::default() }).await;
    assert_eq!(none.expect("no group"), [""; 0]);
}

#[tokio::test]
async fn what_is_wrong_with_groups_is_an_error_and_never_no_group() {
    let of_another = json!({ "sub": "Wei-0007", "groups": ["support-leads"] });
    let of_nobody = json!({ "groups": ["support-leads"] });
    let too_many = json!({ "_claim_names": { "groups": "src1" } });
    let down = Script { userinfo_status: StatusCode::SERVICE_UNAVAILABLE, ..Script::default() };
    for (script, kind) in [
        (claims(json!({ "groups": { "support": true } })), ErrorKind::UnexpectedAnswer),
        (claims(json!({ "groups": ["support", 7] })), ErrorKind::UnexpectedAnswer),
        (claims(json!({ "groups": 7 })), ErrorKind::UnexpectedAnswer),
        (claims(too_many), ErrorKind::UnexpectedAnswer),
        (claims(json!({ "at_hash": "of another token" })), ErrorKind::UnexpectedAnswer),
        (Script { userinfo: of_another, ..Script::default() }, ErrorKind::UnexpectedAnswer),
        (Script { userinfo: of_nobody, ..Script::default() }, ErrorKind::UnexpectedAnswer),
        (down, ErrorKind::Unavailable),
    ] {
        let (groups, _) = told(script).await;

        let error = groups.expect_err("an error");
        assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{error}");
    }
}

#[test]
fn groups_of_microsoft_are_those_of_one_tenant() {
    let problems = |tenant: &str| {
        let mut table = toml::toml! {
            client_id = "guiyi"
            client_secret = "s3cret-of-the-client"
            groups_claim = "groups"
        };
        table.insert("tenant".into(), tenant.into());
        build_kind("microsoft", table).err().unwrap_or_default()
    };

    for tenant in ["common", "organizations", "consumers"] {
        let problems = problems(tenant);
        assert!(problems.len() == 1 && problems[0].path == "groups_claim", "{tenant}: {problems:?}");
    }
    assert!(problems("b9419818-09af-49c2-b0c3-653adc1f376e").is_empty());
}

#[tokio::test]
async fn a_client_without_the_setting_tells_no_groups() {
    let issuer = Issuer::new(claims(json!({ "groups": ["support"] }))).await;

    assert!(!issuer.client().tells_groups());
}
