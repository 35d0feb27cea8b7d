//! Notices are written in the transaction of their change and delivered after it, despite any failure in between.

use std::sync::{Arc, Mutex};

use acceptance::merging::{LAN, OTHER};
use acceptance::{Client, Company, Server, VERIFIER, on_every_database};
use api::App;
use api::notify::{Notifier, NotifyError, Recipient};
use api::sms::{Kind, Notice};
use api::usecase::FrontRequest;
use api::usecase::outbox::MessageState;
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::{MessageId, ServiceScope};
use futures::future::join_all;
use serde_json::json;

on_every_database!(
    a_notice_survives_the_process_that_posted_it_and_arrives_once,
    of_many_workers_one_sends_each_notice,
    a_notice_that_fails_is_sent_again_later_and_given_up_in_the_end,
    a_notice_that_may_have_been_sent_is_not_sent_again,
    a_worker_that_dies_leaves_its_notice_to_another_when_the_lease_ends,
    a_notifier_that_panics_does_not_end_the_worker_and_its_notice_is_given_up_in_the_end,
    a_change_that_is_rolled_back_sends_no_notice,
    a_number_that_went_to_another_person_meanwhile_is_not_told,
    r8_a_merge_is_told_to_both_numbers_and_so_is_its_undoing,
    r13_an_added_login_is_told,
    r14_a_number_that_an_operator_gives_away_is_told,
    kinds_that_nothing_carries_are_not_posted,
    ten_notices_of_a_kind_and_twenty_to_a_number_are_posted_a_day,
    what_notices_cost_refuses_no_code,
    a_panic_over_one_notice_leaves_the_others_to_be_sent,
);

/// What a carrier does with the next notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Sends,
    Fails { can_retry: bool },
    Hangs,
    Panics,
    PanicsOnce,
    Carries(Option<Kind>),
}

/// A notice as a carrier received it: its id, the recipients' numbers, and the change.
type Seen = (MessageId, Vec<String>, Notice);

/// A carrier that records its notices.
#[derive(Debug, Clone)]
struct Carrier {
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Default for Carrier {
    fn default() -> Self {
        Self { mood: Arc::new(Mutex::new(Mood::Sends)), seen: Arc::default() }
    }
}

impl Carrier {
    fn be(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().expect("no panic"))
    }

    /// Returns the notices without their recipients.
    fn notices(&self) -> Vec<Notice> {
        self.take().into_iter().map(|(_, _, notice)| notice).collect()
    }
}

#[async_trait]
impl Notifier for Carrier {
    fn carries(&self, kind: Kind) -> bool {
        match *self.mood.lock().expect("no panic") {
            Mood::Carries(only) => only == Some(kind),
            Mood::Sends | Mood::Fails { .. } | Mood::Hangs | Mood::Panics | Mood::PanicsOnce => true,
        }
    }

    async fn notify(&self, to: &Recipient, notice: &Notice) -> Result<(), NotifyError> {
        let mood = *self.mood.lock().expect("no panic");
        let phones = to.phones.iter().map(|phone| phone.e164().to_owned()).collect();
        self.seen.lock().expect("no panic").push((to.message, phones, notice.clone()));
        match mood {
            Mood::Sends | Mood::Carries(_) => Ok(()),
            Mood::Fails { can_retry } => Err(NotifyError { reason: "the carrier is away".to_owned(), can_retry }),
            Mood::Hangs => std::future::pending().await,
            Mood::Panics => panic!("a fault of the carrier's"),
            Mood::PanicsOnce => {
                self.be(Mood::Sends);
                panic!("a fault of the carrier's")
            }
        }
    }
}

async fn replica(company: &Company, carrier: &Carrier) -> (App, Client) {
    Box::pin(company.embedded_app(|builder| builder.with_notifier(Box::new(carrier.clone())))).await
}

async fn deliver(app: &App) -> usize {
    api::usecase::outbox::deliver_due(app.service()).await.expect("the outbox")
}

