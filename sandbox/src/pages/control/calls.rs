//! The control page's incoming data: text messages, and recorded calls of WeChat's paths.

use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;

use crate::state::calls::{Call, Message};
use crate::state::inbox::Sms;

use super::super::Lang;
use super::{Desk, button, moment, nothing};

/// Renders the newest messages.
pub(super) fn inbox(lang: Lang, messages: &[Sms]) -> Markup {
    html! {
        @if messages.is_empty() { (nothing(lang.say("还没有短信。", "None yet."))) }
        @else {
            ul.inbox {
                @for sms in messages {
                    li {
                        b { (sms.to) } @if !sms.code.is_empty() { " " code.copy { (sms.code) } }
                        p { (sms.text) }
                        small { (sms.at) }
                    }
                }
            }
        }
    }
}

/// Renders the list with its section.
pub(super) fn section(lang: Lang, list: &Markup) -> Markup {
    html! {
        p.quiet { (lang.say("完整的请求与应答，包括密钥：这里的密钥都是虚构的。", "Full requests and answers, including the invented secrets.")) }
        (list)
        (button(lang, ("/_sandbox/calls/clear", lang.say("清空", "Forget them"))))
    }
}

/// Renders the newest calls.
pub(super) fn list(lang: Lang, desk: &Desk<'_>) -> Markup {
    html! {
        @if desk.calls.is_empty() { (nothing(lang.say("还没有调用。", "None yet."))) }
        @else { div.calls { @for call in &desk.calls { (one(lang, call)) } } }
    }
}

fn one(lang: Lang, call: &Call) -> Markup {
    let errcode = errcode(&call.answer.body);
    let mood = if call.status >= 400 || errcode.is_some() { "bad" } else { "good" };
    html! {
        details id=(format!("call-{}", call.number)) {
            summary {
                span.method { (call.method) }
                span.path { (call.path) }
                span class=(format!("status {mood}")) { (call.status) @if let Some(errcode) = errcode { " · " (errcode) } }
                span.took { (took(call.micros)) }
                small { "#" (call.number) " · " (moment(call.at)) }
            }
            h3 { (lang.say("请求", "Request")) }
            @if !call.query.is_empty() { (query(&call.query)) }
            (message(lang, &call.request))
            h3 { (lang.say("应答", "Answer")) }
            (message(lang, &call.answer))
        }
    }
}

/// Returns the number of a failure in WeChat's format, which has HTTP 200.
fn errcode(body: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Failure {
        errcode: i64,
    }
    serde_json::from_str(body).ok().map(|failure: Failure| failure.errcode).filter(|errcode| *errcode != 0)
}

/// Renders the decoded parameters, below the raw query.
fn query(query: &str) -> Markup {
    html! {
        pre { "?" (query) }
        dl { @for (name, value) in form_urlencoded::parse(query.as_bytes()) { dt { (name) } dd { code { (value) } } } }
    }
}

fn message(lang: Lang, message: &Message) -> Markup {
    html! {
        @if !message.headers.is_empty() {
            dl.headers { @for (name, value) in &message.headers { dt { (name) } dd { code { (value) } } } }
        }
        @if message.bytes == 0 { (nothing(lang.say("没有正文", "no body"))) }
        @else {
            pre { (message.body) }
            @if message.body.len() < message.bytes {
                p.quiet { @match lang { Lang::Zh => { "正文共 " (message.bytes) " 字节，只留开头" } Lang::En => { "the beginning of " (message.bytes) " bytes" } } }
            }
        }
    }
}

fn took(micros: u64) -> String {
    if micros < 1_000 { format!("{micros} µs") } else { format!("{}.{} ms", micros / 1_000, micros / 100 % 10) }
}
