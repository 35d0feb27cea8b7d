//! Each column of each table that identifies a person is either exported or left out for a reason. The columns are read
//! from the database, so that a new one fails here until it is listed.

use std::collections::BTreeSet;

use migration::throwaway::{Database, Server};
use serde_json::Value;

/// A table: the columns that are exported, as `column` or `column=member.of.the.document`, and those that are not, with
/// the reason.
struct Table {
    name: &'static str,
    /// Where in the document its columns are.
    place: &'static str,
    exported: &'static str,
    left_out: &'static [(&'static str, &'static str)],
}

const TABLES: &[Table] = &[
    Table {
        name: "users",
        place: "account",
        exported: "id status nickname avatar_url own_nickname own_avatar_url external_id cooling_until created_at \
                   updated_at merged_into=merged",
        left_out: &[],
    },
    Table {
        name: "open_ids",
        place: "openIds",
        exported: "app=appId open_id nickname nickname_at avatar_url avatar_url_at created_at linked_at last_login_at \
                   follows follows_since cancelled_at",
        left_out: &[("id", "a number of Guiyi's own"), ("user_id", "the account itself")],
    },
    Table {
        name: "union_ids",
        place: "unionIds",
        exported: "scope union_id created_at",
        left_out: &[("id", "a number of Guiyi's own"), ("user_id", "the account itself")],
    },
    Table {
        name: "phones",
        place: "phones",
        exported: "id sealed_number=number active_user=isActive proof verified_at last_proof_at created_at kept_until \
                   ended_at ended",
        left_out: &[("user_id", "the account itself"), ("active_hash", "of the number")],
    },
    Table {
        name: "sessions",
        place: "sessions",
        exported: "id app=appId device_id device address_block bound signed_in_at last_used_at expires_at ended_at",
        left_out: &[
            ("user_id", "the account itself"),
            ("refresh_hash", "of a secret"),
            ("family_hash", "of a secret"),
            ("generation", "a count of refreshes"),
            ("phone_id", "the account's phone, which is exported"),
        ],
    },
    Table {
        name: "devices",
        place: "devices",
        exported: "id created_at seen_at proved_at",
        left_out: &[("token_hash", "of a secret")],
    },
    Table {
        name: "outbox",
        place: "messages",
        exported: "id kind state created_at settled_at",
        left_out: &[
            ("payload", "the kind in the words of the program"),
            ("user_id", "the account itself"),
            ("phone_id", "may be another person's number by now"),
            ("number_hash", "may be another person's number by now"),
            ("attempts", "of the worker"),
            ("due_at", "of the worker"),
            ("last_error", "of the carrier"),
        ],
    },
    Table {
        name: "phone_codes",
        place: "messages",
        exported: "sent_at=createdAt used_at=settledAt app=appId address_block",
        left_out: &[
            ("id", "a number of Guiyi's own"),
            ("number_hash", "may be another person's number"),
            ("ordinal", "a count"),
            ("session_id", "swept within a day"),
            ("code_hash", "of a secret"),
            ("challenge", "of a secret"),
            ("tries", "a limit"),
            ("expires_at", "five minutes later"),
            ("refused_at", "of the carrier"),
            ("asked_at", "a step within the five minutes"),
            ("user_id", "the account itself"),
            ("link_id", "a limit"),
            ("device_id", "a limit"),
            ("human_hash", "of a secret"),
        ],
    },
    Table {
        name: "conflicts",
        place: "cases",
        exported: "id kind opened_at closed_at resolution",
        left_out: &[
            ("open_key", "names the other person"),
            ("user_id", "the account itself"),
            ("other_user_id", "another person"),
            ("scope", "may be of the other person's key"),
            ("union_id", "may be the other person's"),
            ("phone_id", "may be the other person's"),
            ("closed_by", "an operator"),
            ("reason", "an operator's words"),
        ],
    },
    Table {
        name: "link_events",
        place: "history",
        exported: "id at rule actor session_id evidence=openId",
        left_out: &[
            ("user_id", "the account itself"),
            ("other_user_id", "another person"),
            ("before", "for the undo; may be another person's"),
            ("after", "for the undo; may be another person's"),
        ],
    },
    Table {
        name: "merge_undos",
        place: "history",
        exported: "at=undoneAt",
        left_out: &[("merge_id", "the entry itself")],
    },
    Table {
        name: "orders",
        place: "orders",
        exported: "id app=appId link_id=openId order_no status total_minor refunded_minor currency placed_at",
        left_out: &[
            ("shop_updated_at", "of the shop's system"),
            ("created_at", "of the shop's system"),
            ("updated_at", "of the shop's system"),
        ],
    },
    Table {
        name: "order_items",
        place: "orders.items",
        exported: "sku title quantity unit_minor unit_micros quantity_micros=quantity",
        left_out: &[
            ("id", "a number of Guiyi's own"),
            ("order_id", "the order itself"),
            ("position", "the order of the list"),
        ],
    },
    Table {
        name: "order_refunds",
        place: "orders.refunds",
        exported: "refund_no amount_minor refunded_at",
        left_out: &[
            ("id", "a number of Guiyi's own"),
            ("order_id", "the order itself"),
            ("position", "the order of the list"),
        ],
    },
    Table {
        name: "order_deliveries",
        place: "orders.deliveries",
        exported: "carrier tracking_no shipped_at",
        left_out: &[
            ("id", "a number of Guiyi's own"),
            ("order_id", "the order itself"),
            ("position", "the order of the list"),
        ],
    },
    Table {
        name: "order_changes",
        place: "orders.statusChanges",
        exported: "from_status=from to_status=to changed_at",
        left_out: &[("position", "the order of the list"), ("order_id", "the order itself")],
    },
    Table {
        name: "erasures",
        place: "erasure",
        exported: "cause asked_at due_at",
        left_out: &[
            ("user_id", "the account itself"),
            ("lease_until", "of the worker"),
            ("erased_at", "then there is nothing to export"),
            ("settled_at", "then there is nothing to export"),
        ],
    },
];