/// Lan changes her phone; a notice goes to her old number.
async fn change_phone(company: &Company, client: &Client) {
    let lan = company.sign_in_on(client, "shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    company.change(&lan, OTHER).await.data();
}

async fn states(app: &App) -> [usize; 3] {
    let mut counts = [0; 3];
    for (count, state) in counts.iter_mut().zip([MessageState::Pending, MessageState::Sent, MessageState::Failed]) {
        let page = api::usecase::outbox::list(app.service(), state, FrontRequest { first: Some(100), after: None })
            .await
            .expect("a page");
        *count = page.items.len();
    }
    counts
}

async fn a_notice_survives_the_process_that_posted_it_and_arrives_once(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (posting, client) = replica(&company, &carrier).await;
    change_phone(&company, &client).await;
    // Stops the worker between the commit and the delivery.
    drop(posting);

    let (another, _) = replica(&company, &carrier).await;
    assert_eq!((deliver(&another).await, deliver(&another).await), (1, 0));

    let told: Vec<_> = carrier.take().into_iter().map(|(_, phones, notice)| (phones, notice)).collect();
    assert_eq!(told, [(vec![LAN.to_owned()], Notice::PhoneChanged)]);
    assert_eq!(states(&another).await, [0, 1, 0]);
}

async fn of_many_workers_one_sends_each_notice(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    for (at, who) in ["lan", "wei", "mei"].into_iter().enumerate() {
        let person = company.sign_in_on(&client, "shop", who).await;
        let number = format!("+861380000010{at}");
        company.prove(&person, &number).await.data();
        person.unbind().await.data();
    }

    let attempted = join_all((0..4).map(|_| deliver(&app))).await;

    let mut ids: Vec<_> = carrier.take().into_iter().map(|(id, _, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), attempted.iter().sum::<usize>()), (3, 3));
}

async fn a_notice_that_fails_is_sent_again_later_and_given_up_in_the_end(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    change_phone(&company, &client).await;
    carrier.be(Mood::Fails { can_retry: true });

    assert_eq!((deliver(&app).await, deliver(&app).await), (1, 0), "it is not due at once");
    for _ in 0..20 {
        company.clock.advance(TimeDelta::hours(12));
        deliver(&app).await;
    }

    let seen = carrier.take();
    assert_eq!(seen.len(), 9, "eight pauses");
    assert!(seen.iter().all(|(id, ..)| *id == seen[0].0));
    assert_eq!(states(&app).await, [0, 0, 1]);
    carrier.be(Mood::Sends);
    assert_eq!(api::usecase::outbox::retry(app.service(), None).await.expect("the outbox"), 1);
    deliver(&app).await;
    assert_eq!((carrier.notices(), states(&app).await), (vec![Notice::PhoneChanged], [0, 1, 0]));
}

async fn a_notice_that_may_have_been_sent_is_not_sent_again(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    change_phone(&company, &client).await;
    carrier.be(Mood::Fails { can_retry: false });

    deliver(&app).await;
    company.clock.advance(TimeDelta::days(2));
    deliver(&app).await;

    assert_eq!((carrier.take().len(), states(&app).await), (1, [0, 0, 1]));
}

async fn a_worker_that_dies_leaves_its_notice_to_another_when_the_lease_ends(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    change_phone(&company, &client).await;
    carrier.be(Mood::Hangs);
    let worker = tokio::spawn({
        let app = app.clone();
        async move { deliver(&app).await }
    });
    while carrier.seen.lock().expect("no panic").is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    worker.abort();
    carrier.be(Mood::Sends);
    carrier.take();

    assert_eq!(deliver(&app).await, 0, "the first worker holds it until its lease ends");
    company.clock.advance(TimeDelta::minutes(2));

    assert_eq!((deliver(&app).await, carrier.notices()), (1, vec![Notice::PhoneChanged]));
}

