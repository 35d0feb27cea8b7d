//! The kinds of requests that are measured.

use hyper::Method;
use serde_json::{Value, json};

use crate::company::{EACH, Loaded, Reading};
use crate::dialogues::{Logins, Reads, Refreshes, Side, graphql};
use crate::facts::{self, Pair, Truth};
use crate::load::{CONNECTIONS, Dialogue, Dialogues, request};

/// A kind of request, and the connections that send it to each side.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) service: Dialogues,
    pub(crate) bare: Dialogues,
}

/// A read: its document, the bare handler's path, and what the answers say.
struct Read {
    name: &'static str,
    query: &'static str,
    path: &'static str,
    facts: Pair,
    /// Whether it is of page 50.
    is_deep: bool,
}

const PAGE: &str = "query ($after: String) { me { orders(first: 20, after: $after) { edges { cursor node { id orderNo app openId \
    status total { amount currency } placedAt } } pageInfo { hasNextPage endCursor } } } }";
const PAGE_WITH_ITEMS: &str = "query ($after: String) { me { orders(first: 20, after: $after) { edges { cursor node { id orderNo \
    app openId status total { amount currency } placedAt items { sku title quantity unitPrice { amount } } } } \
    pageInfo { hasNextPage endCursor } } } }";
const PAGE_WITH_COUNT: &str = "query ($after: String) { me { orders(first: 20, after: $after) { edges { cursor node { id orderNo \
    app openId status total { amount currency } placedAt } } pageInfo { hasNextPage endCursor } totalCount } } }";

const READS: [Read; 7] = [
    read("`__typename`: no statement", ("{ __typename }", "/nothing"), facts::NOTHING),
    read("`me`: id, nickname, phone", ("{ me { id nickname phone } }", "/me"), facts::ME),
    read(
        "`me` with openIds and unionIds",
        ("{ me { id nickname phone openIds { app openId linkedAt } unionIds { scope unionId } } }", "/me/links"),
        facts::LINKS,
    ),
    read("orders, page 1 of 20", (PAGE, "/orders"), facts::ORDERS),
    read("orders, page 1, with items", (PAGE_WITH_ITEMS, "/orders/items"), facts::ITEMS),
    Read { is_deep: true, ..read("orders, page 50", (PAGE, "/orders"), facts::ORDERS) },
    read("orders, page 1, with `totalCount`", (PAGE_WITH_COUNT, "/orders/count"), facts::COUNT),
];

const fn read(name: &'static str, (query, path): (&'static str, &'static str), facts: Pair) -> Read {
    Read { name, query, path, facts, is_deep: false }
}

/// Returns all cases.
pub(crate) fn all(loaded: &Loaded) -> Vec<Case> {
    let mut cases: Vec<Case> = READS.iter().map(|read| read.case(loaded)).collect();
    cases.push(logins("login of a known person", |connection| loaded.known[connection * EACH..][..EACH].to_vec()));
    cases.push(logins("login of a new person", |_| Vec::new()));
    let (service, bare) = &loaded.refresh;
    let refreshes = |side, tokens: &[String]| -> Dialogues {
        tokens.chunks(EACH).map(|own| boxed(Refreshes::new(side, own.to_vec()))).collect()
    };
    let (service, bare) = (refreshes(Side::Service, service), refreshes(Side::Bare, bare));
    cases.push(Case { name: "refresh of a session", service, bare });
    cases
}

fn logins(name: &'static str, people: impl Fn(usize) -> Vec<usize>) -> Case {
    let side = |side| -> Dialogues {
        (0..CONNECTIONS).map(|connection| boxed(Logins::new(side, people(connection), connection))).collect()
    };
    Case { name, service: side(Side::Service), bare: side(Side::Bare) }
}

fn boxed(dialogue: impl Dialogue + 'static) -> Box<dyn Dialogue> {
    Box::new(dialogue)
}

impl Read {
    fn case(&self, loaded: &Loaded) -> Case {
        let readers = || loaded.readers.iter().filter(|reading| !self.is_deep || reading.deep.is_some());
        let service: Vec<_> = readers().map(|reading| (reading.person, self.of_service(reading))).collect();
        let bare: Vec<_> = readers().map(|reading| (reading.person, self.of_bare(reading))).collect();
        let truth = Truth::default();
        let Pair(service_reader, bare_reader) = self.facts;
        let all = |requests: &[_], reader| -> Dialogues {
            (0..CONNECTIONS).map(|first| boxed(Reads::new(requests, first * 2, (reader, &truth)))).collect()
        };
        Case { name: self.name, service: all(&service, service_reader), bare: all(&bare, bare_reader) }
    }

    fn of_service(&self, reading: &Reading) -> hyper::Request<http_body_util::Full<hyper::body::Bytes>> {
        let place = reading.deep.as_ref().filter(|_| self.is_deep);
        let variables = place.map_or(Value::Null, |place| json!({ "after": place.cursor }));
        let token = (self.path != "/nothing").then_some(reading.token.as_str());
        graphql(token, self.query, &variables)
    }

    fn of_bare(&self, reading: &Reading) -> hyper::Request<http_body_util::Full<hyper::body::Bytes>> {
        let place = reading.deep.as_ref().filter(|_| self.is_deep);
        let path = match place {
            Some(place) => format!("{}?placed_at={}&id={}", self.path, place.placed_at, place.id),
            None => self.path.to_owned(),
        };
        request(Method::GET, &path, Some(&reading.bare_token), String::new())
    }
}