/// Tables that are not exported at all.
const LEFT_OUT: &[(&str, &str)] = &[
    ("order_totals", "sums of the orders"),
    ("order_corrections", "what operators corrected, with openIds of others; the orders are exported as they are"),
    ("order_news", "ids of orders, for half an hour"),
    ("login_claims", "swept within a day; its openId and unionId are exported"),
    ("login_states", "swept within minutes"),
    ("qr_logins", "swept within minutes"),
    ("pushes", "swept within a day; what they changed is exported"),
    ("changed_open_ids", "of a migration of the company's account; both openIds are exported"),
    ("follower_runs", "of an app"),
    ("events", "what other systems are told; what happened to the account is in the journal"),
    ("event_marks", "counts"),
    ("pictures", "the address of the one that is shown is exported"),
    ("picture_contents", "the address of the one that is shown is exported"),
    ("webhook_deliveries", "which systems were told when"),
    ("webhook_endpoints", "of receivers"),
    ("merge_offers", "fifteen minutes; the other side is another person"),
    ("receipts", "five minutes"),
    ("operators", "who works at the support desk, not a person of the company"),
    ("operator_sessions", "of operators"),
    ("requests", "what operators asked for; what happened to the account is in the journal"),
    ("audit_events", "what operators did; what happened to the account is in the journal"),
    ("audit_chain", "hashes"),
    ("audit_unsealed", "ids"),
    ("redactions", "hashes"),
    ("data_keys", "of the deployment"),
    ("documents", "of programs"),
    ("service_tokens", "of systems"),
    ("service_token_uses", "of systems"),
    ("sms_spending", "of the company"),
    ("upstream_tokens", "of apps"),
    ("upstream_budgets", "of apps"),
    ("seaql_migrations", "of the database"),
];

#[tokio::test]
async fn every_column_about_a_person_is_exported_or_left_out_for_a_reason() {
    let database = Database::create(Server::Sqlite).await;
    migration::up(database.url()).await.expect("the tables");
    let columns: BTreeSet<String> =
        database.columns().await.into_iter().filter(|column| !column.starts_with("sqlite_")).collect();
    database.drop_now().await;
    let is_left_out = |column: &&String| LEFT_OUT.iter().any(|(table, _)| column.split('.').next() == Some(*table));
    let decided: BTreeSet<String> = TABLES.iter().flat_map(columns_of).collect();
    let about_people: BTreeSet<String> = columns.iter().filter(|column| !is_left_out(column)).cloned().collect();

    assert_eq!(about_people, decided);
}

fn columns_of(table: &Table) -> Vec<String> {
    let exported = table.exported.split_whitespace().map(|column| column.split('=').next().unwrap_or(column));
    let left_out = table.left_out.iter().map(|(column, _)| *column);
    exported.chain(left_out).map(|column| format!("{}.{column}", table.name)).collect()
}

#[test]
fn every_exported_column_has_its_member_in_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/export.schema.json")).expect("a schema");
    for table in TABLES {
        let mut place = &schema;
        for part in table.place.split('.') {
            place = inside(&place["properties"][part]);
        }
        for column in table.exported.split_whitespace() {
            let (column, member) = column.split_once('=').unwrap_or((column, ""));
            let member = if member.is_empty() { camel(column) } else { member.to_owned() };
            let is_there = place["properties"].get(&member).is_some();
            assert!(is_there, "{}.{column}: {} has no {member}", table.name, table.place);
        }
    }
}

/// The object of a list, or of a value that may be null.
fn inside(schema: &Value) -> &Value {
    match (schema.get("items"), schema.get("oneOf")) {
        (Some(items), _) => items,
        (None, Some(choices)) => &choices[1],
        (None, None) => schema,
    }
}

fn camel(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}
