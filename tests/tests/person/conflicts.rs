//! Refused and doubtful links become cases, and an operator closes each with a decision (R14). See `domain` for the
//! effect of each decision.

use acceptance::{Answer, Client, Company, Server, on_every_database};
use api::usecase::import::UserText;
use chrono::TimeDelta;
use domain::ServiceScope;
use futures::future::join_all;
use serde_json::{Value, json};

on_every_database!(
    r1c_two_accounts_of_one_person_are_merged_by_an_operator_and_parted_again,
    r1c_two_accounts_that_are_kept_apart_stay_apart_at_the_next_login,
    r4b_a_number_is_given_to_the_one_who_proved_it,
    r4b_a_merge_by_an_operator_needs_the_same_choices_as_by_a_person,
    r9_two_people_can_only_be_kept_apart,
    r14_of_many_operators_at_once_one_closes_the_case,
    r14_a_decision_needs_a_scope_a_reason_and_a_case,
);

const LAN: &str = "+8613800000001";
const WEI: &str = "+8613800000002";
const ME: &str = "{ me { id phone } }";

async fn operator(company: &Company) -> Client {
    use ServiceScope::{ConflictsRead, ConflictsWrite, UsersRead, UsersWrite};
    company.system(&[ConflictsRead, ConflictsWrite, UsersRead, UsersWrite]).await
}

async fn open_cases(operator: &Client) -> Vec<Value> {
    let query = "{ conflicts(filter: { open: true }) { nodes {
        id kind userId otherUserId unionScope unionId maskedPhone decisions closed { decision } } } }";
    operator.ask(query).await.data()["conflicts"]["nodes"].as_array().expect("a list").clone()
}

async fn resolve(operator: &Client, id: &Value, decision: &str, keep: Value) -> Answer {
    let query = "mutation ($id: ID!, $decision: ConflictDecision!, $keep: [MergeChoice!]!) {
        resolveConflict(id: $id, decision: $decision, reason: \"showed both papers\", keep: $keep) {
            mergeId conflict { decisions closed { decision by reason } } } }";
    operator.send(query, json!({ "id": id, "decision": decision, "keep": keep })).await
}

async fn import(company: &Company, id: &str, phone: &str) {
    let text = UserText {
        external_id: id.to_owned(),
        phone: Some(phone.to_owned()),
        nickname: None,
        created_at: None,
        last_proof_at: Some(company.clock.now().minus(TimeDelta::days(1))),
        ..UserText::default()
    };
    let user = api::usecase::import::read_user(company.app.service(), &text).expect("an account");
    api::usecase::import::import_users(company.app.service(), &[user]).await.expect("the database answers");
}

async fn prove(company: &Company, client: &mut Client, phone: &str) -> Answer {
    company.clock.advance(TimeDelta::minutes(1));
    client.send_code(phone).await.data();
    let bound = client.bind(phone, &company.sms(phone).await).await;
    if bound.0.get("errors").is_none() && !bound.data()["bindPhone"]["session"].is_null() {
        client.carry(&bound.data()["bindPhone"]["session"]);
    }
    bound
}

/// Lan through the shop without her unionId, and Lan through the club with it; the first has a phone, the second an
/// order.
async fn two_accounts(company: &Company) -> [Client; 2] {
    let mut through_shop = company.client();
    let code = company.code_for("shop", "lan", "snsapi_base").await;
    through_shop.carry(&through_shop.log_in(&code, "shop").await.data()["wechatLogin"]);
    prove(company, &mut through_shop, LAN).await.data();
    let through_club = company.sign_in("club", "lan").await;
    let order = json!([{
        "app": "club", "orderNo": "B-1", "openId": company.sandbox.open_id("club", "lan"), "status": "PAID",
        "total": { "amount": "5.00", "currency": "CNY" }, "placedAt": "2026-01-01T00:00:00Z",
    }]);
    let shop_system = company.system(&[ServiceScope::OrdersWrite]).await;
    shop_system.record(order).await;
    company.clock.advance(TimeDelta::seconds(1));
    [company.sign_in("shop", "lan").await, through_club]
}

