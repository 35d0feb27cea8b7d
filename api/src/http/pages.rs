//! The landing page.

use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse};

use super::Shared;

/// Returns the landing page at `/`, in both languages.
pub(super) async fn landing(State(shared): State<Shared>) -> impl IntoResponse {
    let config = shared.service.config();
    let link =
        |url: &str, en: &str, zh: &str| format!(r#"<li><a href="{url}">{en}</a> <span lang="zh-CN">{zh}</span></li>"#);
    let mut links = String::new();
    if config.is_on(config.graphql.playground) {
        links += &link("/playground", "Playground", "在浏览器中试用接口");
    }
    if let Some(sandbox) = config.sandbox_url() {
        let url = sandbox.join("/_sandbox/").map_or_else(|_| sandbox.to_string(), String::from);
        links += &link(&url, "Sandbox: a local WeChat", "沙盒：本机上的微信");
    }
    links += &link("/.well-known/jwks.json", "Public keys (JWKS)", "验证令牌的公钥");
    links += &link("/readyz", "Readiness", "就绪状态");
    let page = include_str!("landing.html").replace("{{links}}", &links);
    (
        [(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
        )],
        Html(page),
    )
}
