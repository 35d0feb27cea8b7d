//! The people a page offers to be: a few of them, since nobody reads a list of ten thousand.
//! How they are drawn is up to the page.

use std::sync::Arc;

use crate::company::{Company, Person};

/// How many people a page offers.
const MOST: usize = 50;

/// The people on offer; the first is chosen when the page opens.
pub(crate) struct Crowd {
    pub(crate) people: Vec<Arc<Person>>,
}

impl Crowd {
    /// Those who came first, and before them the one who sat here last.
    pub(crate) fn of(company: &Company, last: Option<&Arc<Person>>) -> Self {
        let others = company.people.from(0, MOST);
        let others = others.into_iter().filter(|person| last.is_none_or(|last| last.index != person.index));
        Self { people: last.cloned().into_iter().chain(others).collect() }
    }
}
