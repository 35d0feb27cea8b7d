//! Pushes of the sandbox to a company that receives them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{Company, Server};

/// The token of the push settings.
pub const TOKEN: &str = "sandboxtoken01";
/// The key of the push settings.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// The key before it was changed.
pub const OLD_KEY: &str = "CCECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Returns the table `[apps.push]` with these keys.
#[must_use]
pub fn keys(keys: &[&str]) -> toml::Table {
    let keys: Vec<toml::Value> = keys.iter().map(|key| (*key).into()).collect();
    toml::Table::from_iter([("token".to_owned(), TOKEN.into()), ("aes_keys".to_owned(), keys.into())])
}

/// Starts the company with this `[apps.push]` at its official account `shop` and its mini program `mini`. Its clock and
/// the sandbox's show the same time and advance only by [`later`].
///
/// # Panics
///
/// When the demo has no app `shop`, or the sandbox does not respond.
pub async fn open(server: Server, push: &toml::Table) -> Company {
    let company = Company::open_with(server, pushed(push)).await;
    // The sandbox's clock signs pushes, and does not go back.
    let now = company.sandbox("GET", "/_sandbox/clock", None).await["now"].as_i64().expect("a time");
    company.sandbox("POST", "/_sandbox/clock", Some(&json!({ "stop_at": now }))).await;
    company.clock.advance(TimeDelta::seconds(now) - TimeDelta::milliseconds(company.clock.now().millis()));
    company
}

/// Returns the demo's apps with this `[apps.push]` at `shop` and `mini`.
///
/// # Panics
///
/// When the demo's configuration cannot be parsed.
#[must_use]
pub fn pushed(push: &toml::Table) -> toml::Table {
    let demo: toml::Table = api::config::DEMO.parse().expect("the demo's configuration is TOML");
    let mut apps = demo["apps"].as_array().expect("a list").clone();
    for app in apps.iter_mut().filter_map(toml::Value::as_table_mut) {
        app.remove("push");
        if matches!(app["name"].as_str(), Some("shop" | "mini")) {
            app.insert("push".to_owned(), push.clone().into());
        }
    }
    toml::Table::from_iter([("apps".to_owned(), apps.into())])
}

/// Sets how the sandbox pushes an app's events to the service. WeChat pushes JSON to mini programs only.
pub async fn push_settings(company: &Company, app: &str, mode: &str) {
    let format = if app == "mini" { "json" } else { "xml" };
    let url = format!("{}/push/{app}", company.url);
    let push = json!({ "url": url, "token": TOKEN, "mode": mode, "format": format, "aes_key": KEY });
    company.sandbox("PATCH", &format!("/_sandbox/apps/{app}"), Some(&json!({ "push": push }))).await;
}

/// Makes the sandbox push an event of a person, of the app `shop` unless it names another. Returns its attempts.
///
/// # Panics
///
/// When the sandbox refuses.
pub async fn push(company: &Company, person: &str, event: Value) -> Vec<Value> {
    let mut order = json!({ "app": "shop", "person": person });
    for (key, value) in event.as_object().expect("an object") {
        order[key] = value.clone();
    }
    let outcome = company.sandbox("POST", "/_sandbox/push", Some(&order)).await;
    outcome["attempts"].as_array().expect("attempts").clone()
}

/// Advances both clocks.
pub async fn later(company: &Company, seconds: i64) {
    company.clock.advance(TimeDelta::seconds(seconds));
    company.sandbox("POST", "/_sandbox/clock", Some(&json!({ "advance_seconds": seconds }))).await;
}
