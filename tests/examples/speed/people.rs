//! The company: who bought how much, in which apps. Everything follows from the number of orders, so that every run has
//! the same data.

use acceptance::START;
use uuid::Uuid;

/// The apps. An account has at most one openId in each of them, and people have up to six.
pub(crate) const APPS: usize = 6;
/// The issuer of the unionIds.
pub(crate) const SCOPE: &str = "bench";
/// The milliseconds of two years, in which the orders are spread evenly. They end when the company's clock starts.
const YEARS: i64 = 2 * 365 * 86_400_000;
/// Orders per buyer, on average.
const AVERAGE: u64 = 10;
/// Ordinals of people who have never logged in begin here.
pub(crate) const STRANGERS: usize = 1_000_000_000;

/// What an id belongs to: part of the id, so that all ids are distinct.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    User,
    Link,
    Union,
    Order,
    Item,
}

/// The buyers, by the number of their orders: buyer 0 has the most. The n-th one has a share of 1/n (Zipf's law).
#[derive(Debug)]
pub(crate) struct Plan {
    /// The number of orders.
    pub(crate) orders: u64,
    /// For each buyer, the number of orders of this one and all before.
    ends: Vec<u64>,
}

impl Plan {
    pub(crate) fn of(orders: u64) -> Self {
        let people = orders / AVERAGE;
        #[expect(clippy::cast_precision_loss, reason = "shares need not be exact")]
        let shares: Vec<f64> = (1..=people).map(|rank| 1.0 / rank as f64).collect();
        let all: f64 = shares.iter().sum();
        // Everyone has one order, and a share of the others.
        let (mut sum, mut ends) = (0.0, Vec::with_capacity(shares.len()));
        for (before, share) in (1_u64..).zip(&shares) {
            sum += share;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a smaller number")]
            #[expect(clippy::cast_precision_loss, reason = "shares need not be exact")]
            let beyond = (sum / all * (orders - people) as f64) as u64;
            ends.push(before + beyond.min(orders - people));
        }
        if let Some(last) = ends.last_mut() {
            *last = orders;
        }
        Self { orders, ends }
    }

    pub(crate) fn people(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn orders_of(&self, person: usize) -> u64 {
        let before = person.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends[person] - before
    }

    /// Returns the people who have at least this many orders: they come first.
    pub(crate) fn people_with(&self, orders: u64) -> usize {
        (0..self.people()).take_while(|person| self.orders_of(*person) >= orders).count()
    }

    /// Returns who placed the n-th order in time. Each person's orders are spread over the whole time.
    pub(crate) fn buyer(&self, order: u64) -> usize {
        // Coprime to every power of ten, and far from any of their simple fractions.
        let place = u128::from(order) * 6_180_339_887 % u128::from(self.orders);
        self.ends.partition_point(|end| u128::from(*end) <= place)
    }

    /// Returns when the n-th order was placed, in milliseconds.
    pub(crate) fn placed_at(&self, order: u64) -> i64 {
        let share = i128::from(YEARS) * i128::from(order) / i128::from(self.orders);
        began() + i64::try_from(share).unwrap_or(YEARS)
    }
}

/// Returns when the company began, in milliseconds.
pub(crate) fn began() -> i64 {
    START.millis() - YEARS
}

/// Returns the apps in which a person has an openId: one to six.
pub(crate) fn apps(person: usize) -> impl ExactSizeIterator<Item = usize> + Clone {
    let random = mix(person as u64);
    let (count, first) = (1 + random % APPS as u64, random >> 32);
    (0..usize::try_from(count).unwrap_or(1)).map(move |n| (usize::try_from(first).unwrap_or_default() + n) % APPS)
}

/// Returns the app of the n-th order of all, which its buyer has an openId in.
pub(crate) fn app_of(order: u64, person: usize) -> usize {
    let mut apps = apps(person);
    let which = mix(order) % apps.len() as u64;
    apps.nth(usize::try_from(which).unwrap_or_default()).unwrap_or_default()
}

/// Returns the upstream's id of an app.
pub(crate) fn app_id(app: usize) -> String {
    format!("wxbench000000000{app}")
}

/// Returns the name of an app in the configuration.
pub(crate) fn app_name(app: usize) -> String {
    format!("bench-{app}")
}

/// Returns a person's openId in an app, in the length of WeChat's.
pub(crate) fn open_id(app: usize, person: usize) -> String {
    format!("o{app}_{person:025}")
}

/// Returns a person's unionId, in the length of WeChat's.
pub(crate) fn union_id(person: usize) -> String {
    format!("u{person:027}")
}

/// Returns the company's id of a person.
pub(crate) fn external_id(person: usize) -> String {
    format!("buyer-{person}")
}

/// Returns a person's phone.
pub(crate) fn phone(person: usize) -> String {
    format!("+86138{person:08}")
}

/// Returns the `UUIDv7` of the n-th thing of its kind.
pub(crate) fn id(of: Of, millis: i64, number: u64) -> Uuid {
    let time = u128::from(millis.unsigned_abs()) << 80;
    let random = u128::from(mix(number) & 0xfff) << 64 | (of as u128) << 56 | u128::from(number);
    Uuid::from_u128(time | 7 << 76 | 2 << 62 | random)
}

/// Mixes the bits of a number: `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
