//! Checks settings that depend on each other, and bounds. See `read` for types, and `apps` for the settings of each app.

use std::collections::HashMap;

use secrecy::ExposeSecret;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::mistake::Found;
use super::sections::{Config, HttpSection, Mode, Pooler, Tokens, Traces};
use super::sms::SmsSenderKind;
use super::{DEMO_KEY, console, human_check, phone_checks, pictures, sms_checks, webhooks};
use crate::text::{Text, text};

/// The shortest secret key, in characters: 256 bits have 64 in hex and 43 in base64.
const MIN_KEY: usize = 32;
/// The longest life of an access token, in minutes: other verifiers notice an ended session only then.
const MAX_ACCESS_MINUTES: u32 = 15;
/// The fewest connections that work: one is always kept free for the next client.
const MIN_CONNECTIONS: u32 = 16;
/// The longest body that may be allowed to any client, in KiB.
const MAX_BODY_KIB: u32 = 4_096;
/// The longest body that may be allowed to systems that report orders, in KiB.
const MAX_ORDERS_BODY_KIB: u32 = 16_384;

/// Checks everything that needs neither a provider nor the database.
pub(super) fn check(config: &Config, found: &mut Found) {
    names(config, found);
    tokens(&config.tokens, found);
    numbers(config, found);
    connections(&config.http, found);
    bodies(&config.http, found);
    if config.limits.reserved_percent > 99 {
        found.note("limits.reserved_percent", must_be(0, 99));
    }
    database(config, found);
    if let Err(error) = EnvFilter::try_new(&config.log.filter) {
        found.note("log.filter", Text::foreign(error.to_string()));
    }
    if config.metrics.listen == Some(config.http.listen) {
        found.note("metrics.listen", text!("is where the API listens", "与 API 的监听地址相同"));
    }
    traces(&config.traces, found);
    found.problems("", sms_checks::sms(&config.sms));
    found.problems("", sms_checks::line_check(&config.line_check));
    found.problems("", phone_checks::phone(&config.phone));
    found.problems("", human_check::problems(&config.human_check));
    webhooks::check(config, found);
    console::check(config, found);
    found.problems("", pictures::problems(&config.pictures));
    sandbox(config, found);
    addresses(config, found);
    files(config, found);
    if config.mode == Mode::Production {
        production(config, found);
    }
}

fn traces(traces: &Traces, found: &mut Found) {
    let url = traces.otlp_url.as_str();
    if !url.is_empty() && !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        let said = text!(
            "must be empty or an http or https address, such as http://127.0.0.1:4318/v1/traces",
            "必须为空，或为 http、https 地址，例如 http://127.0.0.1:4318/v1/traces"
        );
        found.note("traces.otlp_url", said);
    }
    if !(0.0..=100.0).contains(&traces.sample_percent) {
        found.note("traces.sample_percent", must_be(0, 100));
    }
}

fn must_be(least: u32, most: u32) -> Text {
    text!("must be {least} to {most}", "必须在 {least} 到 {most} 之间")
}

/// The names of apps are unique, and the default app is one of them.
fn names(config: &Config, found: &mut Found) {
    let mut seen = HashMap::new();
    for app in &config.apps {
        let (name, at) = (&app.name, app.index);
        if let Some(first) = seen.insert(name, at) {
            let said = text!("apps[{first}] is named `{name}` too", "与 apps[{first}] 重名：`{name}`");
            found.note(format!("apps[{at}].name"), said);
        }
    }
    if let Some(name) = &config.default_app
        && !config.apps.iter().any(|app| &app.name == name)
    {
        // An app whose name cannot be read may be the one that is meant.
        let hint = text!("a mistake in [[apps]] may be the reason", "可能由 [[apps]] 中的错误引起");
        let said = text!("there is no app named `{name}`", "没有名为 `{name}` 的应用");
        found.note_hint("default_app", said, found.is_unread("apps").then_some(hint));
    }
}

