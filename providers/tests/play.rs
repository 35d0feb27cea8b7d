//! The upstream that a tape plays for a person: a person logs in at every built-in provider, by each scenario.

use std::sync::Arc;

use providers::builtin::{ALL, TAPES, VARIANTS, to_play};
use providers::contract::{Playing, Tape};
use providers::{
    AuthorizeRequest, BegunLogin, ErrorKind, Exchange, Http, HttpLimits, IdentityProvider, KeptSecrets, LoginCode,
    LoginScope, Settings, TokensInMemory,
};

const BACK: &str = "http://127.0.0.1:8000/playground?a=1&b=2";

fn provider(tape: &Tape, playing: &Playing) -> Arc<dyn IdentityProvider> {
    let config: toml::Table = playing.app("try", "/playground").parse().expect("the printed table is TOML");
    let mut table = config["apps"][0].as_table().expect("an app").clone();
    assert_eq!(table.remove("name"), Some("try".into()));
    assert_eq!(table.remove("kind"), Some(tape.factory.kind.into()));
    assert_eq!(table.remove("return_to"), Some(vec!["/playground"].into()));
    let http = Http::new(HttpLimits::default()).expect("a client");
    (tape.factory.build)(Settings { table, http, tokens: Arc::new(TokensInMemory::default()), sandbox: None })
        .expect("sound settings")
}

fn kept() -> KeptSecrets {
    KeptSecrets { nonce: "n0nce-of-this-login".into(), code_verifier: "v3rifier".repeat(6).into() }
}

/// Opens the login page, follows the link of a scenario, and returns the code.
async fn code(provider: &Arc<dyn IdentityProvider>, scenario: &str) -> String {
    let scope = LoginScope::UserInfo;
    let request = AuthorizeRequest { redirect_uri: BACK, state: "St4te", scope, kept: &kept() };
    let address = provider.authorize_url(&request).await.expect("a login page").parse().expect("an address");
    let page = Http::new(HttpLimits::default()).expect("a client").get(&address, &[]).await.expect("a page");
    let page = String::from_utf8(page).expect("a text").replace("&amp;", "&");
    let (before, _) = page.split_once(&format!("\">{scenario}</a>")).expect("a link for the scenario");
    let link: url::Url = before.rsplit("href=\"").next().expect("a link").parse().expect("an address");
    assert!(link.as_str().starts_with(BACK) && link.as_str().ends_with("&state=St4te"), "{link}");
    link.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
}

async fn outcome(provider: &Arc<dyn IdentityProvider>, code: &str) -> Result<String, ErrorKind> {
    let begun = BegunLogin { redirect_uri: BACK.to_owned(), kept: kept() };
    let begun = Some(&begun).filter(|_| provider.start().is_browser());
    let code = LoginCode::parse(code).expect("a code");
    assert!(provider.could_issue(&code));
    let proof = provider.exchange(&Exchange { begun, ..Exchange::of(&code) }).await;
    proof.map(|proof| proof.key.open_id.as_str().to_owned()).map_err(|error| error.kind)
}

#[test]
fn what_is_printed_is_valid_for_the_service() {
    for tape in TAPES.iter().map(to_play) {
        let playing = Playing::open(&tape, 0, |_, _| {}).expect("a free port");
        let built_in = ALL.iter().find(|factory| factory.kind == tape.factory.kind).expect("the kind");

        provider(&Tape { factory: *built_in, ..tape }, &playing);
    }
}

#[tokio::test]
async fn a_person_logs_in_by_each_scenario_at_the_upstream_of_every_provider() {
    for tape in TAPES.iter().chain(VARIANTS.iter().map(|(_, tape)| tape)) {
        let playing = Playing::open(tape, 0, |_, _| {}).expect("a free port");
        let provider = provider(tape, &playing);
        for (scenario, code_without_a_browser) in playing.codes() {
            let code =
                if provider.start().is_browser() { code(&provider, scenario).await } else { code_without_a_browser };

            let outcome = outcome(&provider, &code).await;

            let expected = match scenario {
                "good_code" | "without_union_id" => Ok(tape.person.open_id.to_owned()),
                "used_code" if outcome == Err(ErrorKind::CodeUsed) => Err(ErrorKind::CodeUsed),
                "used_code" | "forged_code" | "expired_code" => Err(ErrorKind::CodeRejected),
                "quota" => Err(ErrorKind::RateLimited),
                "wrong_secret" => Err(ErrorKind::Misconfigured),
                "unknown_error" => Err(ErrorKind::UnexpectedAnswer),
                other => panic!("an unknown scenario {other}"),
            };
            assert_eq!(outcome, expected, "{} {scenario}", tape.factory.kind);
        }
    }
}
