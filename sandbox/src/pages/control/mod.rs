//! The control page: apps, people, history, faults and the clock. See `http::control` for the same data as JSON. The script
//! `assets/control.js` updates the page, which also works without it.

mod calls;
mod issued;
mod roster;
mod steering;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde_json::Value;

use crate::clock::Seconds;
use crate::company::Company;
use crate::state::calls::Call;
use crate::state::inbox::Sms;
use crate::state::ledger::Given;

use super::{Crowd, Lang, document, switch};

/// The data of the page.
pub(crate) struct Desk<'a> {
    pub(crate) company: &'a Company,
    pub(crate) crowd: Crowd,
    /// The code that a form just requested.
    pub(crate) new_code: Option<&'a str>,
    pub(crate) issued: Vec<Given>,
    pub(crate) messages: Vec<Sms>,
    pub(crate) calls: Vec<Arc<Call>>,
    /// The pending faults, as they were requested.
    pub(crate) faults: Vec<Value>,
    pub(crate) now: Seconds,
    pub(crate) stopped: bool,
}

/// Renders the page. `other_language` is the query of the language switch.
pub(crate) fn control(lang: Lang, other_language: &str, desk: &Desk<'_>) -> Markup {
    let title = lang.say("微信沙箱", "WeChat Sandbox");
    let body = html! {
        header.top {
            h1 { bdi { (desk.company.name) } span { " · " (title) } }
            (switch(lang, &format!("?{other_language}")))
        }
        (navigation(lang))
        main {
            (section("apps", lang.say("应用", "Apps"), &roster::apps(lang, desk.company)))
            (section("people", lang.say("用户", "People"), &roster::people(lang, desk)))
            (section("codes", lang.say("取一个 code", "Get a code"), &issued::order(lang, desk)))
            (section("issued", lang.say("已发出的 code 与 token", "Issued codes and tokens"), &part("issued", &issued::list(lang, desk))))
            (section("sms", lang.say("短信", "Text messages"), &part("sms", &calls::inbox(lang, &desk.messages))))
            (section("calls", lang.say("最近的调用", "Last calls"), &calls::section(lang, &part("calls", &calls::list(lang, desk)))))
            (section("faults", lang.say("故障", "Faults"), &steering::faults(lang, &part("faults", &steering::waiting(lang, &desk.faults)))))
            (section("clock", lang.say("时钟", "Clock"), &steering::clock(lang, &part("clock", &steering::time(lang, desk)))))
        }
        script src="/_sandbox/assets/control.js" {}
    };
    document(lang, title, "/_sandbox/assets/control.css", &body)
}

/// Renders only the changing parts, for the script.
pub(crate) fn live(lang: Lang, desk: &Desk<'_>) -> Markup {
    html! {
        (part("issued", &issued::list(lang, desk)))
        (part("sms", &calls::inbox(lang, &desk.messages)))
        (part("calls", &calls::list(lang, desk)))
        (part("faults", &steering::waiting(lang, &desk.faults)))
        (part("clock", &steering::time(lang, desk)))
    }
}

fn navigation(lang: Lang) -> Markup {
    let places = [
        ("apps", lang.say("应用", "Apps")),
        ("people", lang.say("用户", "People")),
        ("codes", lang.say("取 code", "Codes")),
        ("issued", lang.say("已发出", "Issued")),
        ("sms", lang.say("短信", "SMS")),
        ("calls", lang.say("调用", "Calls")),
        ("faults", lang.say("故障", "Faults")),
        ("clock", lang.say("时钟", "Clock")),
    ];
    html! {
        nav aria-label=(lang.say("本页各节", "Sections of this page")) {
            @for (id, name) in places { a href=(format!("#{id}")) { (name) } }
        }
    }
}

fn section(id: &str, title: &str, content: &Markup) -> Markup {
    let heading = format!("{id}-title");
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { (title) }
            (content)
        }
    }
}

/// Renders a part that the script replaces when it changes.
fn part(name: &str, content: &Markup) -> Markup {
    html! { div data-part=(name) { (content) } }
}

fn nothing(text: &str) -> Markup {
    html! { p.nothing { (text) } }
}

/// Renders a button as a form of its own.
fn button(lang: Lang, (action, label): (&str, &str)) -> Markup {
    html! {
        form method="post" action=(action) {
            (own_language(lang))
            button type="submit" { (label) }
        }
    }
}

/// Forms redirect back to the page, which must keep its language.
fn own_language(lang: Lang) -> Markup {
    html! { input type="hidden" name="lang" value=(lang.tag()); }
}

/// Formats a moment, in UTC.
fn moment(at: Seconds) -> Markup {
    let time = DateTime::<Utc>::from_timestamp(at, 0).unwrap_or_default();
    html! {
        time datetime=(time.format("%Y-%m-%dT%H:%M:%SZ")) { (time.format("%Y-%m-%d %H:%M:%S")) }
    }
}
