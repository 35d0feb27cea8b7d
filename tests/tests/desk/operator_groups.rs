//! Operators whose role comes from a group of the provider. The role follows the groups at each login.

use std::sync::Arc;

use acceptance::{Client, Company, Server, on_every_database};
use api::usecase::operator::{self, WantedOperator};
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::login::Proof;
use domain::{AppId, AuditAction, OpenKey, OperatorId, OperatorRole, Profile, UnionScope};
use futures::future::join_all;
use providers::{
    Abilities, AuthorizeRequest, Built, ErrorKind, Exchange, Factory, IdentityProvider, ProviderError, Settings, Start,
};
use serde_json::{Value, json};

on_every_database!(
    a_group_makes_an_operator_and_the_role_follows_the_groups_at_each_login,
    who_is_in_no_group_any_more_is_no_operator_and_all_their_sessions_end,
    who_was_removed_stays_removed_and_who_was_added_keeps_that_role,
    of_many_first_logins_at_once_one_makes_the_operator,
    without_an_answer_about_groups_no_one_signs_in,
);

/// The company's own identity server, which accepts any code: `person.group.group`.
#[derive(Debug)]
struct Staff(AppId);

const STAFF: Factory = Factory { kind: "staff", build: staff };

#[expect(clippy::unnecessary_wraps, reason = "a factory may refuse its settings")]
fn staff(_: Settings) -> Built {
    Ok(Arc::new(Staff("staff-of-hemu".parse().expect("an app id"))))
}

impl Staff {
    fn read<'a>(&self, login: &'a Exchange<'_>) -> (Proof, impl Iterator<Item = &'a str>) {
        let mut words = login.code.expose().split('.');
        let person = words.next().expect("a person");
        let key = OpenKey { app: self.0.clone(), open_id: person.parse().expect("an open id") };
        (Proof { key, union: None, profile: Profile::new(&format!("{person} of Hemu"), "") }, words)
    }
}

#[async_trait]
impl IdentityProvider for Staff {
    fn app_id(&self) -> &AppId {
        &self.0
    }

    fn union_scope(&self) -> Option<&UnionScope> {
        None
    }

    fn upstream(&self) -> &'static str {
        "staff.example"
    }

    fn start(&self) -> Start {
        Start::Redirect
    }

    fn abilities(&self) -> Abilities {
        Abilities { profile: true, ..Abilities::OPEN_ID_ONLY }
    }

    async fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<String, ProviderError> {
        Ok(format!("https://staff.example/?state={}&scope={:?}", request.state, request.scope))
    }

    async fn exchange(&self, login: &Exchange<'_>) -> Result<Proof, ProviderError> {
        Ok(self.read(login).0)
    }

    fn tells_groups(&self) -> bool {
        true
    }

    async fn exchange_with_groups(&self, login: &Exchange<'_>) -> Result<(Proof, Vec<String>), ProviderError> {
        let (proof, groups) = self.read(login);
        let groups: Vec<_> = groups.map(str::to_owned).collect();
        if groups.iter().any(|group| group == "broken") {
            return Err(ProviderError::new(ErrorKind::UnexpectedAnswer, "the groups are not a list"));
        }
        Ok((proof, groups))
    }
}

async fn open(server: Server) -> Company {
    let settings = toml::toml! {
        default_app = ""
        [[apps]]
        name = "staff"
        kind = "staff"
        return_to = ["/playground"]
        [console]
        apps = ["staff"]
        [console.groups]
        "support-leads" = "admin"
        support = "agent"
        everyone = "viewer"
    };
    Company::open_with_provider(server, settings, STAFF).await
}

fn cookies(answer: &reqwest::Response) -> Vec<String> {
    let set = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    set.filter_map(|cookie| cookie.split(';').next().map(str::to_owned)).collect()
}

/// Signs in with a code at one address of the service. Returns the cookie of the session, or the status of the refusal.
async fn sign_in_at(url: &str, code: &str) -> Result<String, u16> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("an HTTP client");
    let begun = http.get(format!("{url}/console/login?app=staff")).send().await.expect("an answer");
    let location = begun.headers()["location"].to_str().expect("text").to_owned();
    assert!(location.ends_with("&scope=UserInfo"), "groups may need another scope: {location}");
    let state = location.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state").to_owned();
    let back = http.get(format!("{url}/console/callback?code={code}&state={state}"));
    let ended = back.header("cookie", cookies(&begun).join("; ")).send().await.expect("an answer");
    let session = cookies(&ended).into_iter().find(|cookie| cookie.starts_with("__Host-guiyi-operator="));
    session.ok_or(ended.status().as_u16())
}

async fn sign_in(company: &Company, code: &str) -> Result<Client, u16> {
    // The audit is ordered only by time.
    company.clock.advance(TimeDelta::seconds(1));
    let cookie = sign_in_at(&company.url, code).await?;
    let mut client = company.client();
    client.cookie = Some(cookie);
    Ok(client)
}

/// Returns the name and the role of a client's operator; null if it has none.
async fn who(client: &Client) -> Value {
    client.ask("{ operator { id name role } }").await.data()["operator"].clone()
}

