//! A tour of the whole schema: a company that has data for every field, and a query for each field of each type.
//! Tests use it for the cost of fields (`cost`) and for permissions (`roles`).
//!
//! A new field needs nothing here, unless it has required arguments or its type is new: then add a line to `questions`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ServiceScope;
use serde_json::{Value, json};

pub use crate::answers::{find, outcome};
use crate::demo::settings;
pub use crate::questions::{ARGUMENTS, WAYS};
use crate::{CHALLENGE, Client, Company, Server, VERIFIER};

/// A field of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOfSchema {
    /// The field's name.
    pub name: String,
    /// The name of its type, without lists.
    pub ty: String,
}

/// The types of the committed schema that have fields.
#[derive(Debug)]
pub struct Schema(BTreeMap<String, Vec<FieldOfSchema>>);

impl Schema {
    /// Reads `schema.graphql`.
    ///
    /// # Panics
    ///
    /// When it is not a valid schema.
    #[must_use]
    pub fn read() -> Self {
        let schema = parse_schema(include_str!("../../schema.graphql")).expect("a schema");
        let mut types = BTreeMap::new();
        for definition in schema.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => continue,
            };
            let field = |name: &str, ty: &Type| FieldOfSchema { name: name.to_owned(), ty: target(ty).to_owned() };
            let fields = fields.iter().map(|found| field(&found.node.name.node, &found.node.ty.node)).collect();
            types.insert(definition.node.name.node.to_string(), fields);
        }
        Self(types)
    }

    /// Returns the fields of a type; none for a scalar.
    #[must_use]
    pub fn fields(&self, ty: &str) -> &[FieldOfSchema] {
        self.0.get(ty).map_or(&[], Vec::as_slice)
    }

    /// Returns every field, as `Type.field`.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        let of_type = |(ty, fields): (&String, &Vec<FieldOfSchema>)| -> Vec<String> {
            fields.iter().map(|field| format!("{ty}.{}", field.name)).collect()
        };
        self.0.iter().flat_map(of_type).collect()
    }

    /// Returns a selection of everything in a type, except types that the tour reaches in another way.
    #[must_use]
    pub fn everything_of(&self, ty: &str) -> String {
        let one = |field: &FieldOfSchema| match self.fields(&field.ty) {
            [] => field.name.clone(),
            _ if way(&field.ty).is_some() => format!("{} {{ __typename }}", field.name),
            _ => format!("{} {{ {} }}", field.name, self.everything_of(&field.ty)),
        };
        self.fields(ty).iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Returns a document that queries one field, as `it`, and the same document without it.
    ///
    /// # Panics
    ///
    /// When there is no way to the type.
    #[must_use]
    pub fn question(&self, (ty, field): (&str, &FieldOfSchema), arguments: &str) -> [String; 2] {
        let way = way(ty).unwrap_or_else(|| panic!("no way to {ty}: add a line to WAYS in tests/src/questions.rs"));
        let inside = if self.fields(&field.ty).is_empty() { "" } else { " { __typename }" };
        let it = format!("it: {}{arguments}{inside}", field.name);
        [way.replace('%', &it), way.replace('%', "__typename")]
    }
}

fn target(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => target(item),
    }
}

fn way(ty: &str) -> Option<&'static str> {
    WAYS.iter().find(|(of, _)| *of == ty).map(|(_, way)| *way)
}

/// Returns the arguments of a field, with words still to be filled in.
#[must_use]
pub fn arguments(ty: &str, field: &str) -> &'static str {
    ARGUMENTS.iter().find(|(of, name, _)| (*of, *name) == (ty, field)).map_or("", |(_, _, arguments)| *arguments)
}

/// Returns the mutations, in the order in which they run.
///
/// # Panics
///
/// When a mutation of the schema has no line.
#[must_use]
pub fn mutations(schema: &Schema) -> Vec<&FieldOfSchema> {
    let all = schema.fields("Mutation");
    let known = || ARGUMENTS.iter().filter(|(ty, _, _)| *ty == "Mutation").map(|(_, name, _)| *name);
    for field in all {
        let line = format!("add a line for Mutation.{} to ARGUMENTS in tests/src/questions.rs", field.name);
        assert!(known().any(|name| name == field.name), "{line}");
    }
    known().filter_map(|name| all.iter().find(|field| field.name == name)).collect()
}

/// A caller.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Its client.
    pub client: Client,
    /// Its person in the sandbox, if it is one.
    pub person: Option<&'static str>,
}

/// A company that has data for every field.
#[derive(Debug)]
pub struct Tour {
    /// The company.
    pub company: Company,
    words: BTreeMap<&'static str, String>,
    operator: Client,
    lan: Client,
    /// How many requests were made.
    requests: AtomicU32,
}

