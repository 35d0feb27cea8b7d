//! The pages of an operator's login, in the reader's language. They run no script.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY};
use axum::response::{Html, IntoResponse, Response};
use tracing::error;

use crate::error::{ApiError, ErrorCode, Language};
use crate::service::Service;
use crate::usecase::operator::Stranger;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/// Chooses the text of the reader's language.
type Say<'a> = &'a dyn Fn(&'static str, &'static str) -> &'static str;

/// Shows the ways in.
pub(super) fn ways(service: &Service, language: Language) -> Response {
    shown(language, StatusCode::OK, |say| {
        let apps = service.config().console.apps.iter().filter_map(|name| service.apps.named(&name.parse().ok()?));
        let link = |app: &crate::apps::App| {
            let (name, title) = (escaped(app.name.as_str()), escaped(&app.title));
            format!(
                "<form action=\"/console/login\"><button name=\"app\" value=\"{name}\" class=\"plain\">{}</button></form>",
                say("Sign in with {title}", "通过{title}登录").replace("{title}", &title)
            )
        };
        let apps: Vec<String> = apps.map(link).collect();
        let nothing = if apps.is_empty() && !service.config().has_demo_operators() {
            let text = say(
                "No app is configured for operators: see console.apps.",
                "尚未配置客服登录所用的应用，请设置 console.apps。",
            );
            format!("<p>{text}</p>")
        } else {
            String::new()
        };
        let title = say("Sign in to the console", "登录控制台");
        format!("<h1>{title}</h1>{}{}{nothing}", demo(service, say), apps.join("<br>"))
    })
}

#[cfg(feature = "sandbox")]
fn demo(service: &Service, say: Say<'_>) -> String {
    use crate::usecase::operator::DemoOperator;
    use domain::OperatorRole;

    if !service.config().has_demo_operators() {
        return String::new();
    }
    let button = |operator: &DemoOperator| {
        let role = match operator.role {
            OperatorRole::Viewer => say("viewer", "只读"),
            OperatorRole::Agent => say("agent", "客服"),
            OperatorRole::Admin => say("admin", "管理员"),
        };
        let (value, name) = (operator.open_id, operator.name);
        format!("<button name=\"operator\" value=\"{value}\">{name} · {role}</button>")
    };
    let buttons: String = DemoOperator::ALL.iter().map(button).collect();
    let text = say("The operators of the demo company sign in without a password.", "演示公司的客服无需密码即可登录。");
    format!("<p>{text}</p><form method=\"post\" action=\"/console/demo\">{buttons}</form><br>")
}

#[cfg(not(feature = "sandbox"))]
fn demo(_: &Service, _: Say<'_>) -> String {
    String::new()
}

/// Tells a person that they are no operator, and what an administrator needs to add them.
pub(super) fn stranger(stranger: &Stranger, language: Language) -> Response {
    shown(language, StatusCode::FORBIDDEN, |say| {
        let row = |name: &str, value: &str| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value));
        format!(
            "<h1>{title}</h1><p>{text}</p><dl>{app}{open_id}</dl>{again}",
            title = say("You are not an operator", "您不是客服人员"),
            text = say(
                "You have signed in, but you were not added as an operator. Nothing was stored. An administrator can add you with this:",
                "登录成功，但您尚未被添加为客服人员，系统没有保存任何信息。管理员可以凭以下信息添加您："
            ),
            app = row(say("App", "应用"), stranger.app.as_str()),
            open_id = row("openId", stranger.open_id.as_str()),
            again = again(say),
        )
    })
}

/// Shows why a login was refused.
pub(super) fn refused(failure: &ApiError, language: Language) -> Response {
    let code = failure.code();
    let status = match code {
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::UpstreamBusy
        | ErrorCode::UpstreamUnavailable
        | ErrorCode::UpstreamFault
        | ErrorCode::ServiceUnavailable
        | ErrorCode::Timeout => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::FORBIDDEN,
    };
    if status.is_server_error() {
        error!("the login of an operator failed: {}", crate::error::chain(failure));
    }
    let words = code.words(language);
    shown(language, status, |say| {
        let title = say("You are not signed in", "登录未完成");
        format!("<h1>{title}</h1><p>{} {}</p><p>{code}</p>{}", words.message, words.advice, again(say))
    })
}

fn again(say: Say<'_>) -> String {
    format!(
        "<form action=\"/console/login\"><button class=\"plain\">{}</button></form>",
        say("Sign in again", "重新登录")
    )
}

fn shown(language: Language, status: StatusCode, content: impl FnOnce(Say<'_>) -> String) -> Response {
    let is_chinese = language == Language::ZhCn;
    let say = move |en: &'static str, zh: &'static str| if is_chinese { zh } else { en };
    let page = include_str!("../qr_login.html")
        .replace("{{lang}}", say("en", "zh-CN"))
        .replace("{{title}}", say("Console", "控制台"))
        .replace("{{content}}", &content(&say));
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (VARY, "Accept-Language"),
        (CACHE_CONTROL, "no-store"),
        // The address may contain a code. With `no-referrer`, the form would name no origin either.
        (REFERRER_POLICY, "same-origin"),
    ];
    (status, headers, Html(page)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
