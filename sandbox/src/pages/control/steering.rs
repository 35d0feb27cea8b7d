//! The controls on the control page: faults and the clock.

use maud::{Markup, html};
use serde_json::Value;

use crate::paths;
use crate::state::faults::{Kind, PUSH};

use super::super::Lang;
use super::{Desk, button, moment, nothing, own_language};

/// Renders the form that adds a fault, with the list of pending ones.
pub(super) fn faults(lang: Lang, waiting: &Markup) -> Markup {
    html! {
        (waiting)
        form.order method="post" action="/_sandbox/faults" {
            (own_language(lang))
            label.wide { (lang.say("路径", "Path"))
                input name="path" list="paths" required pattern="/.*|push" autocomplete="off" placeholder="/sns/oauth2/access_token";
                datalist #paths { @for path in paths::OF_WECHAT.iter().chain(&paths::wecom::ALL) { option value=(path); } option value=(PUSH); }
            }
            (what_happens(lang))
            label { (lang.say("次数", "Times")) input name="times" type="number" min="1" max="1000000" value="1"; }
            div.buttons { button.main type="submit" { (lang.say("添加", "Add")) } }
        }
        (button(lang, ("/_sandbox/faults/clear", lang.say("全部移除", "Remove all"))))
    }
}

fn what_happens(lang: Lang) -> Markup {
    html! {
        label { (lang.say("种类", "Kind"))
            select name="kind" { option value="" { "–" } @for kind in Kind::ALL { option { (kind.as_str()) } } }
        }
        label { "errcode" input name="errcode" type="number" placeholder="-1"; }
        label { (lang.say("HTTP 状态", "HTTP status")) input name="status" type="number" min="200" max="599" placeholder="502"; }
        label { (lang.say("延迟（毫秒）", "Delay (ms)")) input name="delay_ms" type="number" min="0" max="60000" placeholder="0"; }
    }
}

/// Renders the pending faults, as they were requested.
pub(super) fn waiting(lang: Lang, faults: &[Value]) -> Markup {
    html! {
        @if faults.is_empty() { (nothing(lang.say("没有等待中的故障。", "No pending faults."))) }
        @else {
            ul.faults {
                @for fault in faults {
                    li { code { (fault["path"].as_str().unwrap_or("*")) } p.marks { @for word in words(fault) { span { (word) } } } }
                }
            }
        }
    }
}

/// Returns the fields of a fault besides its path, without absent ones.
fn words(fault: &Value) -> Vec<String> {
    let fields = fault.as_object().into_iter().flatten().filter(|(name, _)| *name != "path");
    let said = fields.filter_map(|(name, value)| match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if name == "delay_ms" && number.as_u64() == Some(0) => None,
        Value::Bool(true) => Some(name.clone()),
        Value::String(text) => Some(format!("{name} {text}")),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(format!("{name} {value}")),
    });
    said.collect()
}

/// Renders the buttons that move the clock, with the current time.
pub(super) fn clock(lang: Lang, time: &Markup) -> Markup {
    let steps = [
        ("300", lang.say("+5 分钟", "+5 min")),
        ("7200", lang.say("+2 小时", "+2 h")),
        ("2592000", lang.say("+30 天", "+30 d")),
    ];
    html! {
        (time)
        form.buttons method="post" action="/_sandbox/clock" {
            (own_language(lang))
            @for (seconds, label) in steps { button type="submit" name="advance_seconds" value=(seconds) { (label) } }
        }
        p.quiet { (lang.say("时钟只能向前：code 与 token 随之过期。", "It only moves forward; codes and tokens expire with it.")) }
    }
}

/// Renders the sandbox's current time.
pub(super) fn time(lang: Lang, desk: &Desk<'_>) -> Markup {
    html! {
        p.time {
            span data-now=(desk.now) data-stopped[desk.stopped] { (moment(desk.now)) } " UTC "
            @if desk.stopped { em { (lang.say("（已停）", "(stopped)")) } }
            small { (desk.now) }
        }
    }
}
