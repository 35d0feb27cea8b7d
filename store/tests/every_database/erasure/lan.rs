//! Lan, who has a value in every column that can identify her, and other people, who have values too.

use domain::order::{Correction, Delivery, OrderNo, OrderStatus, Report};
use domain::phone::{Offer, Purpose};
use domain::{AuditAction, Boundness, LinkId, Profile, Rule, SessionId, UserId};
use sha2::{Digest, Sha256};
use store::audit::{AuditEvent, ChainKeys, Checked, Expected};
use store::import::Imported;
use store::login::{LoginOutcome, LoginState};
use store::merge::NewOffer;
use store::outbox::NewMessage;
use store::session::{NewSession, SignedInFrom};
use store::sms::NewPhoneCode;
use store::user::{Choice, ProfileChange, StatusChange};
use store::{Actor, Store};

use super::World;
use crate::merge_choices::{bind, merge_at};
use crate::world::{NOW, app, import, member, minutes, number, open_id, proof, record, refund, report, sign_in, union};

/// Values that must be nowhere after the erasure.
pub(super) const PLANTED: [&str; 12] = [
    "oLANSHOP",
    "oLANCLUB",
    "uLANUNION",
    "uLANDOUBT",
    "NickLAN",
    "SelfLAN",
    "FileLAN",
    "lan.example",
    "M-LAN",
    "13900000001",
    "+86*******0001",
    "LANWORDS",
];
const OLD: &str = "13900000001";
const NEW: &str = "13900000002";

pub(super) struct Lan {
    pub(super) user: UserId,
    /// The company's account, which was merged into hers.
    pub(super) alias: UserId,
    /// Her links, and the one that she had unlinked.
    pub(super) links: Vec<LinkId>,
    pub(super) session: SessionId,
}

fn named(app_id: &str, id: &str, union_id: Option<&str>) -> domain::login::Proof {
    let profile = Profile::new("NickLAN", "https://lan.example/told.png");
    domain::login::Proof { profile, ..proof(app_id, id, union_id) }
}

/// Wei, who has a value of every kind, and Min, whose name occurs together with Lan's.
pub(super) async fn others(store: &Store) {
    let wei = sign_in(store, &proof("shop", "oWei", Some("uWei")), NOW).await.user;
    record(store, &[report("shop", "W-1", "oWei")]).await;
    bind(store, wei, "13700000007", Purpose::Bind).await;
    open(store, wei, 200).await;
    min(store).await;
}

async fn min(store: &Store) -> UserId {
    sign_in(store, &proof("mini", "oMin", None), minutes(5)).await.user
}

