//! The upstreams of the apps: whether this machine reaches them, and whether its clock agrees with theirs.

use std::collections::BTreeSet;

use chrono::DateTime;
use domain::Timestamp;
use http::Request;
use http::header::DATE;

use super::{Finding, clock};
use crate::cli::words::chain;
use crate::service::Parts;
use crate::text::{Text, text};

/// Asks each upstream once, for its first page. Any answer will do.
pub(super) async fn look(parts: &Parts) -> Vec<Finding> {
    let hosts: BTreeSet<&str> = parts.apps.all().iter().map(|app| app.provider.upstream()).collect();
    let mut findings = Vec::new();
    for host in hosts {
        // An imitation on this machine has another port.
        let is_here =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if !is_here {
            findings.extend(one(parts, host).await);
        }
    }
    findings
}

async fn one(parts: &Parts, host: &str) -> Vec<Finding> {
    let name = text!("the upstream {host}", "上游 {host}");
    let Ok(request) = Request::get(format!("https://{host}/")).body(Vec::new()) else {
        // Not a host: a provider of an embedding program may name its upstream as it likes.
        return Vec::new();
    };
    match parts.http().execute(request).await {
        Ok(answer) => {
            let date =
                answer.headers().get(DATE).and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
            let mut findings = vec![Finding::Sound(name.clone().then(&text!(" answers", " 有响应")))];
            let theirs = date.map(|date| Timestamp::from_millis(date.timestamp_millis()));
            findings.extend(theirs.map(|theirs| clock(&name, theirs, parts.now())));
            findings
        }
        Err(error) => {
            let what = name.then(&Text::new(": ", "：")).then(&Text::foreign(chain(&error)));
            let advice = text!(
                "let this machine reach port 443 there, and resolve its name; Guiyi uses no proxy",
                "请确保本机可以解析该域名并访问其 443 端口；Guiyi 不使用代理"
            );
            vec![Finding::Broken(what, advice)]
        }
    }
}
