//! The content of a response, read from the service's JSON and from a bare handler's. Both must agree about a person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::people;

/// The content of a response, regardless of its format.
pub(crate) type Facts = Vec<String>;

/// Reads an answer about a person; `None` if it is not the expected one.
pub(crate) type Reader = fn(&Value, usize) -> Option<Facts>;

/// The content of one kind of response for each person: the first response counts, and all others must agree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth(Arc<Mutex<HashMap<usize, Facts>>>);

impl Truth {
    pub(crate) fn agrees(&self, person: usize, facts: &Facts) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(person).or_insert_with(|| facts.clone()) == *facts
    }
}

/// The two readers of one kind of answer: the service's and the bare handler's.
#[derive(Clone, Copy)]
pub(crate) struct Pair(pub(crate) Reader, pub(crate) Reader);

pub(crate) const NOTHING: Pair = Pair(
    |answer, _| (answer["data"]["__typename"] == "Query").then(Vec::new),
    |answer, _| (answer["data"]["__typename"] == "Query").then(Vec::new),
);

pub(crate) const ME: Pair = Pair(
    |answer, person| {
        let me = &answer["data"]["me"];
        let id = text(&me["id"])?.strip_prefix("usr_")?.to_owned();
        (me["phone"] == people::phone(person)).then_some(vec![id, text(&me["nickname"])?])
    },
    |answer, _| Some(vec![text(&answer["id"])?.replace('-', ""), text(&answer["nickname"])?]),
);

pub(crate) const LINKS: Pair = Pair(
    |answer, person| {
        let me = &answer["data"]["me"];
        let all = [texts(&me["openIds"], "openId")?, texts(&me["unionIds"], "unionId")?].concat();
        (all.len() == people::apps(person).len() + 1).then_some(all)
    },
    |answer, _| {
        let mut all = texts(answer, "openId")?;
        all.push(text(&answer[0]["unionId"])?);
        Some(all)
    },
);

pub(crate) const ORDERS: Pair = Pair(
    |answer, _| service_page(answer),
    |answer, _| {
        let mut numbers = texts(answer, "orderNo")?;
        let more = numbers.len() == 21;
        numbers.truncate(20);
        numbers.push(more.to_string());
        Some(numbers)
    },
);

pub(crate) const ITEMS: Pair = Pair(
    |answer, _| {
        let mut facts = service_page(answer)?;
        for edge in edges(answer)? {
            facts.extend(texts(&edge["node"]["items"], "title")?);
        }
        Some(facts)
    },
    |answer, person| {
        let mut facts = ORDERS.1(&answer["orders"], person)?;
        for order in answer["orders"].as_array()?.iter().take(20) {
            let own = answer["items"].as_array()?.iter().filter(|item| item["orderId"] == order["id"]);
            facts.extend(own.map(|item| text(&item["title"])).collect::<Option<Vec<_>>>()?);
        }
        Some(facts)
    },
);

pub(crate) const COUNT: Pair = Pair(
    |answer, _| {
        let mut facts = service_page(answer)?;
        facts.push(answer["data"]["me"]["orders"]["totalCount"].as_u64()?.to_string());
        Some(facts)
    },
    |answer, person| {
        let mut facts = ORDERS.1(&answer["orders"], person)?;
        facts.push(answer["count"]["orders"].as_u64()?.to_string());
        Some(facts)
    },
);

/// Reads the numbers of the orders on a page of 20, and whether another page follows.
fn service_page(answer: &Value) -> Option<Facts> {
    let number = |edge: &Value| text(&edge["node"]["orderNo"]);
    let mut numbers = edges(answer)?.iter().map(number).collect::<Option<Vec<_>>>()?;
    let more = answer["data"]["me"]["orders"]["pageInfo"]["hasNextPage"].as_bool()?;
    (numbers.len() == 20).then_some(())?;
    numbers.push(more.to_string());
    Some(numbers)
}

fn edges(answer: &Value) -> Option<&Vec<Value>> {
    answer["data"]["me"]["orders"]["edges"].as_array()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(list: &Value, key: &str) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|item| text(&item[key])).collect()
}
