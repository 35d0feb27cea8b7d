//! The landing page, in the reader's language.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, VARY};
use axum::response::{Html, IntoResponse};
use url::form_urlencoded;

use super::Shared;
use crate::config::Config;
use crate::error::Language;

/// Chooses the text of the page's language.
type Say = dyn Fn(&'static str, &'static str) -> &'static str + Send + Sync;

/// The texts of the page, which the template names.
const WORDS: [(&str, &str, &str); 5] = [
    ("{{lang}}", "en", "zh-CN"),
    (
        "{{other}}",
        r#"<a href="?lang=zh" lang="zh-CN" hreflang="zh-CN">中文</a>"#,
        r#"<a href="?lang=en" lang="en" hreflang="en">English</a>"#,
    ),
    (
        "{{lead}}",
        "One person, many WeChat openIds, one account, all their orders.",
        "同一个人，多个微信 openId，一个账号，全部订单。",
    ),
    ("{{api}}", "For programs", "供程序使用"),
    ("{{apis}}", "API", "接口"),
];

/// Returns the landing page at `/`: what to do first, then the addresses for programs.
pub(super) async fn landing(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> impl IntoResponse {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let is_chinese = match pairs.find(|(name, _)| name == "lang") {
        Some((_, lang)) if lang.starts_with("zh") => true,
        Some((_, lang)) if lang.starts_with("en") => false,
        _ => super::language(&headers) == Language::ZhCn,
    };
    let say = move |en: &'static str, zh: &'static str| if is_chinese { zh } else { en };
    let mut page = include_str!("landing.html").replace("{{steps}}", &steps(shared.service.config(), &say));
    for (name, en, zh) in WORDS {
        page = page.replace(name, say(en, zh));
    }
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";
    ([(CONTENT_SECURITY_POLICY, policy), (VARY, "Accept-Language")], Html(page))
}

/// Returns the list of what a person may want to do here, as far as this process serves it.
fn steps(config: &Config, say: &Say) -> String {
    let step = |url: &str, title: &str, text: &str| {
        format!(r#"<li><a href="{url}"><b>{title}</b><span>{text}</span></a></li>"#)
    };
    let mut steps = String::new();
    if let Some(shop) = config.shop_url() {
        let text = say(
            "Be a customer of 禾木 tea: signed in silently, one account for all shops. One minute.",
            "做一回“禾木”茶铺的顾客：静默登录，各店订单合为一个账号。一分钟。",
        );
        steps += &step(shop.as_str(), say("Try the shop", "逛逛商城"), text);
    }
    if config.is_on(config.graphql.playground) {
        let text = say(
            "Every step as a GraphQL query that you can run and change.",
            "每一步都是可以运行、可以改的 GraphQL 查询。",
        );
        steps += &step("/playground", say("Open the playground", "打开 Playground"), text);
        steps += &read(say);
    }
    if config.console.enabled {
        let text = say(
            "The desk of support agents: find a person, merge two accounts, and take it back.",
            "客服工作台：查找用户、合并账号，并可撤销。",
        );
        steps += &step("/console/", say("Open the console", "打开控制台"), text);
    }
    if let Some(sandbox) = config.sandbox_url() {
        let url = sandbox.join("/_sandbox/").map_or_else(|_| sandbox.to_string(), String::from);
        let text =
            say("A local WeChat: people, codes, text messages, faults.", "本机上的微信：用户、code、短信、故障。");
        steps += &step(&url, say("Look into the sandbox", "看看沙箱"), text);
    }
    steps
}

/// Returns the entry with the pages of the documentation, by reader.
fn read(say: &Say) -> String {
    let pages = [
        ("clients", say("pages and apps", "网页与 App")),
        ("integrators", say("back ends", "后端")),
        ("identity-rules", say("when two are one", "何时合为一个账号")),
        ("operations", say("operation", "运维")),
    ];
    let links = pages.map(|(page, title)| format!(r#"<a href="/docs/{page}.md">{title}</a> · "#)).concat();
    let links = format!(r#"{links}<a href="/docs/">{}</a>"#, say("all pages", "全部"));
    format!(r#"<li class="read"><b>{}</b><span>{links}</span></li>"#, say("Read the docs", "阅读文档（英文）"))
}
