//! Cursors of lists of orders. A cursor is the position of an order, and names the list, the order of the list and the openId:
//! another list refuses it.

use data_encoding::BASE64URL_NOPAD;
use domain::{LinkId, OrderId};
use sha2::{Digest, Sha256};
use store::order::{Order, OrderFilter, OrderSort, Position};
use uuid::Uuid;

use crate::error::{ApiError, ErrorCode};
use crate::usecase::order::OrderPlace;

/// The bytes that name a list.
const LIST: usize = 8;
/// The list, the number by which it is sorted, the id of the order, and that of its openId.
const LENGTH: usize = LIST + 8 + 16 + 16;

/// The cursors of one list.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrderCursors {
    sort: OrderSort,
    list: [u8; LIST],
}

impl OrderCursors {
    /// Returns the cursors of the list with this filter in this order, for any account.
    pub(super) fn new(filter: &OrderFilter, sort: OrderSort) -> Self {
        let OrderFilter { apps, statuses, placed_from, placed_until, amount, order_no, title } = filter;
        let apps = apps.as_ref().map(|apps| apps.iter().map(domain::AppId::as_str).collect::<Vec<_>>());
        let statuses = statuses.as_ref().map(|all| all.iter().map(|status| status.as_str()).collect::<Vec<_>>());
        let [from, until] = [placed_from, placed_until].map(|time| time.map(domain::Timestamp::millis));
        let amount = amount.map(|amount| (amount.currency.code(), amount.min, amount.max));
        let number = order_no.as_ref().map(domain::order::OrderNo::as_str);
        let sorted = match sort {
            OrderSort::NewestFirst => 1,
            OrderSort::OldestFirst => 2,
            OrderSort::LargestFirst => 3,
            OrderSort::SmallestFirst => 4,
        };
        // The list without a title has the name that older versions gave it.
        let named = match title {
            None => serde_json::json!([sorted, apps, statuses, from, until, amount, number]),
            Some(title) => serde_json::json!([sorted, apps, statuses, from, until, amount, number, title]),
        };
        let named = named.to_string();
        let hash = Sha256::digest(named.as_bytes());
        let mut list = [0; LIST];
        list.copy_from_slice(&hash[..LIST]);
        Self { sort, list }
    }

    /// Returns the cursor of an order.
    pub(super) fn of(self, order: &Order) -> String {
        self.at(OrderPlace { position: self.sort.position(order), link: order.link })
    }

    /// Returns the cursor of a place.
    pub(super) fn at(self, OrderPlace { position, link }: OrderPlace) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(self.list);
        bytes.extend(position.key.to_be_bytes());
        bytes.extend(position.id.uuid().as_bytes());
        bytes.extend(link.uuid().as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Parses a cursor of this list.
    pub(super) fn read(self, cursor: Option<&str>) -> Result<Option<OrderPlace>, ApiError> {
        let Some(cursor) = cursor else { return Ok(None) };
        let place = || {
            let bytes: [u8; LENGTH] = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?.try_into().ok()?;
            let (list, rest) = bytes.split_at(LIST);
            let (key, ids) = rest.split_at(8);
            let (id, link) = ids.split_at(16);
            let key = i64::from_be_bytes(key.try_into().ok()?);
            let position = Position { key, id: OrderId::from_uuid(Uuid::from_slice(id).ok()?) };
            let place = OrderPlace { position, link: LinkId::from_uuid(Uuid::from_slice(link).ok()?) };
            (list == self.list).then_some(place)
        };
        place().map(Some).ok_or_else(|| ApiError::refused(ErrorCode::InvalidCursor))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use store::order::AmountFilter;

    use super::*;

    const SORTS: [OrderSort; 4] =
        [OrderSort::NewestFirst, OrderSort::OldestFirst, OrderSort::LargestFirst, OrderSort::SmallestFirst];

    fn filters() -> Vec<OrderFilter> {
        let everything = OrderFilter::default();
        let [one, other] = ["wx1", "wx2"].map(|app| app.parse().expect("an app id"));
        let amount = |min, max| AmountFilter { currency: "CNY".parse().expect("a currency"), min, max };
        vec![
            OrderFilter { apps: Some(vec![]), ..everything.clone() },
            OrderFilter { apps: Some(vec![one]), ..everything.clone() },
            OrderFilter { apps: Some(vec![other]), ..everything.clone() },
            OrderFilter { statuses: Some(vec![]), ..everything.clone() },
            OrderFilter { statuses: Some(vec![domain::order::OrderStatus::Paid]), ..everything.clone() },
            OrderFilter { placed_from: Some(domain::Timestamp::from_millis(1)), ..everything.clone() },
            OrderFilter { placed_until: Some(domain::Timestamp::from_millis(1)), ..everything.clone() },
            OrderFilter { amount: Some(amount(None, None)), ..everything.clone() },
            OrderFilter { amount: Some(amount(Some(1), None)), ..everything.clone() },
            OrderFilter { amount: Some(amount(None, Some(1))), ..everything.clone() },
            OrderFilter { order_no: domain::order::OrderNo::parse("A-1").ok(), ..everything.clone() },
            OrderFilter { title: Some("A-1".to_owned()), ..everything.clone() },
            everything,
        ]
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let lists: Vec<_> =
            filters().iter().flat_map(|filter| SORTS.map(|sort| OrderCursors::new(filter, sort))).collect();
        let position = Position { key: 1, id: OrderId::from_uuid(Uuid::from_u128(2)) };
        let place = OrderPlace { position, link: LinkId::from_uuid(Uuid::from_u128(3)) };

        for (at, list) in lists.iter().enumerate() {
            for (other_at, other) in lists.iter().enumerate() {
                let read = list.read(Some(&other.at(place)));
                assert_eq!(read.ok(), (at == other_at).then_some(Some(place)), "{at} {other_at}");
            }
        }
    }

    #[test]
    fn nonsense_is_not_a_cursor() {
        let list = OrderCursors::new(&OrderFilter::default(), OrderSort::default());
        for text in ["", "1", "YXJyYXljb25uZWN0aW9uOjE", &"A".repeat(32), &"A".repeat(64), &"A".repeat(65), "ä"] {
            assert!(list.read(Some(text)).is_err(), "{text}");
        }
        assert!(list.read(None).is_ok_and(|place| place.is_none()));
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_whatever_it_stands_for(key in any::<i64>(), id in any::<u128>(), link in any::<u128>()) {
            let list = OrderCursors::new(&OrderFilter::default(), OrderSort::default());
            let position = Position { key, id: OrderId::from_uuid(Uuid::from_u128(id)) };
            let place = OrderPlace { position, link: LinkId::from_uuid(Uuid::from_u128(link)) };
            prop_assert_eq!(list.read(Some(&list.at(place))).expect("a cursor"), Some(place));
        }

        #[test]
        fn a_cursor_has_one_way_to_be_written(text in prop_oneof![any::<String>(), "[A-Za-z0-9_+/=-]{62,66}"]) {
            let list = OrderCursors::new(&OrderFilter::default(), OrderSort::default());
            if let Ok(Some(place)) = list.read(Some(&text)) {
                prop_assert!(list.at(place) == text);
            }
        }
    }
}
