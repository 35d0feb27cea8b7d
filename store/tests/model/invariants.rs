//! Invariants of the tables, checked by SQL and not through the store.

use std::collections::BTreeMap;

use domain::{Rule, UserId};
use entities::phone::Proof;
use entities::{link_event, open_id, order, phone, union_id, user};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, FromQueryResult, QueryFilter, Statement};
use serde_json::Value;

/// Violations, and the rows that show them.
const NEVER: [(&str, &str); 15] = [
    (
        "an open id belongs to an account that is gone",
        "open_ids k JOIN users u ON u.id = k.user_id WHERE u.status <> 'ACTIVE'",
    ),
    (
        "a union id belongs to an account that is gone",
        "union_ids k JOIN users u ON u.id = k.user_id WHERE u.status <> 'ACTIVE'",
    ),
    (
        "a phone belongs to an account that is gone",
        "phones k JOIN users u ON u.id = k.active_user WHERE u.status <> 'ACTIVE'",
    ),
    (
        "a session belongs to an account that is gone",
        "sessions s JOIN users u ON u.id = s.user_id WHERE s.ended_at IS NULL AND u.status <> 'ACTIVE'",
    ),
    ("an open id has two owners", "(SELECT app FROM open_ids GROUP BY app, open_id HAVING COUNT(*) > 1) t"),
    ("a union id has two owners", "(SELECT scope FROM union_ids GROUP BY scope, union_id HAVING COUNT(*) > 1) t"),
    (
        "a number has two owners",
        "(SELECT active_hash FROM phones WHERE active_hash IS NOT NULL GROUP BY active_hash HAVING COUNT(*) > 1) t",
    ),
    (
        "R9: an account has two open ids in an app",
        "(SELECT user_id FROM open_ids WHERE user_id IS NOT NULL GROUP BY user_id, app HAVING COUNT(*) > 1) t",
    ),
    (
        "R9: an account has two union ids in a scope",
        "(SELECT user_id FROM union_ids GROUP BY user_id, scope HAVING COUNT(*) > 1) t",
    ),
    (
        "a phone is in use and kept, or another's than its row says",
        "phones p WHERE p.active_user IS NOT NULL AND (p.kept_until IS NOT NULL OR p.active_hash IS NULL OR p.active_user <> p.user_id)",
    ),
    (
        "an alias leads nowhere, or an unmerged account is an alias",
        "users u WHERE (u.status = 'MERGED' AND u.merged_into IS NULL) OR (u.status <> 'MERGED' AND u.merged_into IS NOT NULL)",
    ),
    (
        "a merge is not in the journal",
        "users u WHERE u.status = 'MERGED' AND NOT EXISTS (SELECT 1 FROM link_events e WHERE e.other_user_id = u.id \
         AND e.user_id = u.merged_into AND e.rule IN ('R1c', 'R4c', 'R8', 'R14'))",
    ),
    (
        "a case is between an account and itself",
        "conflicts c WHERE c.closed_at IS NULL AND c.user_id = c.other_user_id",
    ),
    (
        "an open case is about an account that is gone",
        "conflicts c JOIN users u ON u.id = c.user_id OR u.id = c.other_user_id WHERE c.closed_at IS NULL AND u.status <> 'ACTIVE'",
    ),
    (
        "a merge was undone, and its account is still an alias of the same without another merge",
        "merge_undos m JOIN link_events e ON e.id = m.merge_id JOIN users u ON u.id = e.other_user_id \
         WHERE u.merged_into = e.user_id AND NOT EXISTS (SELECT 1 FROM link_events l LEFT JOIN merge_undos n ON n.merge_id = l.id \
         WHERE l.other_user_id = u.id AND l.user_id = u.merged_into AND n.merge_id IS NULL AND l.rule IN ('R1c', 'R4c', 'R8', 'R14'))",
    ),
];

/// Returns every violation found.
pub(crate) async fn broken(db: &DatabaseConnection) -> Vec<String> {
    let mut broken = Vec::new();
    for (sentence, rows) in NEVER {
        let count = count(db, &format!("SELECT COUNT(*) AS n FROM {rows}")).await;
        if count > 0 {
            broken.push(format!("{sentence}: {count}"));
        }
    }
    broken.extend(Journal::read(db).await.unexplained(db).await);
    broken.extend(crate::totals::wrong(db).await);
    broken
}

