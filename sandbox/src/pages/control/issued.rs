//! Codes and tokens on the control page: the form that requests one, and the list of those issued.

use maud::{Markup, html};

use crate::clock::Seconds;
use crate::company::Scope;
use crate::state::ledger::{Condition, Given, Kind};

use super::super::Lang;
use super::{Desk, moment, nothing, own_language};

const DAY: Seconds = 86_400;

/// Renders the form that issues a code for an app and a person, without WeChat's pages.
pub(super) fn order(lang: Lang, desk: &Desk<'_>) -> Markup {
    html! {
        @if let Some(code) = desk.new_code {
            p.fresh role="status" { (lang.say("新的 code：", "The new code: ")) code.copy { (code) } }
        }
        form.order method="post" action="/_sandbox/codes" {
            (own_language(lang))
            label { (lang.say("应用", "App"))
                select name="app" {
                    @for app in desk.company.apps.all() { option value=(app.name) { (app.title) " (" (app.name) ")" } }
                }
            }
            label { (lang.say("用户 ID", "Person's id"))
                input name="person" list="person-ids" required autocomplete="off" value=[desk.crowd.people.first().map(|one| &one.id)];
                datalist #person-ids {
                    @for person in &desk.crowd.people { option value=(person.id) { (person.nickname) } }
                }
            }
            label { "scope"
                select name="scope" {
                    option value="" { (lang.say("该应用的默认", "The app's own")) }
                    @for scope in Scope::ALL { option { (scope.as_str()) } }
                }
            }
            label.check { input type="checkbox" name="snapshot" value="true"; (lang.say("快照页", "As a snapshot")) }
            div.buttons {
                button.main type="submit" { (lang.say("登录 code", "Login code")) }
                button type="submit" formaction="/_sandbox/phone-codes" { (lang.say("手机号 code（小程序）", "Phone code (mini program)")) }
            }
        }
    }
}

/// Renders the newest codes and tokens.
pub(super) fn list(lang: Lang, desk: &Desk<'_>) -> Markup {
    html! {
        @if desk.issued.is_empty() { (nothing(lang.say("还没有发出过。", "Nothing yet."))) }
        @else { ul.issued { @for given in &desk.issued { (one(lang, desk, given)) } } }
    }
}

fn one(lang: Lang, desk: &Desk<'_>, given: &Given) -> Markup {
    let entry = &given.entry;
    let app = desk.company.app_at(entry.app);
    let person = entry.person.and_then(|index| desk.company.person_at(index));
    html! {
        li class=(given.condition.as_str()) {
            span.kind { (kind(entry.kind, lang)) }
            span.whose { @if let Some(app) = app { (app.name) } @if let Some(person) = person { " · " (person.id) } }
            span.left { (left(lang, given, desk.now)) }
            code.copy { (entry.text) }
            small { (moment(entry.at)) }
        }
    }
}

fn kind(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::LoginCode => lang.say("登录 code", "login code"),
        Kind::PhoneCode => lang.say("手机号 code", "phone code"),
        Kind::WebToken => lang.say("网页授权 access_token", "web access_token"),
        Kind::RefreshToken => "refresh_token",
        Kind::GlobalToken => lang.say("全局 access_token", "global access_token"),
    }
}

fn left(lang: Lang, given: &Given, now: Seconds) -> Markup {
    let over = lang.say("已过期", "over");
    match (given.condition, given.end) {
        (Condition::Good, Some(end)) => {
            html! { span data-left=(end - now) data-over=(over) { (duration(end - now)) } }
        }
        (Condition::Used, _) => html! { (lang.say("已使用", "used")) },
        (Condition::Good | Condition::Over, _) => html! { (over) },
    }
}

/// Formats `4:59`, `1:59:59`, `29 d 23:59:59`. The script counts down in the same format.
fn duration(seconds: Seconds) -> String {
    let (days, hours, minutes, seconds) = (seconds / DAY, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, hours) => format!("{hours}:{minutes:02}:{seconds:02}"),
        (days, hours) => format!("{days} d {hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_duration_is_as_short_as_it_can_be() {
        let durations = [0, 59, 299, 7199, 2_591_999].map(duration);

        assert_eq!(durations, ["0:00", "0:59", "4:59", "1:59:59", "29 d 23:59:59"]);
    }
}
