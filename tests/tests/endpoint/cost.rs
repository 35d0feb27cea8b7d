//! Compares the price of each field with the statements that it runs: the whole schema, over the real API. See `bounds`
//! and `api::graphql::limits` for the limits.

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance::tour::{Guest, Schema, Tour, arguments, find, mutations};
use acceptance::{Client, Company, Server};
use domain::ServiceScope;
use serde_json::Value;

/// Starts a company that refuses every operation with its cost.
async fn refusing() -> (Company, Client) {
    let company = Company::open_with(
        Server::Sqlite,
        toml::toml! { [graphql]
        max_complexity = 1 },
    )
    .await;
    let client = company.client();
    (company, client)
}

/// Returns the number of statements in a document's price. The first field of a loader pays for all of its statements.
async fn priced(refusing: &Client, document: &str) -> u64 {
    let answer = refusing.ask(document).await;
    let detail = answer.0["errors"][0]["extensions"]["detail"].as_str().unwrap_or_default().to_owned();
    let before = detail.split(" statements").next().filter(|_| detail.contains(" points ("));
    before.and_then(|before| before.rsplit('(').next()).map_or(0, |number| number.parse().expect("a number"))
}

/// How often a field of a subscription is measured until it costs its price.
const TRIES_OF_SOCKETS: usize = 4;
/// How long a process goes on reading for sockets that have ended, and a little more.
const READS_ON: Duration = Duration::from_millis(2_100);

/// Returns the statements that a document ran, and the answer.
async fn seen(tour: &Tour, client: &Client, document: &str) -> (u64, Value) {
    // The first use of a service token in an hour is recorded.
    client.ask("{ __typename }").await;
    let before = tour.company.app.service().statements();
    let answer = client.ask(document).await.0;
    (tour.company.app.service().statements() - before, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_costs_the_statements_that_it_runs() {
    let schema = Schema::read();
    let tour = Tour::begin().await;
    let (_company, refusing) = refusing().await;
    let operator = tour.system(ServiceScope::ALL).await;
    let (lan, wei) = (tour.lan(), tour.wei().await);
    let anna = tour.operator("anna").await;
    let mut covered = BTreeSet::new();
    let mut wrong = Vec::new();

    for name in schema.all() {
        let (ty, field) = name.split_once('.').expect("a field of a type");
        if ty == "Mutation" || acceptance::tour::WAYS.iter().all(|(of, _)| *of != ty) {
            continue;
        }
        let field = schema.fields(ty).iter().find(|known| known.name == field).expect("a field");
        let [with, without] = schema.question((ty, field), arguments(ty, &field.name));
        let [dear, cheap] = [tour.fill(&with, &wei).await, tour.fill(&without, &wei).await];
        let price = priced(&refusing, &dear).await - priced(&refusing, &cheap).await;
        let is_priced = |(found, most): (bool, u64)| found && most <= price && price <= most + 1;
        let guests = [&lan, &operator, &wei, &anna];
        let mut measured = measured(&tour, guests, [&with, &without], Duration::ZERO).await;
        // What the process reads for all sockets, at intervals of its own, is no field's. It begins with the first of them.
        let tries = if with.starts_with("subscription") { TRIES_OF_SOCKETS } else { 1 };
        for _ in 1..tries {
            if is_priced(measured) {
                break;
            }
            measured = self::measured(&tour, guests, [&with, &without], READS_ON).await;
        }
        if !is_priced(measured) {
            let (found, most) = measured;
            wrong.push(format!("{name}: found {found}, runs {most} statements, priced as {price}"));
        }
        covered.insert(name);
    }
    wrong.extend(mutations_cost(&schema, &refusing, &mut covered).await);

    let missing: Vec<_> = schema.all().into_iter().filter(|name| !covered.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "not on the tour: see tests/src/tour.rs");
    assert!(wrong.is_empty(), "see api/src/graphql/limits/prices.rs\n{}", wrong.join("\n"));
}

/// Returns whether a guest sees the field that the first document has and the second has not, and the most statements that it runs.
async fn measured(tour: &Tour, guests: [&Guest; 4], [with, without]: [&str; 2], pause: Duration) -> (bool, u64) {
    let (mut found, mut most) = (false, 0);
    for guest in guests {
        let [with, without] = [tour.fill(with, guest).await, tour.fill(without, guest).await];
        // Values that are fetched once for all, such as a WeChat ticket, are fetched by the first request.
        tokio::time::sleep(pause).await;
        let (other, _) = seen(tour, &guest.client, &without).await;
        tokio::time::sleep(pause).await;
        let (one, answer) = seen(tour, &guest.client, &with).await;
        most = most.max(one.saturating_sub(other));
        found |= find(&answer["data"]).is_some();
    }
    (found, most)
}

/// Runs every mutation, and compares.
async fn mutations_cost(schema: &Schema, refusing: &Client, covered: &mut BTreeSet<String>) -> Vec<String> {
    let tour = Tour::begin().await;
    let mut wrong = Vec::new();
    for field in mutations(schema) {
        let everything = schema.everything_of(&field.ty);
        let selection = if everything.is_empty() { String::new() } else { format!("{{ {everything} }}") };
        let document = format!("mutation {{ it: {}{} {selection} }}", field.name, arguments("Mutation", &field.name));
        let mut most = 0;
        let mut done = false;
        let company = [tour.system(ServiceScope::ALL).await, tour.operator("anna").await];
        let people = [tour.lan(), Guest { person: Some("xue"), ..tour.lan() }];
        for guest in people.into_iter().chain(company) {
            let guest = tour.renewed(&guest).await;
            let document = tour.fill(&document, &guest).await;
            let (statements, answer) = seen(&tour, &guest.client, &document).await;
            // One of them authenticates the caller.
            most = most.max(statements - 1);
            done |= answer.get("errors").is_none();
        }
        let price = priced(refusing, &tour.fill(&document, &tour.lan()).await).await;
        if !done || most > price || price > 2 * most + 4 {
            wrong.push(format!("Mutation.{}: done {done}, runs {most} statements, priced as {price}", field.name));
        }
        covered.insert(format!("Mutation.{}", field.name));
        cover(schema, &field.ty, covered);
    }
    wrong
}

/// Returns what `everything_of` selects in a payload.
fn cover(schema: &Schema, ty: &str, covered: &mut BTreeSet<String>) {
    if acceptance::tour::WAYS.iter().any(|(of, _)| *of == ty) {
        return;
    }
    for field in schema.fields(ty) {
        covered.insert(format!("{ty}.{}", field.name));
        cover(schema, &field.ty, covered);
    }
}

/// The openIds are read once, for the page and for the sums; the sums once, for the number of orders and for the totals.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_orders_with_items_and_sums_is_four_statements() {
    let tour = Tour::begin().await;
    let list = "{ totalCount totals { currency net { amount } byApp { app } byMonth { month } } nodes { id items { title } } }";
    let mine = format!("{{ me {{ orders(first: 20) {list} }} }}");
    let by_union_id = format!("{{ ordersByUnionId(unionId: $unionId, first: 20) {list} }}");
    let operator = tour.system(&[ServiceScope::OrdersRead]).await;

    // A person with the openIds and unionIds, the orders, their items, the sums. A service token, the owner, the openIds, and so on.
    for (guest, document, statements) in
        [(&tour.lan(), &mine, 4), (&tour.lan(), &by_union_id, 4), (&operator, &by_union_id, 6)]
    {
        let document = tour.fill(document, guest).await;
        let (seen, answer) = seen(&tour, &guest.client, &document).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        assert_eq!(seen, statements, "{document}");
    }
}
