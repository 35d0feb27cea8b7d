//! The front page of the control API: apps, people and text messages, for reading.
//! The same as JSON is in `http::control`.

use maud::{Markup, html};

use crate::company::Company;
use crate::state::inbox::Sms;

use super::{Lang, frame};

/// Draws the page.
pub(crate) fn index(lang: Lang, company: &Company, messages: &[Sms]) -> Markup {
    let title = lang.say("微信沙箱", "WeChat Sandbox");
    let main = html! {
        main.index {
            h1 { (company.name) " · " (title) }
            h2 { (lang.say("应用", "Apps")) }
            (apps(lang, company))
            h2 { (lang.say("用户", "People")) }
            (people(lang, company))
            h2 { (lang.say("短信", "Text messages")) }
            (inbox(lang, messages))
        }
    };
    let other_language = format!("?lang={}", lang.other().tag());
    frame(lang, title, Some(&other_language), &main)
}

fn apps(lang: Lang, company: &Company) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    th { (lang.say("名称", "Name")) } th { (lang.say("标题", "Title")) } th { (lang.say("类型", "Kind")) }
                    th { "appid" } th { "secret" } th { (lang.say("开放平台账号", "Open Platform account")) }
                } }
                tbody {
                    @for app in company.apps.all() {
                        tr {
                            td { (app.name) } td { (app.title) } td { (app.kind) }
                            td { code { (app.id) } } td { code { (app.secret) } }
                            td { (app.union_scope.as_deref().unwrap_or("–")) }
                        }
                    }
                }
            }
        }
    }
}

fn people(lang: Lang, company: &Company) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    th { "" } th { "id" } th { (lang.say("昵称", "Nickname")) } th { (lang.say("手机号", "Phone")) }
                } }
                tbody {
                    @for person in company.people.from(0, 50) {
                        tr {
                            td { img src=(format!("/_sandbox/avatars/{}.svg", person.id)) alt="" width="24" height="24"; }
                            td { (person.id) }
                            td { bdi { (person.nickname) } @if person.snapshot { " · " (lang.say("快照页", "snapshot")) } }
                            td { (person.phones.join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

fn inbox(lang: Lang, messages: &[Sms]) -> Markup {
    html! {
        @if messages.is_empty() {
            p { (lang.say("还没有短信。刷新此页以查看。", "None yet. Reload this page to look again.")) }
        } @else {
            ul.inbox {
                @for sms in messages.iter().take(50) {
                    li { b { (sms.to) } " " code { (sms.code) } br; (sms.text) br; small { (sms.at) } }
                }
            }
        }
    }
}