fn tokens(tokens: &Tokens, found: &mut Found) {
    for (at, key) in tokens.secret_keys.iter().enumerate() {
        if key.expose_secret().len() < MIN_KEY {
            let said = text!("is shorter than {MIN_KEY} characters", "长度不足 {MIN_KEY} 个字符");
            found.note(format!("tokens.secret_keys[{at}]"), said);
        }
    }
    if !(1..=MAX_ACCESS_MINUTES).contains(&tokens.access_minutes) {
        found.note("tokens.access_minutes", must_be(1, MAX_ACCESS_MINUTES));
    }
    if tokens.audience.trim().is_empty() {
        found.note("tokens.audience", text!("is empty", "为空"));
    }
}

fn database(config: &Config, found: &mut Found) {
    let scheme = config.database.url.expose_secret().split(':').next().unwrap_or_default();
    if !["sqlite", "postgres", "postgresql", "mysql", "mariadb"].contains(&scheme) {
        let said = text!(
            "must begin with sqlite:, postgres:, mysql: or mariadb:",
            "必须以 sqlite:、postgres:、mysql: 或 mariadb: 开头"
        );
        found.note("database.url", said);
    } else if scheme != "sqlite" && config.tokens.secret_keys.is_empty() {
        let said = text!(
            "a database on a server needs a key: phone numbers are encrypted with it, and it must be the same at every start",
            "使用数据库服务器时必须配置密钥：手机号用它加密，每次启动都必须相同"
        );
        found.note("tokens.secret_keys", said);
    }
    if config.database.pooler == Pooler::Transaction && !scheme.starts_with("postgres") {
        let said = text!("`transaction` is for PostgreSQL only", "`transaction` 仅适用于 PostgreSQL");
        found.note("database.pooler", said);
    }
}

fn sandbox(config: &Config, found: &mut Found) {
    if config.sandbox.enabled && !cfg!(feature = "sandbox") {
        found.note("sandbox.enabled", text!("this build has no sandbox", "此程序不含沙箱"));
    }
    if config.sms.sender == SmsSenderKind::Sandbox && !config.sandbox.enabled {
        found.note("sms.sender", text!("is the sandbox, which is not enabled", "设为沙箱，但沙箱未启用"));
    }
}

/// Checks settings that must not be zero.
fn numbers(config: &Config, found: &mut Found) {
    let Config { http, database, tokens, limits, graphql, upstream, backfill, .. } = config;
    for (path, number) in [
        ("http.body_limit_kib", http.body_limit_kib),
        ("http.orders_body_limit_kib", http.orders_body_limit_kib),
        ("http.trusted_hops", http.trusted_hops),
        ("http.request_timeout_seconds", http.request_timeout_seconds),
        ("http.connections.per_address", http.connections.per_address),
        ("http.connections.head_seconds", http.connections.head_seconds),
        ("http.connections.body_seconds", http.connections.body_seconds),
        ("http.connections.body_idle_seconds", http.connections.body_idle_seconds),
        ("http.connections.idle_seconds", http.connections.idle_seconds),
        ("http.connections.answer_seconds", http.connections.answer_seconds),
        ("http.sockets.per_block", http.sockets.per_block),
        ("http.sockets.per_person", http.sockets.per_person),
        ("http.sockets.init_seconds", http.sockets.init_seconds),
        ("http.sockets.ping_seconds", http.sockets.ping_seconds),
        ("http.sockets.idle_seconds", http.sockets.idle_seconds),
        ("database.max_connections", database.max_connections),
        ("database.acquire_timeout_seconds", database.acquire_timeout_seconds),
        ("database.statement_timeout_seconds", database.statement_timeout_seconds),
        ("tokens.refresh_days", tokens.refresh_days),
        ("limits.per_address", limits.per_address),
        ("limits.per_block", limits.per_block),
        ("limits.per_account", limits.per_account),
        ("limits.per_app", limits.per_app),
        ("limits.in_all", limits.in_all),
        ("graphql.max_depth", graphql.max_depth),
        ("graphql.max_complexity", graphql.max_complexity),
        ("upstream.connect_seconds", upstream.connect_seconds),
        ("upstream.total_seconds", upstream.total_seconds),
        ("upstream.deadline_seconds", upstream.deadline_seconds),
        ("upstream.concurrency", upstream.concurrency),
        ("upstream.failures", upstream.failures),
        ("upstream.pause_seconds", upstream.pause_seconds),
        ("upstream.exchanges_per_minute", upstream.exchanges_per_minute),
        ("backfill.concurrency", backfill.concurrency),
        ("backfill.calls_per_minute", backfill.calls_per_minute),
        ("backfill.attempts", backfill.attempts),
    ] {
        if number == 0 {
            found.note(path, text!("must be at least 1", "至少为 1"));
        }
    }
}