async fn r1c_two_accounts_of_one_person_are_merged_by_an_operator_and_parted_again(server: Server) {
    let company = Company::open(server).await;
    let [lan, other] = two_accounts(&company).await;
    let [mine, theirs] = [lan.ask(ME).await, other.ask(ME).await].map(|me| me.data()["me"]["id"].clone());
    let operator = operator(&company).await;
    let cases = open_cases(&operator).await;
    let case = json!({
        "id": cases[0]["id"], "kind": "TWO_ACCOUNTS", "userId": mine, "otherUserId": theirs, "unionScope": "hemu",
        "unionId": company.sandbox.union_id("shop", "lan"), "maskedPhone": null, "decisions": ["MERGE", "KEEP_APART"],
        "closed": null,
    });
    assert_eq!(cases, [case]);
    company.clock.advance(TimeDelta::seconds(1));

    let closed = resolve(&operator, &cases[0]["id"], "MERGE", json!([])).await;

    let closed = &closed.data()["resolveConflict"];
    assert_eq!(closed["conflict"]["decisions"], json!([]));
    assert_eq!(closed["conflict"]["closed"]["reason"], "showed both papers");
    assert_eq!(open_cases(&operator).await, Vec::<Value>::new());
    assert_eq!([lan.ask(ME).await.code(), other.ask(ME).await.code()], ["UNAUTHENTICATED"; 2]);
    let again = company.sign_in("club", "lan").await;
    assert_eq!(again.ask(ME).await.data()["me"], json!({ "id": mine, "phone": LAN }));
    let history = "query ($id: ID!) { user(id: $id) { linkHistory(first: 1) {
        nodes { id rule actor otherUserId undoneAt evidence { reason } } } } }";
    let entry = operator.send(history, json!({ "id": mine })).await;
    let expected = json!([{
        "id": closed["mergeId"], "rule": "R14", "actor": "OPERATOR", "otherUserId": theirs, "undoneAt": null,
        "evidence": { "reason": "showed both papers" },
    }]);
    assert_eq!(entry.data()["user"]["linkHistory"]["nodes"], expected);
    let undo = "mutation ($id: ID!) { undoMerge(id: $id, reason: \"they were sisters\") { restoredId } }";
    let undone = operator.send(undo, json!({ "id": closed["mergeId"] })).await;
    assert_eq!(undone.data()["undoMerge"]["restoredId"], theirs);
}

async fn r1c_two_accounts_that_are_kept_apart_stay_apart_at_the_next_login(server: Server) {
    let company = Company::open(server).await;
    let [lan, other] = two_accounts(&company).await;
    let before = [lan.ask(ME).await, other.ask(ME).await].map(|me| me.data()["me"].clone());
    let operator = operator(&company).await;
    let case = open_cases(&operator).await[0]["id"].clone();

    resolve(&operator, &case, "KEEP_APART", json!([])).await.data();

    // Nothing changed, so no session ended.
    let after = [lan.ask(ME).await, other.ask(ME).await].map(|me| me.data()["me"].clone());
    assert_eq!(after, before);
    company.sign_in("shop", "lan").await;
    assert_eq!(open_cases(&operator).await, Vec::<Value>::new());
}

/// Wei, member C-1002, proves the phone of member C-1001.
async fn two_members(company: &Company) -> Client {
    import(company, "C-1001", LAN).await;
    import(company, "C-1002", WEI).await;
    let mut wei = company.sign_in("shop", "wei").await;
    prove(company, &mut wei, WEI).await.data();
    assert_eq!(prove(company, &mut wei, LAN).await.code(), "PHONE_OWNED_BY_ANOTHER");
    wei
}

async fn r4b_a_number_is_given_to_the_one_who_proved_it(server: Server) {
    let company = Company::open(server).await;
    let wei = two_members(&company).await;
    let id = wei.ask(ME).await.data()["me"]["id"].clone();
    let operator = operator(&company).await;
    let cases = open_cases(&operator).await;
    assert_eq!((&cases[0]["kind"], &cases[0]["maskedPhone"]), (&json!("PHONE_OWNED"), &json!("+86*******0001")));
    assert_eq!(cases[0]["decisions"], json!(["MERGE", "KEEP_APART", "GIVE_PHONE"]));

    resolve(&operator, &cases[0]["id"], "GIVE_PHONE", json!([])).await.data();

    let phone = "query ($id: ID!) { user(id: $id) { maskedPhone } }";
    let of = async |id: &Value| operator.send(phone, json!({ "id": id })).await.data()["user"]["maskedPhone"].clone();
    assert_eq!((of(&id).await, of(&cases[0]["otherUserId"]).await), (json!("+86*******0001"), Value::Null));
    assert_eq!(company.sign_in("shop", "wei").await.ask(ME).await.data()["me"]["phone"], LAN);
    assert_eq!(wei.ask(ME).await.code(), "UNAUTHENTICATED");
}