/// The number of orders, their sum, and how many belong to an active account or to none.
pub(crate) async fn orders(db: &DatabaseConnection) -> [i64; 3] {
    let total = order::Entity::find().all(db).await.unwrap().iter().map(|order| order.total_minor).sum();
    let placed = "orders o JOIN open_ids k ON k.id = o.link_id LEFT JOIN users u ON u.id = k.user_id \
                  WHERE k.user_id IS NULL OR u.status = 'ACTIVE'";
    [
        count(db, "SELECT COUNT(*) AS n FROM orders").await,
        total,
        count(db, &format!("SELECT COUNT(*) AS n FROM {placed}")).await,
    ]
}

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Count::find_by_statement(statement).one(db).await.unwrap().expect("a count").n
}

/// The journal, which must explain why an account has its keys.
struct Journal {
    into: BTreeMap<UserId, Option<UserId>>,
    events: Vec<(UserId, Rule, Value, Value)>,
}

impl Journal {
    async fn read(db: &DatabaseConnection) -> Self {
        let users = user::Entity::find().all(db).await.unwrap();
        let events = link_event::Entity::find().all(db).await.unwrap();
        let json = |text: &str| serde_json::from_str(text).expect("the journal is JSON");
        Self {
            into: users.into_iter().map(|user| (user.id, user.merged_into)).collect(),
            events: events.iter().map(|row| (row.user_id, row.rule, json(&row.evidence), json(&row.after))).collect(),
        }
    }

    /// The surviving account; `None` if the chain does not end.
    fn survivor(&self, user: UserId) -> Option<UserId> {
        let mut at = user;
        for _ in 0..=self.into.len() {
            match self.into[&at] {
                None => return Some(at),
                Some(into) => at = into,
            }
        }
        None
    }

    fn explains(&self, owner: UserId, is_it: impl Fn(Rule, &Value, &Value) -> bool) -> bool {
        self.events
            .iter()
            .any(|(user, rule, evidence, after)| self.survivor(*user) == Some(owner) && is_it(*rule, evidence, after))
    }

    async fn unexplained(&self, db: &DatabaseConnection) -> Vec<String> {
        let mut found = Vec::new();
        let lost = self.into.keys().filter(|user| self.survivor(**user).is_none());
        found.extend(lost.map(|user| format!("the aliases of {user} do not end")));
        for link in open_id::Entity::find().all(db).await.unwrap() {
            let is_it = |_, evidence: &Value, after: &Value| {
                after["link"].is_object()
                    && evidence["app"] == link.app.as_str()
                    && evidence["openId"] == link.open_id.as_str()
            };
            if link.user_id.is_some_and(|owner| !self.explains(owner, is_it)) {
                found.push(format!("the journal does not say why {} of {} is its owner's", link.open_id, link.app));
            }
        }
        for union in union_id::Entity::find().all(db).await.unwrap() {
            let is_it = |_, _: &Value, after: &Value| {
                after["union"]["scope"] == union.scope.as_str() && after["union"]["unionId"] == union.union_id.as_str()
            };
            if !self.explains(union.user_id, is_it) {
                found
                    .push(format!("the journal does not say why {} of {} is its owner's", union.union_id, union.scope));
            }
        }
        let phones = phone::Entity::find().filter(phone::Column::ActiveUser.is_not_null());
        for row in phones.all(db).await.unwrap() {
            let is_it = |rule, evidence: &Value, after: &Value| match row.proof {
                Proof::Import => rule == Rule::Import && evidence["phone"].is_string(),
                Proof::Code | Proof::WechatRealTime | Proof::WechatQuick | Proof::Operator => {
                    after["phone"] == row.id.to_string()
                }
            };
            if row.active_user.is_some_and(|owner| !self.explains(owner, is_it)) {
                found.push(format!("the journal does not say why {} is its owner's", row.id));
            }
        }
        found
    }
}