impl Tour {
    /// Starts a company with an order of Lan's, a merge of hers and another one on offer, and cases: one closed, two
    /// open.
    ///
    /// # Panics
    ///
    /// When one of the steps is refused.
    pub async fn begin() -> Self {
        let company = Company::open_with(Server::Sqlite, settings()).await;
        let operator = company.system(ServiceScope::ALL).await;
        let (lan, refused) = company.offered().await;
        lan.merge_keeping_own(&refused.merge_token()).await.data();
        company.clock.advance(TimeDelta::minutes(1));
        let number = "+8613800000077";
        company.member("C-1002", number, 10).await;
        let offered = company.prove(&lan, number).await;
        Self::case_of_wei(&company).await;
        company.merge_of_xue(&operator).await;
        lan.ask("mutation { eraseMe { erasure { dueAt } } }").await.data();
        company.member("C-1009", "+8613800000066", 10).await;
        let members = operator.ask("{ people(search: \"C-1009\") { nodes { user { id } } } }").await;
        let open_id = company.sandbox.open_id("shop", "lan").expect("an openId");
        let order = json!([{ "app": "shop", "orderNo": "T-1", "openId": open_id, "status": "PAID",
            "total": { "amount": "2.00", "currency": "CNY" }, "placedAt": "2025-01-01T00:00:00Z",
            "items": [{ "title": "Cup", "quantity": 2, "unitPrice": "1.00" }],
            "refunds": [{ "refundNo": "R-1", "amount": "0.50", "refundedAt": "2025-01-02T00:00:00Z" }],
            "deliveries": [{ "carrier": "SF", "trackingNo": "SF1", "shippedAt": "2025-01-01T12:00:00Z" }] }]);
        let mut shipped = order.clone();
        shipped[0]["status"] = json!("SHIPPED");
        operator.record(order).await;
        let recorded = operator.record(shipped).await;
        operator.ask(crate::questions::CORRECTION).await.data();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let token =
            api::usecase::service_token::create(company.app.service(), "tour", vec![ServiceScope::OrdersRead], None)
                .await;
        let words = BTreeMap::from([
            ("$serviceToken", token.expect("a service token").id.to_string()),
            ("$company", text(&members.data()["people"]["nodes"][0]["user"]["id"])),
            ("$closed", text(&company.sign_in("shop", "jun").await.id().await)),
            ("$erased", text(&company.sign_in("shop", "xue").await.id().await)),
            ("$order", text(&recorded[0]["id"])),
            ("$lan", text(&lan.id().await)),
            ("$token", offered.merge_token()),
            ("$openId", open_id),
            ("$unionId", company.sandbox.union_id("shop", "lan").expect("a unionId")),
            ("$page", "https://shop.example.com/h5/page".to_owned()),
            ("$returnTo", format!("{}/playground", company.url)),
            // RFC 7636, appendix B.
            ("$challenge", CHALLENGE.to_owned()),
            ("$verifier", VERIFIER.to_owned()),
            ("$now", DateTime::<Utc>::from(company.clock.now()).to_rfc3339()),
        ]);
        api::usecase::event::order(company.app.service()).await.expect("the database answers");
        Self::seen_of_upstream(&company).await;
        let tour = Self { company, words, operator, lan, requests: AtomicU32::new(0) };
        tour.request().await;
        tour
    }

    /// Makes the service fetch a token of the upstream, and observe a failure of it.
    async fn seen_of_upstream(company: &Company) {
        // Uses another app: the tour must be the first to fetch the shop's token.
        let sign = "{ jsSdkConfig(app: \"club\", url: \"https://shop.example.com/h5/page\") { signature } }";
        company.client().ask(sign).await.data();
        company.fault("/sns/oauth2/access_token", &json!({ "errcode": 40125 })).await;
        let code = company.code("shop", "lan").await;
        assert_eq!(company.client().log_in(&code, "shop").await.code(), "UPSTREAM_FAULT");
    }

    /// Creates a case that survives the merge that Lan is offered.
    async fn case_of_wei(company: &Company) {
        let [own, another] = ["+8613800000088", "+8613800000099"];
        let wei = company.sign_in("shop", "wei").await;
        company.prove(&wei, own).await.data();
        company.member("C-1003", another, 10).await;
        assert_eq!(company.prove(&wei, another).await.code(), "PHONE_OWNED_BY_ANOTHER");
    }

    /// Returns Lan, who owns all of the data.
    #[must_use]
    pub fn lan(&self) -> Guest {
        Guest { client: self.lan.clone(), person: Some("lan") }
    }

    /// Returns another person.
    pub async fn wei(&self) -> Guest {
        Guest { client: self.company.sign_in("shop", "wei").await, person: Some("wei") }
    }

    /// Returns a person whose account was disabled after she logged in.
    pub async fn mei(&self) -> Guest {
        let client = self.company.sign_in("shop", "mei").await;
        self.company.database.run("UPDATE users SET status = 'DISABLED' WHERE nickname = 'Mei 美'").await;
        Guest { client, person: Some("mei") }
    }

