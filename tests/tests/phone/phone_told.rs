//! Line checks and notices, through parts of an embedding program: which numbers are checked, and which notices are
//! sent.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::App;
use api::contract::fake::{FakeLine, FakeNotifier};
use api::line_check::Line;
use api::sms::Notice;
use chrono::TimeDelta;
use domain::PhoneNumber;
use serde_json::json;

on_every_database!(
    r4d_the_old_number_is_told_of_a_change,
    r4c_the_number_is_told_of_a_join,
    r4a_a_quick_binding_is_told_to_the_number,
    r6_the_former_owner_of_the_number_is_told_and_never_on_that_number,
    r7_removals_are_told,
    r6_a_carrier_that_knows_the_line_outweighs_the_calendar,
    r6_a_carrier_is_asked_about_old_numbers_of_others_alone,
    r6_a_carrier_that_fails_does_not_prevent_a_binding,
);

const LAN: &str = "+8613800000001";
const OTHER: &str = "+8613800000002";

/// The account, the numbers that received the notice, and the notice.
type Notified = (String, Vec<String>, Notice);

/// A replica whose notices are recorded.
struct Scene {
    app: App,
    client: Client,
    notifier: FakeNotifier,
}

impl Scene {
    /// Delivers the pending notices and returns them.
    async fn take(&self) -> Vec<Notified> {
        api::usecase::outbox::deliver_due(self.app.service()).await.expect("the outbox");
        let text = |phones: Vec<PhoneNumber>| phones.iter().map(|phone| phone.e164().to_owned()).collect();
        let notices = self.notifier.take().into_iter();
        notices.map(|(user, phones, notice)| (user.to_string(), text(phones), notice)).collect()
    }
}

/// Logs a person in at a replica.
async fn sign_in(company: &Company, replica: &Client, (app, person): (&str, &str)) -> (Client, String) {
    let mut client = replica.clone();
    let login = client.log_in(&company.code(app, person).await, app).await;
    client.carry(&login.data()["wechatLogin"]);
    (client, login.data()["wechatLogin"]["user"]["id"].as_str().expect("an id").to_owned())
}

async fn told(server: Server) -> (Company, Scene) {
    // Boxed: the future is too large for the compiler to compute its layout.
    let company = Box::pin(Company::open(server)).await;
    let notifier = FakeNotifier::default();
    let (app, client) = company.embedded_app(|builder| builder.with_notifier(Box::new(notifier.clone()))).await;
    (company, Scene { app, client, notifier })
}

async fn r4d_the_old_number_is_told_of_a_change(server: Server) {
    let (company, told) = told(server).await;
    let (lan, id) = sign_in(&company, &told.client, ("shop", "lan")).await;
    company.prove(&lan, LAN).await.data();
    // A person who proved a number by a code gets no notice.
    assert_eq!(told.take().await, []);

    company.change(&lan, OTHER).await.data();

    assert_eq!(told.take().await, [(id, vec![LAN.to_owned()], Notice::PhoneChanged)]);
}

async fn r4c_the_number_is_told_of_a_join(server: Server) {
    let (company, told) = told(server).await;
    company.member("C-1001", LAN, 10).await;
    let (lan, _) = sign_in(&company, &told.client, ("shop", "lan")).await;

    let bound = company.prove(&lan, LAN).await;

    let id = bound.data()["bindPhone"]["user"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(told.take().await, [(id, vec![LAN.to_owned()], Notice::AccountsMerged)]);
}

async fn r4a_a_quick_binding_is_told_to_the_number(server: Server) {
    let (company, told) = told(server).await;
    let (lan, id) = sign_in(&company, &told.client, ("mini", "lan")).await;
    let wanted = json!({ "app": "mini", "person": "lan" });
    let code = company.sandbox("POST", "/_sandbox/phone-codes", Some(&wanted)).await;

    lan.show("kind: QUICK", json!({ "code": code["code"] })).await.data();

    assert_eq!(told.take().await, [(id, vec![LAN.to_owned()], Notice::PhoneBound)]);
}

/// Proves a number with the claim that it is new to the person.
async fn take_over(company: &Company, client: &Client, phone: &str) -> Answer {
    client.send_code(phone).await.data();
    let code = company.sms(phone).await;
    assert_eq!(client.bind(phone, &code).await.code(), "PHONE_PROOF_TOO_OLD");
    client.answer(phone, &code, Some("NEW_TO_ME")).await
}

async fn r6_the_former_owner_of_the_number_is_told_and_never_on_that_number(server: Server) {
    let (company, told) = told(server).await;
    let (lan, id) = sign_in(&company, &told.client, ("shop", "lan")).await;
    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::days(91));
    let (wei, _) = sign_in(&company, &told.client, ("shop", "wei")).await;

    take_over(&company, &wei, LAN).await.data();

    assert_eq!(told.take().await, [(id.clone(), vec![], Notice::PhoneLeft)]);
    let (lan, _) = sign_in(&company, &told.client, ("shop", "lan")).await;
    company.prove(&lan, OTHER).await.data();
    company.clock.advance(TimeDelta::days(91));
    let (lan, _) = sign_in(&company, &told.client, ("shop", "lan")).await;
    company.change(&lan, "+8613800000003").await.data();
    told.take().await;
    let (mei, _) = sign_in(&company, &told.client, ("shop", "mei")).await;
    take_over(&company, &mei, OTHER).await.data();
    assert_eq!(told.take().await, [(id, vec!["+8613800000003".to_owned()], Notice::PhoneLeft)]);
}

