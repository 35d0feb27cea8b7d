//! The identity rules, row by row. The tests of the store and of the whole service check them on databases and under
//! concurrency.

mod conflict;
mod follower;
mod import;
mod link_add;
mod link_remove;
mod login;
mod merge;
mod phone;
mod session;
mod union_scope;

use chrono::TimeDelta;
use domain::login::Proof;
use domain::session::Standing;
use domain::{Account, AppId, Boundness, OpenKey, PhoneNumber, Profile, Timestamp, UnionKey, UserId};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// A caller who has just logged in, with a login bound to the browser or device.
const STANDING: Standing = Standing { bound: Boundness::Bound, signed_in_at: NOW, cooling_until: None, now: NOW };

/// A caller who logged in this many minutes ago.
fn signed_in(minutes_ago: i64) -> Standing {
    Standing { signed_in_at: NOW.minus(TimeDelta::minutes(minutes_ago)), ..STANDING }
}

/// A caller whose account may lose nothing for this many hours.
fn cooling(hours: i64) -> Standing {
    Standing { cooling_until: Some(NOW.plus(TimeDelta::hours(hours))), ..STANDING }
}

fn app(id: &str) -> AppId {
    id.parse().expect("an app id")
}

fn union(id: &str) -> UnionKey {
    UnionKey { scope: "hemu".parse().expect("a scope"), union_id: id.parse().expect("a union id") }
}

fn proof(union_id: Option<&str>) -> Proof {
    Proof {
        key: OpenKey { app: app("shop"), open_id: "oLan".parse().expect("an open id") },
        union: union_id.map(union),
        profile: Profile::default(),
    }
}

/// A shell: one open id and nothing else.
fn account(age_in_days: i64, app_id: &str) -> Account {
    let created_at = NOW.minus(TimeDelta::days(age_in_days));
    Account {
        id: UserId::new(created_at),
        created_at,
        apps: vec![app(app_id)],
        cancelled: vec![],
        unions: vec![],
        phone: None,
        external_id: None,
        has_orders: false,
    }
}

fn with_orders(account: Account) -> Account {
    Account { has_orders: true, ..account }
}

fn with_union(account: Account, id: &str) -> Account {
    Account { unions: vec![union(id)], ..account }
}

fn number(last: u8) -> PhoneNumber {
    PhoneNumber::parse(&format!("1380000000{last}")).expect("a number")
}

/// An account that the company imported: a phone and an external id, no open id.
fn company_account() -> Account {
    Account {
        apps: vec![],
        phone: Some(number(1)),
        external_id: Some("C-1001".parse().expect("an external id")),
        ..account(900, "unused")
    }
}
