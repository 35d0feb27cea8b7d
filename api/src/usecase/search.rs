//! The search for people: one text, which can be any of a person's keys, or the beginning of their nickname.
//! [`domain::search`] reads the text.

use std::collections::{BTreeMap, HashMap};

use domain::search::{Search, SearchKey};
use domain::{AppId, PhoneNumber, ServiceScope, UnionScope, UserId};
use store::search::{FoundKey, Led, NicknamePlace, NicknameRange};
use store::user::User;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::{Page, size_within};

/// The maximum page size: an answer has a person with all their keys in each row.
const MAX_PAGE: i32 = 50;

/// The place of a person in the answer of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchPlace {
    /// Found by a key.
    Key(SearchKey, UserId),
    /// Found by the nickname. These follow all those found by a key.
    Nickname(NicknamePlace),
}

/// The page that is asked for.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// The page size.
    pub first: Option<i32>,
    /// Only people after this place.
    pub after: Option<SearchPlace>,
}

/// A person who was found.
#[derive(Debug)]
pub struct FoundPerson {
    /// The account, which may be disabled.
    pub user: User,
    /// What the text has found of it; at least one.
    pub matches: Vec<PersonMatch>,
    /// The place in the answer.
    pub place: SearchPlace,
}

/// What a text has found of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonMatch {
    /// What it is.
    pub kind: SearchKey,
    /// The key.
    pub key: MatchedKey,
    /// The app of an openId or of an order.
    pub app: Option<AppId>,
    /// The union scope of a unionId.
    pub scope: Option<UnionScope>,
    /// The account that has the key, if it was merged into this one.
    pub former: Option<UserId>,
}

/// A key that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchedKey {
    /// A phone number.
    Phone(PhoneNumber),
    /// Another key.
    Text(String),
}

/// Returns a page of the people whom a text can mean: first those who have it as a key, then those whose nickname begins with it.
/// Requires the scope `users:read`.
///
/// # Errors
/// `INVALID_INPUT` for a text that shows nothing or is too long, and `INVALID_PAGE`.
pub async fn people(
    service: &Service,
    caller: &Caller,
    text: &str,
    page: SearchRequest,
) -> Result<Page<FoundPerson>, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let size = size_within(page.first, MAX_PAGE)?;
    let search =
        Search::read(text).map_err(|bad| ApiError::detailed(ErrorCode::InvalidInput, format!("search: {bad}")))?;
    let has_previous = page.after.is_some();
    let mut items = find(service, &search, (size, page.after)).await?;
    let has_next = items.len() > size;
    items.truncate(size);
    Ok(Page { items, has_next, has_previous })
}

/// Returns one person more than the page has, if there are more.
async fn find(
    service: &Service,
    search: &Search,
    (size, after): (usize, Option<SearchPlace>),
) -> Result<Vec<FoundPerson>, ApiError> {
    let view = service.store.view();
    let mut apps: Vec<AppId> = service.apps.all().iter().map(|app| app.provider.app_id().clone()).collect();
    apps.sort_unstable();
    apps.dedup();
    let keys = store::search::keys(&view, search, &apps, service.clock.now()).await?;
    let (after_key, after_name) = match after {
        Some(SearchPlace::Key(kind, user)) => (Some((kind, user)), None),
        Some(SearchPlace::Nickname(place)) => (None, Some(place)),
        None => (None, None),
    };
    let is_among_names = after_name.is_some();
    // So many more, because those found by a key are left out of the names.
    let limit = size as u64 + 1 + keys.len() as u64 + u64::from(search.user.is_some());
    let names = store::search::nicknames(&view, &search.prefixes, &NicknameRange { after: after_name, limit }).await?;
    let ids: Vec<UserId> =
        keys.iter().map(|key| key.user_id).chain(search.user).chain(names.iter().map(|name| name.id)).collect();
    let led = store::search::led(&view, &ids).await?;

    let found = by_key(search, keys, &led);
    let is_by_key = |user: UserId| found.iter().any(|person| person.user.id == user);
    let people = names.into_iter().filter_map(|name| {
        // An account that was merged in this moment has a place of its own.
        let Led { user, was_merged } = led.get(&name.id)?;
        let matched = PersonMatch {
            kind: SearchKey::Nickname,
            key: MatchedKey::Text(name.name.clone()),
            app: None,
            scope: None,
            former: None,
        };
        let place = SearchPlace::Nickname(NicknamePlace { name: name.name, id: name.id });
        (!was_merged && !is_by_key(user.id)).then(|| FoundPerson { user: user.clone(), matches: vec![matched], place })
    });
    let people: Vec<FoundPerson> = people.collect();
    let is_after = |person: &FoundPerson| match (&person.place, after_key) {
        _ if is_among_names => false,
        (SearchPlace::Key(kind, user), Some(place)) => (*kind, *user) > place,
        (SearchPlace::Key(..) | SearchPlace::Nickname(_), _) => true,
    };
    Ok(found.into_iter().filter(is_after).chain(people).take(size + 1).collect())
}

/// Returns one entry for each person whom a key names, in the order of the kinds of keys.
fn by_key(search: &Search, keys: Vec<FoundKey>, led: &HashMap<UserId, Led>) -> Vec<FoundPerson> {
    let mut people: BTreeMap<UserId, FoundPerson> = BTreeMap::new();
    let id = search.user.map(|id| FoundKey {
        kind: SearchKey::UserId,
        user_id: id,
        place: String::new(),
        found: id.to_string(),
    });
    for key in id.into_iter().chain(keys) {
        let Some(Led { user, was_merged }) = led.get(&key.user_id) else { continue };
        let former = was_merged.then_some(key.user_id);
        let Some(matched) = matched(key, former, search.phone.as_ref()) else { continue };
        let place = SearchPlace::Key(matched.kind, user.id);
        let person = people.entry(user.id).or_insert_with(|| FoundPerson {
            user: user.clone(),
            matches: Vec::new(),
            place: place.clone(),
        });
        person.matches.push(matched);
    }
    let mut people: Vec<FoundPerson> = people.into_values().collect();
    for person in &mut people {
        person.matches.sort_by_key(|matched| matched.kind);
        person.place = SearchPlace::Key(person.matches[0].kind, person.user.id);
    }
    people.sort_by_key(|person| (person.matches[0].kind, person.user.id));
    people
}

fn matched(key: FoundKey, former: Option<UserId>, phone: Option<&PhoneNumber>) -> Option<PersonMatch> {
    let FoundKey { kind, place, found, .. } = key;
    let text = MatchedKey::Text(found);
    let (kind, key, app, scope) = match kind {
        SearchKey::UserId | SearchKey::FormerId if former.is_some() => (SearchKey::FormerId, text, None, None),
        SearchKey::UserId | SearchKey::FormerId => (SearchKey::UserId, text, None, None),
        SearchKey::Phone | SearchKey::KeptPhone => (kind, MatchedKey::Phone(phone?.clone()), None, None),
        SearchKey::OpenId | SearchKey::OrderNo => (kind, text, Some(AppId::from_stored(place)), None),
        SearchKey::UnionId => (kind, text, None, Some(UnionScope::from_stored(place))),
        SearchKey::ExternalId | SearchKey::Nickname => (kind, text, None, None),
    };
    Some(PersonMatch { kind, key, app, scope, former })
}
