//! Opaque pagination cursors, but for those of orders: see `order_cursor`.

use async_graphql::connection::PageInfo;
use data_encoding::BASE64URL_NOPAD;
use domain::search::SearchKey;
use domain::{Timestamp, UserId};
use store::Place;
use store::search::NicknamePlace;
use uuid::Uuid;

use crate::error::{ApiError, ErrorCode};
use crate::usecase::Page;
use crate::usecase::event::FeedPlace;
use crate::usecase::search::SearchPlace;

/// Returns the cursor of an item with a time and an id.
pub(super) fn at(time: Timestamp, id: Uuid) -> String {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&time.millis().to_be_bytes());
    bytes[8..].copy_from_slice(id.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Parses a cursor.
pub(super) fn read_place(cursor: Option<&str>) -> Result<Option<Place>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().filter(|bytes| bytes.len() == 24);
    let bytes = bytes.ok_or_else(|| ApiError::refused(ErrorCode::InvalidCursor))?;
    let (millis, id) = bytes.split_at(8);
    let millis = millis.try_into().map(i64::from_be_bytes).unwrap_or_default();
    Ok(Some(Place { at: Timestamp::from_millis(millis), id: Uuid::from_slice(id).unwrap_or_default() }))
}

/// Returns the cursor of an event of the feed.
pub(super) fn in_feed(seq: i64) -> String {
    BASE64URL_NOPAD.encode(&seq.to_be_bytes())
}

/// Parses the cursor of an event of the feed.
pub(super) fn read_feed_place(cursor: Option<&str>) -> Result<Option<FeedPlace>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let place = bytes.map(|bytes| FeedPlace(i64::from_be_bytes(bytes)));
    place.filter(|place| place.0 > 0).map(Some).ok_or_else(|| ApiError::refused(ErrorCode::InvalidCursor))
}

/// Returns the cursor of a person whom a search has found.
pub(super) fn in_search(place: &SearchPlace) -> String {
    let (kind, id, name) = match place {
        SearchPlace::Key(kind, id) => (*kind, id, ""),
        SearchPlace::Nickname(place) => (SearchKey::Nickname, &place.id, place.name.as_str()),
    };
    // The place in the list of kinds does not exceed a byte.
    let kind = SearchKey::ALL.iter().position(|known| *known == kind).and_then(|at| u8::try_from(at).ok());
    let mut bytes = vec![kind.unwrap_or(u8::MAX)];
    bytes.extend(id.uuid().as_bytes());
    bytes.extend(name.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Parses the cursor of a person whom a search has found.
pub(super) fn read_search_place(cursor: Option<&str>) -> Result<Option<SearchPlace>, ApiError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let invalid = || ApiError::refused(ErrorCode::InvalidCursor);
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| invalid())?;
    let (kind, rest) = bytes.split_first().ok_or_else(invalid)?;
    let kind = *SearchKey::ALL.get(usize::from(*kind)).ok_or_else(invalid)?;
    let (id, name) = rest.split_at_checked(16).ok_or_else(invalid)?;
    let id = UserId::from_uuid(Uuid::from_slice(id).map_err(|_| invalid())?);
    let name = std::str::from_utf8(name).map_err(|_| invalid())?.to_owned();
    match (kind, name.is_empty()) {
        (SearchKey::Nickname, false) => Ok(Some(SearchPlace::Nickname(NicknamePlace { name, id }))),
        (SearchKey::Nickname, true) | (_, false) => Err(invalid()),
        (kind, true) => Ok(Some(SearchPlace::Key(kind, id))),
    }
}

/// Returns a page's `PageInfo`.
pub(super) fn page_info<T>(page: &Page<T>, cursor_of: impl Fn(&T) -> String) -> PageInfo {
    PageInfo {
        has_previous_page: page.has_previous,
        has_next_page: page.has_next,
        start_cursor: page.items.first().map(&cursor_of),
        end_cursor: page.items.last().map(&cursor_of),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    #[test]
    fn nonsense_is_not_a_cursor() {
        for text in ["", "1", "YXJyYXljb25uZWN0aW9uOjE", &"A".repeat(31), &"A".repeat(33), "ä"] {
            assert!(read_place(Some(text)).is_err(), "{text}");
        }
        assert!(read_place(Some(&"A".repeat(32))).is_ok());
    }
    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_cursor_reads_back_whatever_it_stands_for(millis in any::<i64>(), id in any::<u128>()) {
            let place = Place { at: Timestamp::from_millis(millis), id: Uuid::from_u128(id) };
            prop_assert_eq!(read_place(Some(&at(place.at, place.id))).expect("a cursor"), Some(place));
        }

        #[test]
        fn a_cursor_has_one_way_to_be_written(text in prop_oneof![any::<String>(), "[A-Za-z0-9_+/=-]{30,34}"]) {
            if let Ok(Some(place)) = read_place(Some(&text)) {
                prop_assert_eq!(at(place.at, place.id), text);
            }
        }
    }
}