    /// Returns a client with a service token.
    pub async fn system(&self, scopes: &[ServiceScope]) -> Guest {
        Guest { client: self.company.system(scopes).await, person: None }
    }

    /// Returns an operator who is signed in.
    pub async fn operator(&self, name: &str) -> Guest {
        Guest { client: self.company.operator(name).await, person: None }
    }

    /// Replaces the words of a document, and creates what they need: codes and numbers.
    ///
    /// # Panics
    ///
    /// When a word is unknown.
    pub async fn fill(&self, document: &str, guest: &Guest) -> String {
        let mut document = document.to_owned();
        for (word, value) in &self.words {
            document = document.replace(word, &json!(value).to_string());
        }
        let person = guest.person.unwrap_or("jun");
        for word in [
            "$shopCode",
            "$shopState",
            "$miniCode",
            "$tap",
            "$merge",
            "$case",
            "$bindCode",
            "$changeCode",
            "$loginCode",
            "$refreshToken",
            "$session",
            "$request",
        ] {
            if document.contains(word) {
                let value = self.make(word, (person, guest)).await;
                document = document.replace(word, &json!(value).to_string());
            }
        }
        document.replace("$number", &json!(self.number()).to_string())
    }

    async fn make(&self, word: &str, (person, guest): (&'static str, &Guest)) -> String {
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        match word {
            "$shopCode" => self.company.code("shop", person).await,
            "$shopState" => text(&self.company.client().begin("shop").await.expect("a state")),
            "$miniCode" => self.company.code("mini", person).await,
            "$tap" => {
                let wanted = json!({ "app": "mini", "person": person, "button": "quick" });
                text(&self.company.sandbox("POST", "/_sandbox/phone-codes", Some(&wanted)).await["code"])
            }
            "$merge" => {
                let query = format!("{{ user(id: {}) {{ merges {{ id }} }} }}", json!(self.words["$lan"]));
                let merges = self.operator.ask(&query).await;
                let last = merges.data()["user"]["merges"].as_array().and_then(|merges| merges.last().cloned());
                text(&last.unwrap_or_default()["id"])
            }
            "$case" => {
                let open = self.operator.ask("{ conflicts(filter: { open: true }) { nodes { id } } }").await;
                text(&open.data()["conflicts"]["nodes"][0]["id"])
            }
            "$bindCode" => self.code(guest.client.send_code(&self.number()).await.0).await,
            "$changeCode" => self.code(guest.client.send_code_for_change(&self.number()).await.0).await,
            "$loginCode" => self.code(self.company.client().send_login_code(&self.number()).await.0).await,
            "$refreshToken" => {
                let code = self.company.code("shop", person).await;
                text(&self.company.client().log_in(&code, "shop").await.0["data"]["wechatLogin"]["refreshToken"])
            }
            "$request" => self.request().await,
            "$session" => text(&guest.client.ask("{ sessions { id } }").await.0["data"]["sessions"][0]["id"]),
            _ => panic!("unknown word {word}"),
        }
    }

    /// Returns a request that waits for a second operator.
    async fn request(&self) -> String {
        let open = self.operator.ask("{ pendingRequests(first: 1) { nodes { id } } }").await;
        if let Some(id) = open.data()["pendingRequests"]["nodes"][0]["id"].as_str() {
            return id.to_owned();
        }
        let careful =
            |config: &mut api::config::Config| config.support.four_eyes = vec![api::config::FourEyes::SetPhone];
        let client = self.company.replica_with(careful).await;
        let agent = client.acting_as(&self.operator);
        let document = format!(
            "mutation {{ setPhone(id: {}, phone: {}, reason: \"by letter\") {{ pending {{ id }} }} }}",
            json!(self.words["$closed"]),
            // Setting a number that the account already has needs no request.
            json!(format!("+861391{:07}", self.requests.fetch_add(1, Ordering::Relaxed)))
        );
        let asked = agent.ask(&document).await;
        asked.data()["setPhone"]["pending"]["id"].as_str().expect("a request").to_owned()
    }

    /// Returns a number that depends on the clock.
    fn number(&self) -> String {
        let minutes = (self.company.clock.now().millis() / 60_000).rem_euclid(10_000_000);
        format!("+861390{minutes:07}")
    }

    async fn code(&self, sent: Value) -> String {
        if sent.get("errors").is_some() { "000000".to_owned() } else { self.company.sms(&self.number()).await }
    }

    /// Logs a guest in again, if it is a person who can.
    pub async fn renewed(&self, guest: &Guest) -> Guest {
        self.company.clock.advance(TimeDelta::seconds(61));
        let Some(person) = guest.person else { return guest.clone() };
        let code = self.company.code("shop", person).await;
        let login = self.company.client().log_in(&code, "shop").await;
        let mut renewed = guest.clone();
        if login.0.get("errors").is_none() {
            renewed.client.carry(&login.data()["wechatLogin"]);
        }
        renewed
    }
}