async fn r4b_a_merge_by_an_operator_needs_the_same_choices_as_by_a_person(server: Server) {
    let company = Company::open(server).await;
    let wei = two_members(&company).await;
    let id = wei.ask(ME).await.data()["me"]["id"].clone();
    let operator = operator(&company).await;
    let case = open_cases(&operator).await.remove(0);
    let keep = json!([{ "field": "PHONE", "user": id }, { "field": "EXTERNAL_ID", "user": id }]);

    let without = resolve(&operator, &case["id"], "MERGE", json!([])).await;
    let still_open = open_cases(&operator).await;
    let with = resolve(&operator, &case["id"], "MERGE", keep.clone()).await;

    assert_eq!(without.code(), "MERGE_CHOICE_REQUIRED");
    assert_eq!(still_open, [case]);
    with.data();
    let me = company.sign_in("shop", "wei").await.ask("{ me { phone externalId } }").await;
    assert_eq!(me.data()["me"], json!({ "phone": WEI, "externalId": "C-1002" }));
}

async fn r9_two_people_can_only_be_kept_apart(server: Server) {
    let company = Company::open(server).await;
    let mut lan = company.sign_in("shop", "lan").await;
    prove(&company, &mut lan, LAN).await.data();
    let mut wei = company.sign_in("shop", "wei").await;
    assert_eq!(prove(&company, &mut wei, LAN).await.code(), "PHONE_OWNED_BY_ANOTHER");
    let operator = operator(&company).await;
    let case = open_cases(&operator).await.remove(0);
    assert_eq!((&case["kind"], &case["decisions"]), (&json!("LIMIT_BROKEN"), &json!(["KEEP_APART"])));

    for decision in ["MERGE", "GIVE_PHONE", "ACCEPT_UNION_ID"] {
        let refused = resolve(&operator, &case["id"], decision, json!([])).await;
        assert_eq!(refused.code(), "DECISION_DOES_NOT_FIT", "{decision}");
    }

    resolve(&operator, &case["id"], "KEEP_APART", json!([])).await.data();
    assert_eq!(lan.ask(ME).await.data()["me"]["phone"], LAN);
}

async fn r14_of_many_operators_at_once_one_closes_the_case(server: Server) {
    let company = Company::open(server).await;
    two_members(&company).await;
    let operators = [operator(&company).await, operator(&company).await];
    let case = open_cases(&operators[0]).await[0]["id"].clone();

    let decisions = ["GIVE_PHONE", "KEEP_APART"];
    let answers = join_all((0..8).map(|at| resolve(&operators[at % 2], &case, decisions[at % 2], json!([])))).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.0.get("errors").is_none());
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(lost.iter().all(|answer| answer.code() == "CONFLICT_CLOSED"), "{lost:?}");
    let history = "{ conflicts { nodes { closed { decision } } } }";
    let closed = operators[0].ask(history).await.data()["conflicts"]["nodes"][0]["closed"]["decision"].clone();
    assert_eq!(closed, won[0].data()["resolveConflict"]["conflict"]["closed"]["decision"]);
}

async fn r14_a_decision_needs_a_scope_a_reason_and_a_case(server: Server) {
    let company = Company::open(server).await;
    let wei = two_members(&company).await;
    let everything = operator(&company).await;
    let reader = company.system(&[ServiceScope::ConflictsRead]).await;
    let case = open_cases(&everything).await[0]["id"].clone();
    let query = "mutation ($id: ID!, $reason: String!) {
        resolveConflict(id: $id, decision: KEEP_APART, reason: $reason) { mergeId } }";
    let decide = async |client: &Client, id: &Value, reason: &str| {
        client.send(query, json!({ "id": id, "reason": reason })).await.code().to_owned()
    };

    assert_eq!(decide(&company.client(), &case, "x").await, "UNAUTHENTICATED");
    assert_eq!(decide(&wei, &case, "x").await, "FORBIDDEN");
    assert_eq!(decide(&reader, &case, "x").await, "FORBIDDEN");
    assert_eq!(wei.ask("{ conflicts { nodes { id } } }").await.code(), "FORBIDDEN");
    for reason in ["", "  ", &"x".repeat(501)] {
        assert_eq!(decide(&everything, &case, reason).await, "INVALID_INPUT");
    }
    for id in ["cfl_00000000000000000000000000000000", "usr_00000000000000000000000000000000", ""] {
        assert_eq!(decide(&everything, &json!(id), "x").await, "NOT_FOUND");
    }
    let idle = everything
        .send(
            "mutation ($id: ID!) { resolveConflict(id: $id, decision: KEEP_APART, reason: \"x\", survivor: \"usr_00000000000000000000000000000000\") { mergeId } }",
            json!({ "id": case }),
        )
        .await;
    assert_eq!(idle.code(), "INVALID_INPUT");
    assert_eq!(open_cases(&everything).await.len(), 1);
}
