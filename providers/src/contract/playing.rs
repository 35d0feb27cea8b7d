//! A tape as a program: its upstream listens on a port, and a Guiyi beside it logs people in there.
//!
//! The upstream has a login page with one link for each scenario. The code that a link returns selects the scenario of the
//! requests after it.

use std::fmt::Write;
use std::io;
use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use secrecy::SecretString;
use url::{Url, form_urlencoded};

use super::promises::plays;
use super::stage::kept;
use super::tools::page as page_of;
use super::upstream::{Reply, Upstream};
use super::{Answer, CODE, Call, Play, Scene, Tape};
use crate::{KeptSecrets, oauth};

/// The upstream of a tape, for a person who tries a provider. It ends when it is dropped.
#[derive(Debug)]
pub struct Playing {
    tape: Tape,
    upstream: Upstream,
}

/// What the upstream knows of the login that it saw last.
#[derive(Debug)]
struct Login {
    redirect_uri: String,
    nonce: Option<String>,
    challenge: Option<String>,
    play: Play,
    /// How many login pages it has shown.
    pages: usize,
}

impl Playing {
    /// Opens the upstream on this port of this machine; 0 selects a free one. `heard` receives each request of the provider with the
    /// answer.
    pub fn open(tape: &Tape, port: u16, heard: impl Fn(&Call, &Answer) + Send + Sync + 'static) -> io::Result<Self> {
        let (tape, plays) = (*tape, plays(tape));
        let login = Login { redirect_uri: String::new(), nonce: None, challenge: None, play: tape.good_code, pages: 0 };
        let login = Mutex::new(login);
        let script = move |call: &Call, _, upstream: &Url| {
            let mut login = login.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(page) = login.login_page(call, &plays) {
                return Reply::Whole(page);
            }
            let answer = login.answer(call, upstream, &plays);
            heard(call, &answer);
            Reply::Whole(answer)
        };
        Ok(Self { tape, upstream: Upstream::open_at(port, Box::new(script))? })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.upstream.url()
    }

    /// Returns the table of an app for the configuration, in TOML. Pages of `return_to` are exact addresses or, as
    /// `/playground`, paths of Guiyi itself.
    #[must_use]
    pub fn app(&self, name: &str, return_to: &str) -> String {
        let mut app = toml::Table::new();
        app.insert("name".to_owned(), name.into());
        app.insert("kind".to_owned(), self.tape.factory.kind.into());
        app.insert("return_to".to_owned(), vec![return_to].into());
        app.extend((self.tape.settings)(self.url()));
        let mut config = toml::Table::new();
        config.insert("apps".to_owned(), vec![app].into());
        config.to_string()
    }

    /// Returns the scenarios of the tape, each with a code for it, for logins without a browser. Guiyi accepts each code once:
    /// another number at the end makes another code.
    #[must_use]
    pub fn codes(&self) -> Vec<(&'static str, String)> {
        plays(&self.tape).into_iter().enumerate().map(|(at, (name, _))| (name, code(at, 0))).collect()
    }
}

impl Login {
    /// Returns the page that a browser is sent to: any address with a state and a `redirect_uri`.
    fn login_page(&mut self, call: &Call, plays: &[(&str, Play)]) -> Option<Answer> {
        let told = |name: &str| query(call).find(|(key, _)| key == name).map(|(_, value)| value);
        let (state, redirect_uri) = (told("state")?, told("redirect_uri")?);
        if call.method != "GET" {
            return None;
        }
        // Requests before the one with the code succeed.
        self.play = plays[0].1;
        self.pages += 1;
        let mut page = "Choose how the upstream answers</h1><ul>".to_owned();
        for (at, (name, _)) in plays.iter().enumerate() {
            let code = code(at, self.pages);
            let mut back: Url = redirect_uri.parse().ok()?;
            back.query_pairs_mut().append_pair("code", &code).append_pair("state", &state);
            let back = back.as_str().replace('&', "&amp;").replace('"', "&quot;");
            let _ = write!(page, "<li><a href=\"{back}\">{name}</a>");
        }
        page.push_str("</ul><h1>");
        (self.redirect_uri, self.nonce, self.challenge) = (redirect_uri, told("nonce"), told("code_challenge"));
        Some(page_of(StatusCode::OK, &page))
    }

    /// Plays the scenario that the code of the request selects, or that of the request before.
    fn answer(&mut self, call: &Call, upstream: &Url, plays: &[(&str, Play)]) -> Answer {
        let (call, selected) = with_the_code_of_the_tape(call);
        if let Some((_, play)) = selected.and_then(|at| plays.get(at)) {
            self.play = *play;
        }
        let kept = self.kept(&call);
        (self.play)(&Scene { call: &call, upstream, redirect_uri: &self.redirect_uri, kept: &kept })
    }

    /// Returns the secrets of the login. The upstream never learns the verifier in advance: the right one has the hash that
    /// the browser brought.
    fn kept(&self, call: &Call) -> KeptSecrets {
        let sent = call.value("code_verifier").map(SecretString::from);
        let KeptSecrets { nonce, code_verifier } = kept();
        let told = KeptSecrets {
            nonce: self.nonce.clone().map_or(nonce, SecretString::from),
            code_verifier: sent.unwrap_or_else(|| code_verifier.clone()),
        };
        let is_right = self.challenge.as_ref().is_none_or(|challenge| *challenge == oauth::code_challenge(&told));
        if is_right { told } else { KeptSecrets { code_verifier, ..told } }
    }
}

/// Returns a code that selects a scenario. Guiyi accepts each code once.
fn code(at: usize, page: usize) -> String {
    format!("{CODE}-{at}-{page}")
}

/// Replaces the code of a login page by that of the tape, and returns the number of the scenario that it selects.
fn with_the_code_of_the_tape(call: &Call) -> (Call, Option<usize>) {
    let mut call = call.clone();
    let (query, of_query) = with_the_code(&call.query);
    let (body, of_body) = with_the_code(&String::from_utf8_lossy(&call.body));
    (call.query, call.body) = (query, body.into_bytes());
    (call, of_query.or(of_body))
}

fn with_the_code(text: &str) -> (String, Option<usize>) {
    let Some((before, after)) = text.split_once(CODE) else { return (text.to_owned(), None) };
    let rest = after.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit());
    let selected = after.strip_prefix('-').and_then(|numbers| numbers.split('-').next()?.parse().ok());
    (format!("{before}{CODE}{rest}"), selected)
}

fn query(call: &Call) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(call.query.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_selects_its_scenario_and_is_the_code_of_the_tape() {
        let code = code(3, 12);

        assert_eq!(with_the_code(&format!("a=b&code={code}&c=1")), (format!("a=b&code={CODE}&c=1"), Some(3)));
        assert_eq!(with_the_code(&format!("{{\"code\":\"{code}\"}}")), (format!("{{\"code\":\"{CODE}\"}}"), Some(3)));
        assert_eq!(with_the_code(CODE), (CODE.to_owned(), None));
        assert_eq!(with_the_code("a=b"), ("a=b".to_owned(), None));
    }
}
