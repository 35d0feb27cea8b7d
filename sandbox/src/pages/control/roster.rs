//! Apps and people on the control page.

use maud::{Markup, html};
use serde_json::Value;

use crate::company::{App, Company, Person};

use super::super::drawing::icon;
use super::super::{Lang, picture, search};
use super::{Desk, nothing};

/// The fields that the head of an app's card shows.
const IN_THE_HEAD: [&str; 5] = ["name", "title", "kind", "app_id", "secret"];

/// Renders all apps, each with the settings that a client needs.
pub(super) fn apps(lang: Lang, company: &Company) -> Markup {
    html! {
        div.cards {
            @for app in company.apps.all() { (card(lang, &app)) }
        }
    }
}

/// Renders the people, searched or first.
pub(super) fn people(lang: Lang, desk: &Desk<'_>) -> Markup {
    let (shown, all) = (desk.crowd.people.len(), desk.company.people.len());
    html! {
        @if desk.crowd.searchable {
            (search(lang, &desk.crowd, &[("lang".to_owned(), lang.tag().to_owned())]))
            p.quiet {
                @match lang { Lang::Zh => { "显示 " (shown) " 人，共 " (all) " 人" } Lang::En => { (shown) " of " (all) " people" } }
            }
        }
        // Focusable, so that the keyboard can scroll it.
        ul.people tabindex="0" aria-labelledby="people-title" {
            @for person in &desk.crowd.people { (one(lang, person)) }
        }
    }
}

fn card(lang: Lang, app: &App) -> Markup {
    html! {
        article.card {
            header {
                (icon(app))
                h3 { bdi { (app.title) } }
                p { code { (app.name) } " · " (app.kind) }
            }
            dl {
                dt { "appid" } dd { code.copy { (app.id) } }
                dt { "secret" } dd { code.copy { (app.secret) } }
            }
            details {
                summary { (lang.say("其他设置", "Other settings")) }
                dl { @for (name, value) in settings(app) { dt { (name) } dd { code { (value) } } } }
            }
        }
    }
}

/// Returns the other settings by their names in a seed, without those that are off or empty.
fn settings(app: &App) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(app) else { return Vec::new() };
    let others = fields.into_iter().filter(|(name, _)| !IN_THE_HEAD.contains(&name.as_str()));
    others.filter_map(|(name, value)| Some((name, said(&value)?))).collect()
}

fn said(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => Some(values.iter().filter_map(said).collect::<Vec<_>>().join(", ")),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => Some(value.to_string()),
    }
}

fn one(lang: Lang, person: &Person) -> Markup {
    html! {
        li {
            (picture(person, 40))
            div {
                p { bdi { (person.nickname) } " " code { (person.id) } }
                @if person.phones.is_empty() {
                    (nothing(lang.say("没有手机号", "no phone")))
                } @else {
                    p.quiet { (person.phones.join(", ")) }
                }
                p.marks {
                    @if person.member { span { (lang.say("企业成员", "member")) } }
                    @if person.snapshot { span { (lang.say("总是快照页", "always a snapshot")) } }
                    @if person.blocked { span { (lang.say("高风险用户", "blocked")) } }
                    @for app in person.follows.keys() { span { (lang.say("关注 ", "follows ")) (app) } }
                }
            }
        }
    }
}
