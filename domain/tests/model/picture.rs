//! A comparable picture of the model or of the tables: accounts are identified by their creation time.

use std::collections::BTreeMap;

use domain::{Timestamp, UserId};

use super::{PRICE, World};

/// A person, identified by the account's creation time: every event has its own time.
pub(crate) type Name = Timestamp;

/// The account it was merged into, its external id, and the time until which nothing of it may be removed.
pub(crate) type Row = (Option<Name>, Option<String>, Option<Timestamp>);

/// Everything that the rules concern and that is observable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Everyone who ever had an account.
    pub(crate) people: BTreeMap<Name, Row>,
    /// The owner of each open id.
    pub(crate) links: BTreeMap<(String, String), Option<Name>>,
    /// The owner of each union id.
    pub(crate) unions: BTreeMap<(String, String), Name>,
    /// The owner of each number, until when it is kept, and when it was last proved.
    pub(crate) numbers: BTreeMap<String, (Name, Option<Timestamp>, Option<Timestamp>)>,
    /// The key that each order was placed with, and its total.
    pub(crate) orders: BTreeMap<String, ((String, String), i64)>,
    /// The account of each session, by the time of its login.
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
