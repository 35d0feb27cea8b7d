//! The request for a fault: its fields, and their valid combinations.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::company::{Company, PersonIndex};

use super::wrong::{Answer, Instead, Kind, PUSH, Wrong};
use super::{Call, Fault};

/// A fault as it is requested. Absent fields have no effect.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// The exact path, such as `/sns/oauth2/access_token`, or [`PUSH`].
    pub(crate) path: String,
    /// Only calls of this app, by name or appid.
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    /// Only calls that refer to this person, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// The number of calls that it applies to: by default one, or unlimited with `share`.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    /// The probability that it applies to a call, above 0 and at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    /// The kind of fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// Answers with this error, in WeChat's format, without executing the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errcode: Option<i64>,
    /// Answers with this HTTP status, without executing the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Answers with this body, without executing the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The delay in milliseconds.
    #[serde(default)]
    delay_ms: u32,
    /// Executes the call before the delay: the caller times out, the code is spent.
    #[serde(default)]
    after: bool,
}

/// A valid fault.
#[derive(Debug)]
pub(crate) struct Waiting {
    order: Order,
    app_id: Option<String>,
    person: Option<PersonIndex>,
    wrong: Wrong,
}

impl Order {
    /// Returns the fault with its path in the form that calls have.
    pub(crate) fn at(mut self, path: impl FnOnce(&str) -> &str) -> Self {
        self.path = path(&self.path).to_owned();
        self
    }

    /// Validates the request, or returns why it is refused.
    pub(crate) fn understood(mut self, company: &Company) -> Result<Waiting, &'static str> {
        check_path(&self.path)?;
        self.check_numbers()?;
        let wrong = self.wrong()?;
        let app = self.app.as_deref().map(|name| company.app(name).ok_or("no such app")).transpose()?;
        let person = self.person.as_deref().map(|id| company.person(id).ok_or("no such person")).transpose()?;
        self.times = self.times.or(if self.share.is_none() { Some(1) } else { None });
        Ok(Waiting {
            app_id: app.map(|app| app.id.clone()),
            person: person.map(|person| person.index),
            wrong,
            order: self,
        })
    }

    fn check_numbers(&self) -> Result<(), &'static str> {
        match self {
            Self { times: Some(times), .. } if *times == 0 || *times > 1_000_000 => Err("times must be 1 to 1000000"),
            Self { share: Some(share), .. } if *share <= 0.0 || *share > 1.0 => {
                Err("share must be above 0 and at most 1")
            }
            Self { status: Some(status), .. } if !(200..=599).contains(status) => Err("status must be 200 to 599"),
            Self { delay_ms, .. } if *delay_ms > 60_000 => Err("delay_ms must be at most 60000"),
            Self { .. } => Ok(()),
        }
    }

    fn wrong(&self) -> Result<Wrong, &'static str> {
        let answers = self.errcode.is_some() || self.status.is_some() || self.body.is_some();
        if self.path == PUSH && (answers || self.after) {
            return Err("a push supports only kind and delay_ms");
        }
        match self.kind {
            Some(_) if answers => Err("kind cannot be combined with errcode, status and body"),
            Some(kind) => self.wrong_in_a_word(kind),
            None if answers => self.another_answer().map(Wrong::Answer),
            None if self.delay_ms > 0 => Ok(Wrong::Nothing),
            None => Err("one of kind, errcode, status, body and delay_ms must be given"),
        }
    }

    fn wrong_in_a_word(&self, kind: Kind) -> Result<Wrong, &'static str> {
        let wrong = kind.wrong();
        if let Some(why_not) = kind.misfit(&self.path) {
            return Err(why_not);
        }
        match &wrong {
            Wrong::Answer(Answer { instead: Instead::Hang, .. }) if self.delay_ms > 0 => {
                Err("hang cannot be combined with delay_ms")
            }
            Wrong::Answer(_) => Ok(wrong),
            Wrong::Nothing
            | Wrong::Spoilt(_)
            | Wrong::WayBack(_)
            | Wrong::Snapshot
            | Wrong::TokenRotated
            | Wrong::Pushed(_) => {
                let in_time = self.delay_ms == 0 && !self.after;
                in_time.then_some(wrong).ok_or("this kind cannot be combined with delay_ms or after")
            }
        }
    }

    fn another_answer(&self) -> Result<Answer, &'static str> {
        let instead = match (&self.body, self.errcode) {
            (Some(_), Some(_)) => return Err("errcode and body cannot be combined"),
            (None, Some(0)) => return Err("errcode 0 is not an error"),
            (Some(body), None) => Instead::Body(body.clone()),
            (None, Some(number)) => Instead::Errcode(number),
            (None, None) => Instead::Html,
        };
        Ok(Answer { instead, status: self.status })
    }
}

impl Waiting {
    pub(crate) fn order(&self) -> &Order {
        &self.order
    }

    pub(super) fn share(&self) -> Option<f64> {
        self.order.share
    }

    pub(super) fn is_at(&self, path: &str) -> bool {
        self.order.path == path
    }

    pub(super) fn concerns(&self, call: &Call) -> bool {
        self.is_at(&call.path)
            && (self.app_id.is_none() || self.app_id == call.app_id)
            && (self.person.is_none() || self.person == call.person)
    }

    pub(super) fn fault(&self, number: u64) -> Fault {
        let delay = Duration::from_millis(u64::from(self.order.delay_ms));
        Fault { number, wrong: self.wrong.clone(), delay, after: self.order.after }
    }

    /// Counts one call; returns whether it was the last.
    pub(super) fn used_up_by_one_more(&mut self) -> bool {
        self.order.times.as_mut().is_some_and(|times| {
            *times -= 1;
            *times == 0
        })
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    match path {
        PUSH => Ok(()),
        path if !path.starts_with('/') => Err("path must start with a slash"),
        path if path.contains('?') => Err("path must not contain a query"),
        path if path.starts_with("/_sandbox") => Err("the control API does not support faults"),
        _ => Ok(()),
    }
}