/// Checks the limits of bodies. The memory of a request, and the work before its limits apply, grow with them.
fn bodies(http: &HttpSection, found: &mut Found) {
    for (path, limit, most) in [
        ("http.body_limit_kib", http.body_limit_kib, MAX_BODY_KIB),
        ("http.orders_body_limit_kib", http.orders_body_limit_kib, MAX_ORDERS_BODY_KIB),
    ] {
        if limit > most {
            found.note(path, text!("must be at most {most}", "至多为 {most}"));
        }
    }
}

fn connections(http: &HttpSection, found: &mut Found) {
    let connections = &http.connections;
    if connections.max < MIN_CONNECTIONS {
        let said = text!("must be at least {MIN_CONNECTIONS}", "至少为 {MIN_CONNECTIONS}");
        found.note("http.connections.max", said);
    }
    if connections.per_address > connections.max {
        let said = text!("is more than http.connections.max", "大于 http.connections.max");
        found.note("http.connections.per_address", said);
    }
}

/// Returns whether browsers can reach the API at this address, and paths can be appended to it.
fn is_base(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        ["http", "https"].contains(&url.scheme()) && url.has_host() && url.password().is_none() && is_plain
    })
}

fn addresses(config: &Config, found: &mut Found) {
    if !is_base(&config.public_url()) {
        let said =
            text!("is not a web address such as https://id.example.com", "不是网址，例如 https://id.example.com");
        found.note("http.public_url", said);
    }
    for (at, origin) in config.http.allowed_origins.iter().enumerate() {
        let is_origin = Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
        if !is_origin {
            let said = text!(
                "is not an origin such as https://shop.example.com",
                "不是来源（origin），例如 https://shop.example.com"
            );
            found.note(format!("http.allowed_origins[{at}]"), said);
        }
    }
}

/// A path has one content, whichever app it is for.
fn files(config: &Config, found: &mut Found) {
    let files =
        || config.apps.iter().flat_map(|app| app.files.iter().enumerate().map(move |(which, file)| (app, which, file)));
    for (nth, (app, which, file)) in files().enumerate() {
        if files().take(nth).any(|(_, _, other)| other.name == file.name && other.content != file.content) {
            let said = text!("another file has the same name and other content", "另有同名文件，内容不同");
            found.note(format!("apps[{}].files[{which}].name", app.index), said);
        }
    }
}

fn production(config: &Config, found: &mut Found) {
    let keys = &config.tokens.secret_keys;
    if keys.is_empty() {
        let said =
            text!("production needs a key, the same on every replica", "生产模式必须配置密钥，所有副本使用同一个");
        found.note("tokens.secret_keys", said);
    }
    if keys.iter().any(|key| key.expose_secret() == DEMO_KEY) {
        found.note("tokens.secret_keys", text!("the demo company's key is public", "演示公司的密钥是公开的"));
    }
    if config.sandbox.enabled {
        let said =
            text!("the sandbox proves no identity: not allowed in production", "沙箱不验证身份，生产模式下不允许启用");
        found.note("sandbox.enabled", said);
    }
    if config.sms.sender == SmsSenderKind::Log {
        let said = text!(
            "others can read codes in the log: not allowed in production",
            "日志中的验证码可能被他人看到，生产模式下不允许"
        );
        found.note("sms.sender", said);
    }
    let needs_https = || text!("production needs an https address", "生产模式必须使用 https 地址");
    if !config.public_url().starts_with("https://") {
        found.note("http.public_url", needs_https());
    }
    found.problems("", phone_checks::production(config));
    for app in &config.apps {
        for (which, _) in app.js_pages.iter().enumerate().filter(|(_, page)| page.is_plain()) {
            found.note(format!("apps[{}].js_pages[{which}]", app.index), needs_https());
        }
    }
}
