//! A provider of an embedding program, and the values that it receives.

use std::sync::Arc;

use api::App;
use api::config::{self, Source};
use api::token::CodeVerifier;
use api::usecase::ClientAddress;
use api::usecase::login::{BeginLogin, Login, Returned};
use async_trait::async_trait;
use domain::login::Proof;
use domain::{AppId, OpenKey, Profile, UnionScope};
use providers::{
    Abilities, AuthorizeRequest, Exchange, Factory, IdentityProvider, KeptSecrets, LoginCode, LoginScope,
    ProviderError, Start,
};
use secrecy::ExposeSecret;

/// Returns the values it received at the beginning of the login, and again at its end.
#[derive(Debug)]
struct Echo(AppId);

const ECHO: Factory = Factory { kind: "echo", build: |_| Ok(Arc::new(Echo("echo-1".parse().expect("an app id")))) };

fn told(redirect_uri: &str, kept: &KeptSecrets) -> String {
    format!("{redirect_uri}#{}#{}", kept.nonce.expose_secret(), kept.code_verifier.expose_secret())
}

#[async_trait]
impl IdentityProvider for Echo {
    fn app_id(&self) -> &AppId {
        &self.0
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        None
    }

    fn upstream(&self) -> &'static str {
        "echo.example"
    }

    fn start(&self) -> Start {
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        Abilities::OPEN_ID_ONLY
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        Ok(told(request.redirect_uri, request.kept))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        let begun = login.begun.expect("the login began in a browser");
        let open_id = told(&begun.redirect_uri, &begun.kept).parse().expect("an open id");
        Ok(Proof { key: OpenKey { app: self.0.clone(), open_id }, union: None, profile: Profile::default() })
    }
}

#[tokio::test]
async fn an_exchange_is_told_what_was_made_up_when_its_login_began() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = toml::toml! {
        [[apps]]
        name = "echo"
        kind = "echo"
        return_to = ["https://shop.example/back"]
        [database]
    };
    let url = format!("sqlite:{}", folder.path().join("guiyi.db").display());
    settings["database"].as_table_mut().expect("a table").insert("url".to_owned(), url.into());
    let config = config::load(&Source { overrides: settings, ..Source::default() }).expect("a valid configuration");
    let app = App::builder(config).with_provider(ECHO).build().await.expect("it starts");
    let verifier = CodeVerifier::parse(&"v".repeat(43)).expect("a verifier");
    let input = BeginLogin {
        app: "echo".parse().expect("a name"),
        return_to: "https://shop.example/back".to_owned(),
        scope: LoginScope::Base,
        challenge: Some(verifier.challenge()),
    };

    let begun = api::usecase::login::begin(app.service(), input, ClientAddress::default()).await.expect("a beginning");
    let code = LoginCode::parse("code-1").expect("a code");
    let (returned, state) = (Returned::Code(code), Some(begun.state));
    let (encrypted, from) = (None, store::session::SignedInFrom::default());
    let login = Login { returned, app: None, state, verifier: Some(verifier), encrypted, device: None, from };
    let logged_in = api::usecase::login::login(app.service(), login, ClientAddress::default()).await.expect("a login");

    assert!(begun.authorize_url.starts_with("https://shop.example/back#"));
    assert_eq!(logged_in.open_id.as_str(), begun.authorize_url);
}
