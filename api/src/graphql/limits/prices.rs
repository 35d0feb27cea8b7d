//! The price of each field in database work. A field that is not listed runs no statement. See `bill` for the sum.
//!
//! `tests/tests/endpoint/cost.rs` runs every field of the schema and compares the measured cost with this list.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, FieldDefinition, ServiceDocument, Type as Reference, TypeKind, TypeSystemDefinition,
};

/// The database work of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Price {
    /// Statements per value of the field.
    pub(super) statements: usize,
    /// Statements for all values on a page, run by a loader.
    pub(super) batched: usize,
    /// Keys of the `filter` that no index serves, of the field or of the list that it is in. With one of them, the statements scan
    /// rows until the page is full, or the orders of parts of months.
    pub(super) unindexed: &'static [&'static str],
}

const fn runs(statements: usize) -> Price {
    Price { statements, batched: 0, unindexed: &[] }
}

impl Price {
    const fn filtered_by(self, unindexed: &'static [&'static str]) -> Self {
        Self { unindexed, ..self }
    }
}

/// The fields that run statements. For a mutation, the maximum without retries after a conflict.
const PRICES: &[(&str, &str, Price)] = &[
    ("Query", "jsSdkConfig", runs(2)),
    ("Query", "node", runs(2)),
    ("Query", "mergePreview", runs(14)),
    ("Query", "mergePeoplePreview", runs(13)),
    ("Query", "statistics", runs(5)),
    ("Query", "health", runs(7)),
    ("Query", "user", runs(2)),
    ("Query", "people", runs(4)),
    ("PersonMatch", "key", Price { batched: 1, ..runs(0) }),
    ("User", "phone", Price { batched: 1, ..runs(0) }),
    ("Query", "conflicts", runs(3).filtered_by(&["kind", "open", "user"])),
    ("Query", "order", runs(1)),
    ("Query", "ordersByUnionId", runs(3).filtered_by(&["title"])),
    ("Query", "qrLogin", runs(1)),
    ("Query", "sessions", runs(1)),
    ("Query", "serviceTokens", runs(1)),
    ("Query", "auditEvents", runs(1)),
    ("Query", "pendingRequests", runs(1)),
    ("Query", "wouldMergeToday", runs(7)),
    ("Query", "doubtfulMerges", runs(7)),
    ("AuditEvent", "actorName", Price { batched: 2, ..runs(0) }),
    ("PendingRequest", "requestedByName", Price { batched: 2, ..runs(0) }),
    ("Query", "events", runs(2)),
    ("User", "openIds", runs(2)),
    ("User", "unionIds", runs(1)),
    ("User", "orders", runs(3).filtered_by(&["title"])),
    ("User", "merges", runs(1)),
    ("User", "linkHistory", runs(4)),
    ("User", "aliases", runs(2)),
    ("User", "sessions", runs(1)),
    ("User", "conflicts", runs(4)),
    ("User", "notices", runs(3)),
    ("User", "phoneCodes", runs(3)),
    ("User", "erasure", runs(1)),
    ("OrderConnection", "totalCount", runs(1).filtered_by(&["placedFrom", "placedUntil"])),
    ("OrderConnection", "totals", runs(1).filtered_by(&["placedFrom", "placedUntil"])),
    ("Order", "items", Price { batched: 1, ..runs(0) }),
    ("Order", "refunds", Price { batched: 1, ..runs(0) }),
    ("Order", "deliveries", Price { batched: 1, ..runs(0) }),
    ("Order", "statusChanges", Price { batched: 1, ..runs(0) }),
    ("Order", "corrections", Price { batched: 2, ..runs(0) }),
    // One at the start, and a part in those that follow all logins.
    ("Subscription", "qrLoginStatus", runs(2)),
    ("Subscription", "orderChanged", runs(3)),
    ("Mutation", "beginLogin", runs(1)),
    ("Mutation", "beginNativeLogin", runs(1)),
    ("Mutation", "startQrLogin", runs(12)),
    ("Mutation", "wechatLogin", runs(24)),
    ("Mutation", "login", runs(24)),
    ("Mutation", "sendPhoneCode", runs(16)),
    ("Mutation", "sendLoginCode", runs(16)),
    ("Mutation", "loginByPhone", runs(40)),
    ("Mutation", "loginByWechatPhone", runs(64)),
    ("Mutation", "bindPhone", runs(40)),
    ("Mutation", "changePhone", runs(40)),
    ("Mutation", "bindPhoneWithWechat", runs(40)),
    ("Mutation", "unbindPhone", runs(17)),
    ("Mutation", "unlinkOpenId", runs(17)),
    ("Mutation", "linkOpenId", runs(32)),
    ("Mutation", "mergeUsers", runs(42)),
    ("Mutation", "undoMerge", runs(40)),
    ("Mutation", "resolveConflict", runs(34)),
    ("Mutation", "recordPersonEvent", runs(8)),
    ("Mutation", "recordOrders", runs(22)),
    ("Mutation", "correctOrder", runs(18)),
    ("Mutation", "refreshSession", runs(6)),
    ("Mutation", "logout", runs(4)),
    ("Mutation", "endSession", runs(4)),
    ("Mutation", "logoutEverywhere", runs(8)),
    ("Mutation", "updateProfile", runs(12)),
    ("Mutation", "disableUser", runs(10)),
    ("Mutation", "enableUser", runs(10)),
    ("Mutation", "endSessions", runs(8)),
    ("Mutation", "mergePeople", runs(34)),
    ("Mutation", "setPhone", runs(26)),
    ("Mutation", "eraseMe", runs(12)),
    ("Mutation", "cancelErasure", runs(12)),
    ("Mutation", "eraseUser", runs(92)),
    ("Mutation", "approveRequest", runs(66)),
    ("Mutation", "declineRequest", runs(8)),
    ("Mutation", "endOperatorSession", runs(4)),
    ("Mutation", "createServiceToken", runs(4)),
    ("Mutation", "revokeServiceToken", runs(6)),
];