async fn role_of(company: &Company, code: &str) -> Value {
    who(&sign_in(company, code).await.expect("an operator")).await["role"].clone()
}

/// Returns the audit entries of an action: their actors and their details.
async fn told(company: &Company, action: AuditAction) -> Vec<(Value, Value)> {
    let entries = company.audited(action).await.into_iter();
    entries.map(|entry| (entry["actor"].clone(), entry["detail"].clone())).collect()
}

async fn a_group_makes_an_operator_and_the_role_follows_the_groups_at_each_login(server: Server) {
    let company = open(server).await;

    let first = sign_in(&company, "lan.support.everyone").await.expect("an operator");

    let lan = who(&first).await;
    assert_eq!((&lan["name"], &lan["role"]), (&json!("lan of Hemu"), &json!("AGENT")));
    assert_eq!(role_of(&company, "lan.everyone").await, "VIEWER");
    // This also applies to the session that began with another group.
    assert_eq!(who(&first).await["role"], "VIEWER");
    assert_eq!(role_of(&company, "lan.everyone.support-leads").await, "ADMIN");
    assert_eq!(role_of(&company, "lan.everyone.support-leads").await, "ADMIN");
    assert_eq!(who(&first).await["id"], lan["id"]);
    assert_eq!(sign_in(&company, "wei.Support").await.err(), Some(403), "groups differ by case");
    assert_eq!(sign_in(&company, "wei").await.err(), Some(403));
    assert_eq!(company.database.count("operators").await, 1);

    let by_group = |role: &str| {
        let detail = json!({ "operator": lan["id"], "name": "lan of Hemu", "role": role, "by": "group" });
        (json!("system"), detail)
    };
    let expected = [by_group("admin"), by_group("viewer"), by_group("agent")];
    assert_eq!(told(&company, AuditAction::OperatorAdded).await, expected);
}

async fn who_is_in_no_group_any_more_is_no_operator_and_all_their_sessions_end(server: Server) {
    let company = open(server).await;
    let lan = sign_in(&company, "lan.support").await.expect("an operator");
    let elsewhere = company.replica().await.acting_as(&lan);
    let id = who(&lan).await["id"].clone();

    for _ in 0..2 {
        assert_eq!(sign_in(&company, "lan.cooks").await.err(), Some(403));
    }

    for client in [&lan, &elsewhere] {
        assert_eq!(who(client).await, Value::Null);
    }
    let left = (json!("system"), json!({ "operator": id, "by": "group" }));
    assert_eq!(told(&company, AuditAction::OperatorRemoved).await, [left]);
    // A person who is in a group again is the same operator, but the old cookie stays invalid.
    let again = sign_in(&company, "lan.everyone").await.expect("an operator");
    assert_eq!(who(&again).await, json!({ "id": id, "name": "lan of Hemu", "role": "VIEWER" }));
    assert_eq!(who(&lan).await, Value::Null);
}

async fn who_was_removed_stays_removed_and_who_was_added_keeps_that_role(server: Server) {
    let company = open(server).await;
    let service = company.app.service();
    let lan = sign_in(&company, "lan.support").await.expect("an operator");
    let id: OperatorId = who(&lan).await["id"].as_str().expect("an id").parse().expect("an id");

    operator::remove(service, id, "left the company").await.expect("an operator");

    assert_eq!(who(&lan).await, Value::Null);
    assert_eq!(sign_in(&company, "lan.support-leads").await.err(), Some(403));
    let add = async |person: &str, role| {
        let (app, open_id) = ("staff".parse().expect("a name"), person.parse().expect("an open id"));
        let wanted = WantedOperator { app, open_id, name: format!("{person}, added"), role };
        operator::add(service, &wanted).await.expect("an operator").0
    };
    assert_eq!(add("lan", OperatorRole::Viewer).await, id);
    add("wei", OperatorRole::Agent).await;
    for (code, role) in
        [("lan.support-leads", "VIEWER"), ("lan", "VIEWER"), ("wei", "AGENT"), ("wei.everyone", "AGENT")]
    {
        assert_eq!(role_of(&company, code).await, role, "{code}");
    }
}

async fn of_many_first_logins_at_once_one_makes_the_operator(server: Server) {
    let company = open(server).await;
    let replica = company.replica().await;

    let logins = (0..8).map(|at| {
        let url = if at % 2 == 0 { company.url.clone() } else { replica.address().to_owned() };
        async move { sign_in_at(&url, "lan.support").await }
    });
    let ended = join_all(logins).await;

    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    assert_eq!(company.database.count("operators").await, 1);
    assert_eq!(company.database.count("operator_sessions").await, 8);
    assert_eq!(told(&company, AuditAction::OperatorAdded).await.len(), 1);
}

async fn without_an_answer_about_groups_no_one_signs_in(server: Server) {
    let company = open(server).await;
    let lan = sign_in(&company, "lan.support").await.expect("an operator");

    assert_eq!(sign_in(&company, "lan.broken").await.err(), Some(503));

    // The failure changes nothing.
    assert_eq!(who(&lan).await["role"], "AGENT");
}