async fn a_notifier_that_panics_does_not_end_the_worker_and_its_notice_is_given_up_in_the_end(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    change_phone(&company, &client).await;
    carrier.be(Mood::Panics);
    let worker = tokio::spawn({
        let service = app.service().clone();
        async move { api::usecase::outbox::run(&service).await }
    });
    let seen = async || {
        while carrier.seen.lock().expect("no panic").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    seen().await;
    worker.abort();

    for _ in 0..11 {
        company.clock.advance(TimeDelta::minutes(2));
        let service = app.service().clone();
        // A panic ends the pass, and the next one delivers the notice.
        let _ = tokio::spawn(async move { api::usecase::outbox::deliver_due(&service).await }).await;
    }

    assert_eq!((carrier.take().len(), states(&app).await), (10, [0, 0, 1]));
}

async fn a_panic_over_one_notice_leaves_the_others_to_be_sent(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    for (at, who) in ["lan", "wei", "mei"].into_iter().enumerate() {
        let person = company.sign_in_on(&client, "shop", who).await;
        company.prove(&person, &format!("+861380000010{at}")).await.data();
        person.unbind().await.data();
    }
    carrier.be(Mood::PanicsOnce);

    assert_eq!(deliver(&app).await, 3);

    assert_eq!(states(&app).await, [1, 2, 0]);
    company.clock.advance(TimeDelta::minutes(2));
    assert_eq!((deliver(&app).await, states(&app).await), (1, [0, 3, 0]));
}

/// Binds Lan's number through a mini program and unbinds it. Each change sends a notice.
async fn bind_and_unbind(company: &Company, person: &Client) {
    let code = company.sandbox("POST", "/_sandbox/phone-codes", Some(&json!({ "app": "mini", "person": "lan" }))).await;
    person.show("kind: QUICK", json!({ "code": code["code"] })).await.data();
    person.unbind().await.data();
}

async fn ten_notices_of_a_kind_and_twenty_to_a_number_are_posted_a_day(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    let lan = company.sign_in_on(&client, "mini", "lan").await;
    for _ in 0..12 {
        bind_and_unbind(&company, &lan).await;
    }
    // The same number in another account.
    let wei = company.sign_in_on(&client, "mini", "wei").await;
    bind_and_unbind(&company, &wei).await;

    deliver(&app).await;
    let told = carrier.notices();
    let count = |kind: &Notice| told.iter().filter(|notice| *notice == kind).count();
    assert_eq!((count(&Notice::PhoneBound), count(&Notice::PhoneUnbound), told.len()), (10, 10, 20));

    company.clock.advance(TimeDelta::days(1) + TimeDelta::minutes(1));
    let wei = company.sign_in_on(&client, "mini", "wei").await;
    bind_and_unbind(&company, &wei).await;
    deliver(&app).await;
    let told = carrier.notices();
    assert!(told.contains(&Notice::PhoneBound) && told.contains(&Notice::PhoneUnbound), "{told:?}");
    assert_eq!(told.len(), 2);
}

async fn what_notices_cost_refuses_no_code(server: Server) {
    let settings = toml::toml! { sms = { budget = { price_cents = 5, daily_cents = 10 } } };
    let company = Company::open_with(server, settings).await;
    let lan = company.sign_in("mini", "lan").await;
    for _ in 0..3 {
        bind_and_unbind(&company, &lan).await;
    }
    assert_eq!(company.deliver().await, 6);

    lan.send_code(OTHER).await.data();
}

async fn a_change_that_is_rolled_back_sends_no_notice(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    let lan = company.sign_in_on(&client, "shop", "lan").await;

    assert_eq!(lan.unbind().await.code(), "NOT_FOUND");
    assert_eq!(lan.unlink("shop").await.code(), "LAST_CREDENTIAL");

    assert_eq!((deliver(&app).await, states(&app).await), (0, [0, 0, 0]));
}

async fn a_number_that_went_to_another_person_meanwhile_is_not_told(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    let lan = company.sign_in_on(&client, "shop", "lan").await;
    company.prove(&lan, LAN).await.data();
    lan.unbind().await.data();
    company.clock.advance(TimeDelta::minutes(2));
    let wei = company.sign_in_on(&client, "shop", "wei").await;
    company.prove(&wei, LAN).await.data();

    deliver(&app).await;

    let told: Vec<_> = carrier.take().into_iter().map(|(_, phones, notice)| (phones, notice)).collect();
    assert_eq!(told, [(vec![], Notice::PhoneUnbound)]);
}

async fn r8_a_merge_is_told_to_both_numbers_and_so_is_its_undoing(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, mut client) = replica(&company, &carrier).await;
    let (lan, refused) = company.offered().await;
    client.bearer = lan.bearer;
    deliver(&app).await;
    carrier.take();

    let merged = client.merge_keeping_own(&refused.merge_token()).await.data()["mergeUsers"].clone();

    deliver(&app).await;
    let mut told: Vec<_> = carrier.take().into_iter().map(|(_, phones, notice)| (phones, notice)).collect();
    told.sort_by_key(|(phones, _)| phones.clone());
    let merged_notice = |phone: &str| (vec![phone.to_owned()], Notice::AccountsMerged);
    assert_eq!(told, [merged_notice(LAN), merged_notice(OTHER)]);
    let lan = company.sign_in_on(&client, "shop", "lan").await;
    lan.undo(&merged["mergeId"], None).await.data();
    deliver(&app).await;
    let mut told: Vec<_> = carrier.take().into_iter().map(|(_, phones, notice)| (phones, notice)).collect();
    told.sort_by_key(|(phones, _)| phones.clone());
    let undone = |phone: &str| (vec![phone.to_owned()], Notice::MergeUndone);
    assert_eq!(told, [undone(LAN), undone(OTHER)]);
}