/// The shape of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// One value.
    One,
    /// A short list without pages.
    Few,
    /// A list without pages that a caller can make long, or that grows with the years: open sessions, merges, months.
    Many,
    /// A connection, which is as large as its arguments say.
    Connection,
    /// The items on the page of a connection.
    Page,
    /// One value per item of the largest batch.
    Batch,
}

/// A field of the schema.
#[derive(Debug)]
pub(super) struct Priced {
    pub(super) price: Price,
    pub(super) answer: Answer,
    /// The name of the field's type, without lists.
    pub(super) ty: String,
}

/// The fields of all types of the schema.
#[derive(Debug)]
pub(super) struct Prices(HashMap<String, HashMap<String, Priced>>);

impl Prices {
    /// Reads a schema.
    pub(super) fn of(schema: &ServiceDocument) -> Self {
        let mut types = HashMap::new();
        for definition in &schema.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            let fields = match &definition.node.kind {
                TypeKind::Object(object) => &object.fields,
                TypeKind::Interface(interface) => &interface.fields,
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => continue,
            };
            let priced = fields.iter().map(|field| {
                let priced = Priced::of(&name, &field.node);
                (field.node.name.node.to_string(), priced)
            });
            let priced = priced.collect();
            types.insert(name, priced);
        }
        Self(types)
    }

    /// Returns a field of a type, if it exists.
    pub(super) fn field(&self, ty: &str, field: &str) -> Option<&Priced> {
        self.0.get(ty)?.get(field)
    }
}

impl Priced {
    fn of(ty: &str, field: &FieldDefinition) -> Self {
        let name = field.name.node.as_str();
        let price = PRICES.iter().find(|(of, known, _)| (*of, *known) == (ty, name)).map(|(_, _, price)| *price);
        let (target, is_list) = target(&field.ty.node);
        let answer = match (ty, name) {
            ("RecordOrdersPayload", "results") => Answer::Batch,
            (_, "edges" | "nodes") if ty.ends_with("Connection") => Answer::Page,
            _ if target.ends_with("Connection") => Answer::Connection,
            ("Query", "sessions")
            | ("OrderTotals", "byMonth")
            | ("Statistics", "hours")
            | ("Health", "errors")
            | ("User", "merges" | "aliases" | "sessions" | "notices" | "phoneCodes") => Answer::Many,
            _ if is_list => Answer::Few,
            _ => Answer::One,
        };
        Self { price: price.unwrap_or_default(), answer, ty: target.to_owned() }
    }
}

/// Returns the type's name inside lists, and whether it is a list.
fn target(reference: &Reference) -> (&str, bool) {
    match &reference.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(item) => (target(item).0, true),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, PRICES, Prices};
    use crate::graphql::schema_document;

    #[test]
    fn every_price_is_one_of_a_field_that_there_is() {
        let prices = Prices::of(&schema_document());

        for (ty, field, price) in PRICES {
            assert_eq!(prices.field(ty, field).map(|priced| &priced.price), Some(price), "{ty}.{field}");
        }
    }

    #[test]
    fn lists_and_pages_are_read_off_the_schema() {
        let prices = Prices::of(&schema_document());
        let answer = |ty, field| prices.field(ty, field).map(|priced| (priced.answer, priced.ty.as_str()));

        assert_eq!(answer("Query", "me"), Some((Answer::One, "User")));
        assert_eq!(answer("Query", "apps"), Some((Answer::Few, "App")));
        assert_eq!(answer("Query", "sessions"), Some((Answer::Many, "OpenSession")));
        assert_eq!(answer("User", "orders"), Some((Answer::Connection, "OrderConnection")));
        assert_eq!(answer("OrderConnection", "nodes"), Some((Answer::Page, "Order")));
        assert_eq!(answer("OrderConnection", "pageInfo"), Some((Answer::One, "PageInfo")));
        assert_eq!(answer("RecordOrdersPayload", "results"), Some((Answer::Batch, "RecordOrderResult")));
        assert_eq!(answer("Node", "id"), Some((Answer::One, "ID")));
        assert_eq!(answer("Query", "nothing"), None);
    }
}
