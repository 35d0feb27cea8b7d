//! The people that a page offers: a short list, with a search for the others.

use std::sync::Arc;

use crate::company::{Company, Person};

/// The maximum number of people on a page.
const MOST: usize = 50;
/// With more people than this, a page offers a search.
const FEW: usize = 8;

/// The people on offer; the first is preselected.
pub(crate) struct Crowd {
    pub(crate) people: Vec<Arc<Person>>,
    /// The search text.
    pub(crate) find: String,
    /// Whether there are enough people to offer a search.
    pub(crate) searchable: bool,
}

impl Crowd {
    /// Returns the people who match the search; without one the first people, preceded by the browser's last person.
    pub(crate) fn of(company: &Company, last: Option<&Arc<Person>>, find: Option<&str>) -> Self {
        let find = find.unwrap_or_default().trim().to_owned();
        let people = if find.is_empty() { first(company, last) } else { found(company, &find) };
        Self { people, searchable: !find.is_empty() || company.people.len() > FEW, find }
    }
}

fn first(company: &Company, last: Option<&Arc<Person>>) -> Vec<Arc<Person>> {
    let others = company.people.from(0, MOST);
    let others = others.into_iter().filter(|person| last.is_none_or(|last| last.index != person.index));
    last.cloned().into_iter().chain(others).collect()
}

/// Searches by id, nickname or phone: prefix matches first, then other matches.
fn found(company: &Company, find: &str) -> Vec<Arc<Person>> {
    let wanted = Wanted::new(find);
    let begin = |person: &Person| wanted.fits(person, |text, part| text.starts_with(part));
    let contain = |person: &Person| !begin(person) && wanted.fits(person, |text, part| text.contains(part));
    let mut people = company.people.wanted(MOST, begin);
    people.extend(company.people.wanted(MOST - people.len(), contain));
    people
}

struct Wanted {
    text: String,
    /// The digits of the search text, if it can be a phone number.
    phone: Option<String>,
}

impl Wanted {
    fn new(find: &str) -> Self {
        let can_be_phone = find.bytes().all(|byte| byte.is_ascii_digit() || b"+- ()".contains(&byte));
        let digits: String = find.chars().filter(char::is_ascii_digit).collect();
        Self { text: find.to_lowercase(), phone: (can_be_phone && !digits.is_empty()).then_some(digits) }
    }

    fn fits(&self, person: &Person, matches: impl Fn(&str, &str) -> bool) -> bool {
        let named = matches(&person.id, &self.text) || matches(&person.nickname.to_lowercase(), &self.text);
        let phone = self.phone.as_deref();
        named
            || phone
                .is_some_and(|digits| person.phones.iter().any(|known| matches(known.trim_start_matches('+'), digits)))
    }
}