async fn open(store: &Store, user: UserId, byte: u8) -> SessionId {
    let id = SessionId::new(NOW);
    let tx = store.begin().await.unwrap();
    let device = store::session::add_device(&tx, &[byte; 32], NOW).await.unwrap();
    let session = NewSession {
        phone: None,
        id,
        user,
        app: Some(app("shop")),
        device: Some(device),
        bound: Boundness::Bound,
        refresh_hash: [byte.wrapping_add(1); 32],
        signed_in_at: NOW,
        expires_at: minutes(1_000),
        from: SignedInFrom {
            address_block: Some(format!("198.51.{byte}.0/24")),
            device: Some(format!("WeChat on phone {byte}")),
        },
    };
    store::session::open(&tx, &session).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// An operator corrects the time of an order, with a reason.
async fn corrected(store: &Store) {
    let reason = "LANWORDS about an order".to_owned();
    let order_no = OrderNo::parse("A-2").unwrap();
    let correction = Correction { order_no, open_id: None, placed_at: Some(minutes(3)), reason };
    let tx = store.begin().await.unwrap();
    store::order::correct(&tx, (&app("club"), &correction), Actor::Command, minutes(4)).await.unwrap();
    tx.commit().await.unwrap();
}

impl Lan {
    /// Merges two accounts that have everything an account can have.
    pub(super) async fn lives(World { store, .. }: &World) -> Self {
        let imported = store::import::ImportedUser { nickname: Some("FileLAN".to_owned()), ..member("M-LAN", OLD) };
        let Imported::Created(alias) = import(store, &imported).await else { panic!("a new member") };
        let user = sign_in(store, &named("shop", "oLANSHOP", Some("uLANUNION")), NOW).await.user;
        sign_in(store, &named("club", "oLANCLUB", Some("uLANUNION")), minutes(1)).await;
        record(store, &[report("shop", "A-1", "oLANSHOP"), report("club", "A-2", "oLANCLUB")]).await;
        let shipped = Report {
            status: OrderStatus::Shipped,
            refunds: Some(vec![refund("R-1", 100)]),
            deliveries: Some(vec![Delivery::parse("SF", "SFLAN1000001", Some(NOW)).unwrap()]),
            ..report("shop", "A-1", "oLANSHOP")
        };
        record(store, &[shipped]).await;
        corrected(store).await;
        merge_at(store, (alias, user), &[], 2).await;
        // R4d, three minutes in: the former number is kept.
        bind(store, user, NEW, Purpose::Change).await;
        let links = store::user::open_ids(&store.view(), user).await.unwrap();
        let links: Vec<LinkId> = links.iter().map(|link| link.id).collect();
        let session = open(store, user, 100).await;
        let lan = Self { user, alias, links, session };
        lan.unlinks_the_club(store).await;
        lan.leaves_traces(store).await;
        lan.is_doubted(store).await;
        lan
    }

    async fn unlinks_the_club(&self, store: &Store) {
        let tx = store.begin().await.unwrap();
        store::link::unlink_open_id(&tx, self.user, (&app("club"), None), minutes(4)).await.unwrap();
        let change = ProfileChange {
            nickname: Choice::Choose("SelfLAN".to_owned()),
            avatar_url: Choice::Choose("https://lan.example/own.png".to_owned()),
        };
        store::user::change_profile(&tx, self.session, &change, minutes(4)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn leaves_traces(&self, store: &Store) {
        let state = LoginState {
            hash: [101; 32],
            app: "shop".parse().unwrap(),
            return_to: "https://shop.example/".to_owned(),
            expires_at: minutes(10),
            challenge: Some([102; 32]),
        };
        let claim = store::login::NewLoginClaim {
            code_hash: [103; 32],
            app: app("shop"),
            state_hash: Some(state.hash),
            verifier_hash: Some([104; 32]),
            claimed_at: NOW,
            expires_at: minutes(1_000),
        };
        let outcome = LoginOutcome::SignedIn {
            session: self.session,
            is_new_user: false,
            open_id: open_id("oLANSHOP"),
            union_id: Some(union("uLANUNION").union_id),
        };
        let tx = store.begin().await.unwrap();
        store::login::add_state(&tx, &state, NOW).await.unwrap();
        let push = store::push::NewPush {
            key: domain::OpenKey { app: app("shop"), open_id: open_id("oLANSHOP") },
            message_hash: [109; 32],
            event: "subscribe".to_owned(),
            payload: "{\"event\":\"LANWORDS\"}".to_owned(),
            happened_at: NOW,
        };
        store::push::add(&tx, &push, NOW).await.unwrap();
        let scanned = store::login::QrLogin {
            state_hash: [110; 32],
            scene_hash: [111; 32],
            app: app("shop"),
            status: store::login::QrStatus::Scanned,
            open_id: Some(open_id("oLANSHOP")),
            union_id: Some("uLANUNION".parse().unwrap()),
            phone: Some([112; 32]),
            device: Some("Chrome on Windows".to_owned()),
            address_block: Some("198.51.112.0/24".to_owned()),
            created_at: NOW,
            expires_at: minutes(1_000),
        };
        store::login::add_qr_login(&tx, &scanned).await.unwrap();
        self.waits_for_a_second_operator(&tx).await;
        let picture = domain::PictureId::new(NOW);
        store::picture::add(&tx, picture, (self.user, "https://guiyi.example/pictures/1"), NOW).await.unwrap();
        store::picture::put_content(&tx, picture, b"LANWORDS in a picture".to_vec()).await.unwrap();
        store::login::claim(&tx, &claim).await.unwrap();
        store::login::finish_claim(&tx, &claim.code_hash, &outcome, NOW).await.unwrap();
        store::receipt::keep(&tx, &[105; 32], format!("{{\"user\":\"{}\"}}", self.user), (NOW, minutes(5)))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.gets_messages(store).await;
    }

    async fn waits_for_a_second_operator(&self, tx: &store::Tx) {
        let by = domain::OperatorId::new(NOW).into();
        let act = store::request::Act {
            kind: domain::RequestKind::SetPhone,
            user: self.user,
            other: None,
            payload: serde_json::Value::Null,
            number: Some(number("13900000003")),
        };
        let request = store::request::Request {
            id: domain::RequestId::new(NOW),
            act,
            reason: "a letter of LANWORDS".to_owned(),
            by,
            asked_at: NOW,
            expires_at: minutes(1_000),
            state: store::request::RequestState::Open,
        };
        store::request::ask(tx, request, NOW).await.unwrap();
    }

    async fn gets_messages(&self, store: &Store) {
        let phone = store::phone::active_phone(&store.view(), self.user).await.unwrap().expect("a phone");
        let tx = store.begin().await.unwrap();
        let code = NewPhoneCode {
            id: domain::PhoneCodeId::new(NOW),
            number: number(NEW),
            ordinal: store::sms::next_ordinal(&tx.look(), &number(NEW)).await.unwrap(),
            session: self.session,
            user: Some(self.user),
            challenge: None,
            link: Some(self.links[0]),
            device: None,
            address_block: "198.51.107.0/24".to_owned(),
            app: Some(app("shop")),
            human: None,
            code_hash: [106; 32],
            sent_at: NOW,
            expires_at: minutes(5),
        };
        store::sms::add_code(&tx, &code).await.unwrap();
        let message = NewMessage {
            user: self.user,
            phone: Some(phone),
            number_hash: store::outbox::number_hash(&tx.look(), phone).await.unwrap(),
            kind: "phone_changed",
            payload: "{\"app\":\"LANWORDS\"}".to_owned(),
        };
        store::outbox::post(&tx, vec![message], NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An operator doubts her identity, a login with another unionId opens a case, and a merge with Min is offered.
    async fn is_doubted(&self, store: &Store) {
        let min = min(store).await;
        sign_in(store, &named("shop", "oLANSHOP", Some("uLANDOUBT")), minutes(6)).await;
        self.is_disabled_and_enabled(store).await;
        let offer = Offer { other: self.user, needs_login: false };
        let offer = NewOffer { hash: [108; 32], user: min, rule: Rule::R4b, offer };
        let tx = store.begin().await.unwrap();
        store::merge::add_offer(&tx, &offer, minutes(7)).await.unwrap().expect("an offer");
        let about_min = AuditEvent::new(AuditAction::CaseClosed, Actor::Command, minutes(7)).about(min);
        let detail = serde_json::json!({ "other": self.user.to_string(), "reason": "LANWORDS, too" });
        store::audit::add(&tx, &about_min.saying(detail)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn is_disabled_and_enabled(&self, store: &Store) {
        for (disable, action) in [(true, AuditAction::UserDisabled), (false, AuditAction::UserEnabled)] {
            let reason = "LANWORDS on the phone".to_owned();
            let tx = store.begin().await.unwrap();
            let change = StatusChange { disable, by: Actor::Command, reason: reason.clone() };
            store::user::set_status(&tx, self.user, &change, minutes(6)).await.unwrap();
            let event = AuditEvent::new(action, Actor::Command, minutes(6)).about(self.user);
            store::audit::add(&tx, &event.saying(serde_json::json!({ "reason": reason, "changed": true })))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    }
}

struct Keys;

impl ChainKeys for Keys {
    fn newest(&self) -> &'static str {
        "one"
    }

    fn mac(&self, key_id: &str, hash: &[u8; 32]) -> Option<[u8; 32]> {
        (key_id == "one").then(|| Sha256::new().chain_update(hash).finalize().into())
    }
}

pub(super) async fn seal(store: &Store) -> usize {
    let tx = store.begin().await.unwrap();
    let sealed = store::audit::seal(&tx, &Keys, minutes(super::ERASED_AT)).await.unwrap();
    tx.commit().await.unwrap();
    sealed
}

pub(super) async fn check(store: &Store) -> Checked {
    store::audit::check(&store.view(), &Keys, &Expected::default(), minutes(super::ERASED_AT + 60)).await.unwrap()
}
