//! A comparable picture of the model or of the tables: accounts are named by the time of their creation.

use std::collections::BTreeMap;

use domain::{Timestamp, UserId};

use super::{PRICE, World};

/// A person, by the time at which the account was made: every event has a time of its own.
pub(crate) type Name = Timestamp;

/// Into whom they went, the company's id, and until when nothing of theirs may be destroyed.
pub(crate) type Row = (Option<Name>, Option<String>, Option<Timestamp>);

/// All that the rules speak of. What cannot be seen is in no picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Everybody who ever had an account.
    pub(crate) people: BTreeMap<Name, Row>,
    /// Whose the open ids are.
    pub(crate) links: BTreeMap<(String, String), Option<Name>>,
    /// Whose the union ids are.
    pub(crate) unions: BTreeMap<(String, String), Name>,
    /// Whose the numbers are, until when they are kept, and when they were last proved.
    pub(crate) numbers: BTreeMap<String, (Name, Option<Timestamp>, Option<Timestamp>)>,
    /// Who placed which order, and what it costs.
    pub(crate) orders: BTreeMap<String, ((String, String), i64)>,
    /// Who is signed in, by when.
    pub(crate) sessions: BTreeMap<Timestamp, Name>,
}

impl World {
    pub(crate) fn picture(&self) -> Picture {
        let name = |user: UserId| self.people[&user].created_at;
        let text = |key: &domain::OpenKey| (key.app.to_string(), key.open_id.to_string());
        let sessions = self.sessions.iter().filter(|session| session.is_open);
        Picture {
            people: self
                .people
                .values()
                .map(|person| {
                    let external_id = person.external_id.as_ref().map(ToString::to_string);
                    (person.created_at, (person.merged_into.map(name), external_id, person.cooling_until))
                })
                .collect(),
            links: self.links.iter().map(|(key, owner)| (text(key), owner.map(name))).collect(),
            unions: self
                .unions
                .iter()
                .map(|(key, owner)| ((key.scope.to_string(), key.union_id.to_string()), name(*owner)))
                .collect(),
            numbers: self
                .numbers
                .iter()
                .map(|(number, held)| {
                    (number.e164().to_owned(), (name(self.survivor(held.user)), held.kept_until, held.last_proof_at))
                })
                .collect(),
            orders: self.orders.iter().map(|(number, key)| (number.as_str().to_owned(), (text(key), PRICE))).collect(),
            sessions: sessions.map(|session| (session.signed_in_at, name(session.user))).collect(),
        }
    }
}
