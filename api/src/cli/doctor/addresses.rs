//! The addresses of the configuration: the service's own, the pages that logins return to, and the files that prove a domain.

use http::{Request, Response, StatusCode};
use providers::ProviderError;

use super::Finding;
use crate::cli::words::chain;
use crate::service::Parts;
use crate::text::{Text, text};

pub(super) async fn look(parts: &Parts) -> Vec<Finding> {
    let mut findings = vec![own(parts).await];
    findings.extend(files(parts).await);
    findings.extend(pages(parts).await);
    findings
}

async fn own(parts: &Parts) -> Finding {
    let url = format!("{}/healthz", parts.config.public_url());
    match get(parts, &url).await {
        Ok(answer) if answer.status() == StatusCode::OK && answer.body() == b"ok\n" => {
            Finding::Sound(text!("{url} is this service", "{url} 是本服务"))
        }
        other => Finding::Odd(
            seen(&url, &other),
            text!(
                "start the service, or correct http.public_url and the proxy in front of it",
                "请启动服务，或更正 http.public_url 及其前面的代理"
            ),
        ),
    }
}

async fn files(parts: &Parts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in parts.config.apps.iter().flat_map(|app| &app.files) {
        let url = format!("{}/{}", parts.config.public_url(), file.name.as_str());
        findings.push(match get(parts, &url).await {
            Ok(answer) if answer.status() == StatusCode::OK && answer.body() == file.content.as_str().as_bytes() => {
                Finding::Sound(text!("{url} has the content of the configuration", "{url} 的内容与配置一致"))
            }
            other => Finding::Broken(
                seen(&url, &other),
                text!(
                    "WeChat will not verify the domain: let the proxy pass this path on to Guiyi, unchanged",
                    "微信将无法校验该域名：请让代理把此路径原样转发给 Guiyi"
                ),
            ),
        });
    }
    findings
}

/// A login ends there: a page that is missing is noticed by a person otherwise.
async fn pages(parts: &Parts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for address in parts.apps.all().iter().flat_map(|app| &app.return_to) {
        let url = address.as_str().to_owned();
        findings.push(match get(parts, &url).await {
            Ok(answer) if !answer.status().is_client_error() && !answer.status().is_server_error() => {
                Finding::Sound(text!("{url} is there, for logins to return to", "登录返回地址 {url} 可以访问"))
            }
            other => Finding::Odd(
                seen(&url, &other),
                text!(
                    "people end there after a login: deploy the page, or correct return_to",
                    "用户登录后会到达这里：请部署该页面，或更正 return_to"
                ),
            ),
        });
    }
    findings
}

async fn get(parts: &Parts, url: &str) -> Result<Response<Vec<u8>>, Option<ProviderError>> {
    let request = Request::get(url).body(Vec::new()).map_err(|_| None::<ProviderError>)?;
    parts.http().execute(request).await.map_err(Some)
}

fn seen(url: &str, answer: &Result<Response<Vec<u8>>, Option<ProviderError>>) -> Text {
    match answer {
        Ok(answer) => {
            let status = answer.status();
            text!("{url} answers {status}, and not what it should", "{url} 返回 {status}，内容不符合预期")
        }
        Err(Some(error)) => {
            let said = chain(error);
            text!("{url}: {said}", "{url}：{said}")
        }
        Err(None) => text!("{url} is no address", "{url} 不是地址"),
    }
}
