//! Takeovers of accounts: the followers at that time, and how long their openIds convert.

use std::sync::{Arc, Mutex};

use crate::clock::Seconds;
use crate::company::{App, AppIndex, Company, Follow, Person, PersonIndex};

use super::locked;

/// How long openIds convert: fifteen days.
const CONVERTIBLE: Seconds = 15 * 86_400;

/// The takeover of an account by another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Migration {
    pub(crate) from: AppIndex,
    pub(crate) to: AppIndex,
    pub(crate) at: Seconds,
    /// The followers of the old account at that moment, in the order of the people.
    pub(crate) followers: Vec<PersonIndex>,
}

impl Migration {
    pub(crate) fn is_convertible(&self, now: Seconds) -> bool {
        (self.at..self.at + CONVERTIBLE).contains(&now)
    }

    pub(crate) fn took_over(&self, person: PersonIndex) -> bool {
        self.followers.binary_search(&person).is_ok()
    }
}

/// The account was taken over before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlreadyMigrated;

/// All takeovers, oldest first. An account is taken over at most once, so there are never more than apps.
#[derive(Default)]
pub(crate) struct Migrations {
    oldest_first: Mutex<Vec<Arc<Migration>>>,
}

impl Migrations {
    /// Lets `to` take over `from`: the followers of the old account follow the new one.
    pub(crate) fn carry_out(
        &self,
        company: &Company,
        (from, to): (&App, &App),
        now: Seconds,
    ) -> Result<Arc<Migration>, AlreadyMigrated> {
        // Held to the end: of two concurrent calls for one account, the second finds the first.
        let mut migrations = locked(&self.oldest_first);
        if migrations.iter().any(|known| known.from == from.index) {
            return Err(AlreadyMigrated);
        }
        let everybody = company.people.all();
        let followers = everybody.iter().filter(|person| moved(company, person, (from, to), now));
        let followers = followers.map(|person| person.index).collect();
        let migration = Arc::new(Migration { from: from.index, to: to.index, at: now, followers });
        migrations.push(Arc::clone(&migration));
        Ok(migration)
    }

    /// Returns the takeover of an account.
    pub(crate) fn of(&self, from: AppIndex) -> Option<Arc<Migration>> {
        locked(&self.oldest_first).iter().find(|known| known.from == from).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Migration>> {
        locked(&self.oldest_first).clone()
    }
}

/// Moves a person from the old account to the new one, if they follow the old one.
fn moved(company: &Company, person: &Person, (from, to): (&App, &App), now: Seconds) -> bool {
    let moved = company.people.change(&person.id, |person| {
        person.follow(from).ok_or(Stays)?;
        let mut moved = person.clone();
        moved.follows.remove(&from.name);
        // An existing follower of the new account keeps their own follow.
        let follow = Follow { since: now, migrated: true, ..Follow::default() };
        moved.follows.entry(to.name.clone()).or_insert(follow);
        Ok::<_, Stays>(moved)
    });
    matches!(moved, Some(Ok(_)))
}

/// The person does not follow the old account and is not changed.
struct Stays;
