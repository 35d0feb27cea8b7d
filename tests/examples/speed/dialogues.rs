//! The requests of the connections and the expected responses: reads, logins and refreshes, of the service and of the
//! bare handlers.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request};
use serde_json::{Value, json};

use crate::bare;
use crate::facts::{Reader, Truth};
use crate::load::{Dialogue, request};
use crate::people::{self, STRANGERS};

/// The side that a dialogue is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Service,
    Bare,
}

/// The mutation of a login.
const LOGIN: &str = "mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken expiresAt deviceToken \
    isNewUser openId unionId user { id nickname } } }";
/// The mutation of a refresh.
const REFRESH: &str =
    "mutation ($token: String!) { refreshSession(refreshToken: $token) { accessToken refreshToken expiresAt } }";

/// Asks the same questions about several people in turn. The first response to a question is compared with those of
/// other connections and of the other side, later ones with the first.
pub(crate) struct Reads {
    questions: Vec<Question>,
    at: usize,
    reader: Reader,
    truth: Truth,
}

struct Question {
    person: usize,
    request: Request<Full<Bytes>>,
    answer: Option<Vec<u8>>,
}

impl Reads {
    /// Begins with the `first` of the questions.
    pub(crate) fn new(requests: &[(usize, Request<Full<Bytes>>)], first: usize, facts: (Reader, &Truth)) -> Self {
        let question = |(person, request): &(usize, Request<_>)| Question {
            person: *person,
            request: request.clone(),
            answer: None,
        };
        let questions: Vec<Question> = requests.iter().map(question).collect();
        let at = first % questions.len();
        Self { questions, at, reader: facts.0, truth: facts.1.clone() }
    }
}

impl Dialogue for Reads {
    fn ask(&mut self) -> Request<Full<Bytes>> {
        self.at = (self.at + 1) % self.questions.len();
        self.questions[self.at].request.clone()
    }

    fn hear(&mut self, body: &[u8]) -> Result<(), String> {
        let Question { person, answer, .. } = &mut self.questions[self.at];
        if let Some(first) = answer {
            return if first == body { Ok(()) } else { Err("another answer than before".to_owned()) };
        }
        let told = read(body)?;
        let facts = (self.reader)(&told, *person).ok_or("not the expected answer")?;
        if !self.truth.agrees(*person, &facts) {
            return Err("an answer that differs from the other side's".to_owned());
        }
        *answer = Some(body.to_vec());
        Ok(())
    }
}

/// Logs people in: known ones in turn, each on their device, or always a new person.
pub(crate) struct Logins {
    side: Side,
    /// The known people; empty if every person is new.
    people: Vec<usize>,
    /// The device of each.
    devices: Vec<Option<String>>,
    /// The number at which this connection begins to count, among all logins of all connections.
    number: usize,
}

impl Logins {
    pub(crate) fn new(side: Side, people: Vec<usize>, connection: usize) -> Self {
        // Of a billion numbers per side, ten million for each connection.
        let sides = usize::from(side == Side::Bare);
        let kinds = usize::from(people.is_empty());
        let number = ((sides * 2 + kinds) * 20 + connection) * 10_000_000;
        Self { side, devices: vec![None; people.len()], people, number }
    }

    fn person(&self) -> usize {
        let known = self.people.get(self.number % self.people.len().max(1));
        known.copied().unwrap_or(STRANGERS + self.number)
    }

    fn device(&mut self) -> Option<&mut Option<String>> {
        let people = self.people.len().max(1);
        self.devices.get_mut(self.number % people)
    }
}

impl Dialogue for Logins {
    fn ask(&mut self) -> Request<Full<Bytes>> {
        self.number += 1;
        let (person, number) = (self.person(), self.number as u64);
        let app = people::apps(person).next().unwrap_or_default();
        let open_id = people::open_id(app, person);
        let nonce = format!("{:016x}{:016x}", people::mix(number), people::mix(!number));
        let device = self.device().cloned().flatten();
        if self.side == Side::Bare {
            let login = bare::Login { app, person, open_id, code: nonce, device };
            let path = if self.people.is_empty() { "/login/new" } else { "/login" };
            return request(Method::POST, path, None, json!(login).to_string());
        }
        let code = format!("{open_id}.{nonce}");
        let input = json!({ "code": code, "app": people::app_name(app), "deviceToken": device });
        graphql(None, LOGIN, &json!({ "input": input }))
    }

    fn hear(&mut self, body: &[u8]) -> Result<(), String> {
        let told = read(body)?;
        let is_new = self.people.is_empty();
        let (login, device, right) = match self.side {
            Side::Service => {
                let login = &told["data"]["login"];
                let app = people::apps(self.person()).next().unwrap_or_default();
                let right = login["openId"] == people::open_id(app, self.person())
                    && login["isNewUser"] == is_new
                    && login["unionId"] == people::union_id(self.person());
                (login, "deviceToken", right && login["accessToken"].is_string())
            }
            Side::Bare => (&told["login"], "device", told["login"]["isNewUser"] == i32::from(is_new)),
        };
        let device = login[device].as_str().filter(|_| right).ok_or("not the expected login")?.to_owned();
        if let Some(known) = self.device() {
            *known = Some(device);
        }
        Ok(())
    }
}

/// Refreshes sessions in turn, each with the token of the previous refresh.
pub(crate) struct Refreshes {
    side: Side,
    tokens: Vec<String>,
    at: usize,
}

impl Refreshes {
    pub(crate) fn new(side: Side, tokens: Vec<String>) -> Self {
        Self { side, tokens, at: 0 }
    }
}

impl Dialogue for Refreshes {
    fn ask(&mut self) -> Request<Full<Bytes>> {
        self.at = (self.at + 1) % self.tokens.len();
        let token = &self.tokens[self.at];
        match self.side {
            Side::Service => graphql(None, REFRESH, &json!({ "token": token })),
            Side::Bare => request(Method::POST, "/refresh", None, json!({ "token": token }).to_string()),
        }
    }

    fn hear(&mut self, body: &[u8]) -> Result<(), String> {
        let told = read(body)?;
        let session = if self.side == Side::Service { &told["data"]["refreshSession"] } else { &told };
        let key = if self.side == Side::Service { "refreshToken" } else { "token" };
        let next = session[key].as_str().filter(|token| **token != *self.tokens[self.at]);
        next.ok_or("no new token")?.clone_into(&mut self.tokens[self.at]);
        Ok(())
    }
}

/// Builds a request of the API.
pub(crate) fn graphql(bearer: Option<&str>, query: &str, variables: &Value) -> Request<Full<Bytes>> {
    request(Method::POST, "/graphql", bearer, json!({ "query": query, "variables": variables }).to_string())
}

fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