async fn r13_an_added_login_is_told(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    let lan = company.sign_in_on(&client, "shop", "lan").await;
    company.prove(&lan, LAN).await.data();

    let input = json!({ "code": company.code("mini", "lan").await, "app": "mini", "codeVerifier": VERIFIER });
    assert_eq!(lan.link(&input).await.data()["linkOpenId"]["added"], true);

    deliver(&app).await;
    let told = carrier.take().into_iter().map(|(_, phones, notice)| (phones, notice)).collect::<Vec<_>>();
    let [(phones, Notice::OpenIdLinked { .. })] = &told[..] else { panic!("{told:?}") };
    assert_eq!(phones, &[LAN.to_owned()]);
}

async fn r14_a_number_that_an_operator_gives_away_is_told(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, _) = replica(&company, &carrier).await;
    let (_, refused) = company.offered().await;
    assert_eq!(refused.code(), "PHONE_OWNED_BY_ANOTHER");
    deliver(&app).await;
    carrier.take();
    let mut desk = company.system(&[ServiceScope::ConflictsRead, ServiceScope::ConflictsWrite]).await;
    let cases = desk.ask("{ conflicts { nodes { id } } }").await;
    let case = cases.data()["conflicts"]["nodes"][0]["id"].clone();
    desk = replica_client(&company, &carrier, desk).await;

    let query =
        "mutation ($id: ID!) { resolveConflict(id: $id, decision: GIVE_PHONE, reason: \"they came to the shop\") {
        conflict { id } } }";
    desk.send(query, json!({ "id": case })).await.data();

    deliver(&app).await;
    let mut kinds: Vec<_> = carrier.notices().iter().map(|notice| notice.kind().name()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["phone_bound", "phone_changed", "phone_left"]);
}

/// Returns a client with the same token at a replica with this carrier.
async fn replica_client(company: &Company, carrier: &Carrier, client: Client) -> Client {
    let (_, mut there) = replica(company, carrier).await;
    there.bearer = client.bearer;
    there
}

async fn kinds_that_nothing_carries_are_not_posted(server: Server) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = Carrier::default();
    let (app, client) = replica(&company, &carrier).await;
    carrier.be(Mood::Carries(Some(Kind::PhoneUnbound)));
    change_phone(&company, &client).await;
    assert_eq!(states(&app).await, [0, 0, 0]);

    let lan = company.sign_in_on(&client, "shop", "lan").await;
    lan.unbind().await.data();

    assert_eq!(states(&app).await, [1, 0, 0]);
}