async fn r7_removals_are_told(server: Server) {
    let (company, told) = told(server).await;
    let (lan, id) = sign_in(&company, &told.client, ("shop", "lan")).await;
    sign_in(&company, &told.client, ("club", "lan")).await;
    company.prove(&lan, LAN).await.data();

    lan.unlink("club").await.data();
    lan.unbind().await.data();

    let app = "禾木会员".to_owned();
    let phones = vec![LAN.to_owned()];
    let expected = [(id.clone(), phones.clone(), Notice::OpenIdUnlinked { app }), (id, phones, Notice::PhoneUnbound)];
    let mut told = told.take().await;
    // Both have the same timestamp, since the clock is frozen.
    told.sort_by_key(|(_, _, notice)| notice.kind().name());
    assert_eq!(told, expected);
}

async fn asking(server: Server, line: Option<Line>) -> (Company, Client, FakeLine) {
    let company = Box::pin(Company::open(server)).await;
    let carrier = FakeLine::that_says(line);
    let replica = company.embedded(|builder| builder.with_line_check(Box::new(carrier.clone()))).await;
    (company, replica, carrier)
}

async fn r6_a_carrier_that_knows_the_line_outweighs_the_calendar(server: Server) {
    let (company, replica, carrier) = asking(server, Some(Line::Same)).await;
    company.member("C-1001", LAN, 400).await;
    let (lan, _) = sign_in(&company, &replica, ("shop", "lan")).await;

    assert_eq!(company.prove(&lan, LAN).await.data()["bindPhone"]["merged"], true);

    assert_eq!(carrier.asked(), [company.clock.now().minus(TimeDelta::days(400))]);
    let recycled = FakeLine::that_says(Some(Line::Recycled));
    let replica = company.embedded(|builder| builder.with_line_check(Box::new(recycled))).await;
    company.member("C-1002", OTHER, 31).await;
    let (wei, _) = sign_in(&company, &replica, ("club", "wei")).await;
    take_over(&company, &wei, OTHER).await.data();
}

async fn r6_a_carrier_is_asked_about_old_numbers_of_others_alone(server: Server) {
    let (company, replica, carrier) = asking(server, Some(Line::Recycled)).await;
    company.member("C-1001", LAN, 30).await;
    let (lan, _) = sign_in(&company, &replica, ("shop", "lan")).await;

    company.prove(&lan, LAN).await.data();
    company.clock.advance(TimeDelta::days(60));
    let (lan, _) = sign_in(&company, &replica, ("shop", "lan")).await;
    company.prove(&lan, LAN).await.data();
    let (wei, _) = sign_in(&company, &replica, ("shop", "wei")).await;
    company.prove(&wei, OTHER).await.data();

    assert_eq!(carrier.asked(), []);
}

async fn r6_a_carrier_that_fails_does_not_prevent_a_binding(server: Server) {
    let (company, replica, carrier) = asking(server, None).await;
    company.member("C-1001", LAN, 60).await;
    let (lan, _) = sign_in(&company, &replica, ("shop", "lan")).await;

    assert_eq!(company.prove(&lan, LAN).await.data()["bindPhone"]["merged"], true);

    assert_eq!(carrier.asked().len(), 1);
}
