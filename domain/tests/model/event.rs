//! The events of the model, as small numbers, so that a failing sequence shrinks to the few events that break the rule.

use domain::Boundness;
use domain::order::OrderStatus;
use domain::phone::{Claim, Line, NumberProof, Purpose};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// An event of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A person logs in.
    Login(LoginProof),
    /// A logged-in person proves another open id (R13).
    Add { session: usize, told: LoginProof },
    /// A logged-in person proves a number (R4, R6).
    Prove { session: usize, number: usize, manner: Manner },
    /// A person removes the phone (R7).
    Unbind { session: usize },
    /// A person removes an app (R7).
    Unlink { session: usize, app: usize },
    /// A person confirms a merge (R8).
    Merge { session: usize, other: usize, choice: Choice },
    /// A merge is undone (R8).
    Undo { merge: usize },
    /// The company imports one of its accounts.
    Import { member: usize, number: Option<usize>, proved_days_ago: Option<i64> },
    /// The company reports an order, perhaps again and with another status.
    Order { app: usize, person: usize, order: usize, status: OrderStatus },
    /// Time passes, and expired rows are deleted.
    Wait { hours: i64 },
}

/// What an upstream reports about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoginProof {
    pub(crate) app: usize,
    pub(crate) person: usize,
    /// Whose union id it reports, counted from the person: 0 is the person's own.
    pub(crate) union: Option<usize>,
    /// R15: whether the login is bound to the browser or device.
    pub(crate) bound: Boundness,
}

/// How a number is proved, and what the person and the carrier say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) proof: NumberProof,
    pub(crate) purpose: Purpose,
    pub(crate) claim: Claim,
    pub(crate) line: Line,
}

/// What a person chooses when merging two accounts: the own one, where it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) survivor: Option<bool>,
    pub(crate) phone: bool,
    pub(crate) external_id: bool,
}

/// How many people, members and numbers there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) people: usize,
    pub(crate) members: usize,
    pub(crate) numbers: usize,
}

/// Few enough that they interact.
pub(crate) const FEW: Crowd = Crowd { people: 3, members: 3, numbers: 4 };

/// Sequences of up to this many events.
pub(crate) fn events(crowd: Crowd, most: usize) -> impl Strategy<Value = Vec<Event>> {
    vec(event(crowd), 1..=most)
}

/// One event.
pub(crate) fn event(crowd: Crowd) -> impl Strategy<Value = Event> {
    let session = || 0..4_usize;
    let prove = (session(), 0..crowd.numbers, manner());
    let import = (0..crowd.members, of(0..crowd.numbers), of(prop_oneof![Just(10_i64), Just(100)]));
    let order = (0..super::APPS, 0..crowd.people, 0..2_usize, select(OrderStatus::ALL));
    prop_oneof![
        10 => told(crowd).prop_map(Event::Login),
        3 => (session(), told(crowd)).prop_map(|(session, told)| Event::Add { session, told }),
        8 => prove.prop_map(|(session, number, manner)| Event::Prove { session, number, manner }),
        1 => session().prop_map(|session| Event::Unbind { session }),
        2 => (session(), 0..super::APPS).prop_map(|(session, app)| Event::Unlink { session, app }),
        3 => (session(), 0..8_usize, choice()).prop_map(|(session, other, choice)| Event::Merge { session, other, choice }),
        2 => (0..3_usize).prop_map(|merge| Event::Undo { merge }),
        3 => import.prop_map(|(member, number, proved_days_ago)| Event::Import { member, number, proved_days_ago }),
        3 => order.prop_map(|(app, person, order, status)| Event::Order { app, person, order, status }),
        1 => prop_oneof![Just(1_i64), Just(25), Just(73), Just(91 * 24)].prop_map(|hours| Event::Wait { hours }),
    ]
}

/// What an upstream reports: usually no union id or the person's own one, sometimes another person's.
pub(crate) fn told(crowd: Crowd) -> impl Strategy<Value = LoginProof> {
    let union = prop_oneof![3 => Just(None), 5 => Just(Some(0)), 1 => (0..crowd.people).prop_map(Some)];
    let bound = prop_oneof![5 => Just(Boundness::Bound), 1 => Just(Boundness::Unbound)];
    (0..super::APPS, 0..crowd.people, union, bound).prop_map(|(app, person, union, bound)| LoginProof {
        app,
        person,
        union,
        bound,
    })
}

pub(crate) fn choice() -> impl Strategy<Value = Choice> {
    (any::<Option<bool>>(), any::<bool>(), any::<bool>()).prop_map(|(survivor, phone, external_id)| Choice {
        survivor,
        phone,
        external_id,
    })
}

fn manner() -> impl Strategy<Value = Manner> {
    let proof = prop_oneof![
        6 => Just(NumberProof::SmsCode), 1 => Just(NumberProof::WechatRealTime), 2 => Just(NumberProof::WechatQuick)
    ];
    let purpose = prop_oneof![3 => Just(Purpose::Bind), 1 => Just(Purpose::Change)];
    let claim = prop_oneof![3 => Just(Claim::None), 1 => Just(Claim::Mine), 2 => Just(Claim::NewToMe)];
    let line = prop_oneof![4 => Just(Line::Unknown), 1 => Just(Line::Same), 2 => Just(Line::Recycled)];
    (proof, purpose, claim, line).prop_map(|(proof, purpose, claim, line)| Manner { proof, purpose, claim, line })
}
