//! Validates `[sms]` and `[line_check]`; only the chosen driver has to be complete. See `sms` for the keys.

use std::fmt::Display;

use providers::{Checks, Problem};
use secrecy::{ExposeSecret, SecretString};

use super::sms::{
    AliyunLineCheck, AliyunSms, Budget, HttpSms, HuaweiSms, LineCheck, LineCheckKind, Sms, SmsSenderKind, Template,
    Templates, TencentSms,
};
use crate::sms::{Kind, fill, is_blank};

/// The largest UTC offset, in minutes.
const MAX_OFFSET: i32 = 14 * 60;

pub(super) fn sms(sms: &Sms) -> Vec<Problem> {
    let mut found = Found::default();
    found.budget(sms.budget);
    if sms.signature.trim().is_empty() {
        found.note("sms.signature", "is empty");
    }
    match sms.sender {
        SmsSenderKind::None | SmsSenderKind::Sandbox | SmsSenderKind::Log => {}
        SmsSenderKind::Aliyun => found.aliyun(&sms.aliyun),
        SmsSenderKind::Tencent => found.tencent(&sms.tencent),
        SmsSenderKind::Huawei => found.huawei(&sms.huawei),
        SmsSenderKind::Http => found.http(&sms.http),
    }
    found.finish()
}

pub(super) fn line_check(line_check: &LineCheck) -> Vec<Problem> {
    let mut found = Found::default();
    match line_check.checker {
        LineCheckKind::None => {}
        LineCheckKind::Aliyun => found.aliyun_line_check(&line_check.aliyun),
    }
    found.finish()
}

#[derive(Default)]
struct Found(Checks);

impl Found {
    fn note(&mut self, path: &str, reason: impl Into<String>) {
        self.0.note(path, reason);
    }

    fn finish(self) -> Vec<Problem> {
        self.0.finish(Some(())).err().unwrap_or_default()
    }

    fn filled(&mut self, table: &str, keys: &[(&str, &str)]) {
        for (key, _) in keys.iter().filter(|(_, value)| value.trim().is_empty()) {
            self.note(&format!("{table}.{key}"), "is missing");
        }
    }

    fn secret(&mut self, path: &str, secret: &SecretString) {
        self.0.secret(path, Some(secret.clone()));
    }

    fn budget(&mut self, budget: Budget) {
        if budget.daily_cents > 0 && !(1..=budget.daily_cents).contains(&budget.price_cents) {
            self.note("sms.budget.price_cents", "must be at least 1, and at most the budget of a day");
        }
        if budget.utc_offset_minutes.abs() > MAX_OFFSET {
            self.note("sms.budget.utc_offset_minutes", format!("must be -{MAX_OFFSET} to {MAX_OFFSET}"));
        }
    }

    fn aliyun(&mut self, aliyun: &AliyunSms) {
        let AliyunSms { endpoint, access_key_id, access_key_secret, sign_name, templates } = aliyun;
        self.0.upstream("sms.aliyun.endpoint", endpoint.as_str());
        self.filled("sms.aliyun", &[("access_key_id", access_key_id), ("sign_name", sign_name)]);
        self.secret("sms.aliyun.access_key_secret", access_key_secret);
        self.templates("sms.aliyun.templates", templates);
    }

    fn tencent(&mut self, tencent: &TencentSms) {
        let TencentSms { endpoint, region, secret_id, secret_key, sdk_app_id, sign_name, templates } = tencent;
        self.0.upstream("sms.tencent.endpoint", endpoint.as_str());
        let keys = [("region", region), ("secret_id", secret_id), ("sdk_app_id", sdk_app_id), ("sign_name", sign_name)];
        self.filled("sms.tencent", &keys.map(|(key, value)| (key, value.as_str())));
        self.secret("sms.tencent.secret_key", secret_key);
        self.templates("sms.tencent.templates", templates);
    }

    fn huawei(&mut self, huawei: &HuaweiSms) {
        // The signature is needed for general templates only, and the channel of notices only if it is another.
        let HuaweiSms { endpoint, app_key, app_secret, sender, notice_sender: _, sign_name: _, templates } = huawei;
        self.0.upstream("sms.huawei.endpoint", endpoint.as_str());
        self.filled("sms.huawei", &[("app_key", app_key), ("sender", sender)]);
        if !app_key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
            self.note("sms.huawei.app_key", "has characters that no key has");
        }
        self.secret("sms.huawei.app_secret", app_secret);
        self.templates("sms.huawei.templates", templates);
    }

    fn templates<P: Patterns>(&mut self, table: &str, templates: &Templates<P>) {
        for kind in Kind::ALL {
            let path = format!("{table}.{}", kind.name());
            match templates.of(*kind) {
                None if *kind == Kind::Code => self.note(&path, "is missing: codes need a template"),
                None => {}
                Some(Template { id, params }) => {
                    self.filled(&path, &[("id", id)]);
                    for (key, pattern) in params.patterns() {
                        self.blanks(&format!("{path}.params{key}"), pattern, &[]);
                    }
                    let has_code = params.patterns().iter().any(|(_, pattern)| pattern.contains("{code}"));
                    if *kind == Kind::Code && !has_code {
                        self.note(&format!("{path}.params"), "has no {code}");
                    }
                }
            }
        }
    }

    fn blanks(&mut self, path: &str, pattern: &str, more: &[&str]) {
        let known = |name: &str| is_blank(name) || more.contains(&name);
        if let Err(name) = fill(pattern, |name| known(name).then(Default::default)) {
            self.note(path, format!("has an unknown placeholder: {{{name}}}"));
        }
    }

    fn http(&mut self, http: &HttpSms) {
        match &http.url {
            Some(url) => drop(self.0.upstream("sms.http.url", url.as_str())),
            None => self.note("sms.http.url", "is missing"),
        }
        for (key, pattern) in &http.fields {
            self.blanks(&format!("sms.http.fields.{key}"), pattern, &["number", "national", "text"]);
        }
        let has =
            |blanks: &[&str]| http.fields.values().any(|pattern| blanks.iter().any(|blank| pattern.contains(blank)));
        if !has(&["{number}", "{national}"]) {
            self.note("sms.http.fields", "has neither {number} nor {national}");
        } else if !has(&["{text}", "{code}"]) {
            self.note("sms.http.fields", "has neither {text} nor {code}");
        }
        if !http.success_pointer.is_empty() && !http.success_pointer.starts_with('/') {
            self.note("sms.http.success_pointer", "is not a JSON pointer such as /code");
        }
        if !http.bearer.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            self.note("sms.http.bearer", "has characters that no header has");
        }
    }

    fn aliyun_line_check(&mut self, aliyun: &AliyunLineCheck) {
        self.0.upstream("line_check.aliyun.endpoint", aliyun.endpoint.as_str());
        self.filled("line_check.aliyun", &[("access_key_id", &aliyun.access_key_id)]);
        self.secret("line_check.aliyun.access_key_secret", &aliyun.access_key_secret);
        self.secret("line_check.aliyun.auth_code", &aliyun.auth_code);
    }
}

/// The placeholders of a template, with their paths.
trait Patterns {
    fn patterns(&self) -> Vec<(String, &str)>;
}

impl Patterns for std::collections::BTreeMap<String, String> {
    fn patterns(&self) -> Vec<(String, &str)> {
        self.iter().map(|(name, pattern)| (at(".", name, ""), pattern.as_str())).collect()
    }
}

impl Patterns for Vec<String> {
    fn patterns(&self) -> Vec<(String, &str)> {
        self.iter().enumerate().map(|(place, pattern)| (at("[", place, "]"), pattern.as_str())).collect()
    }
}

fn at(before: &str, key: impl Display, after: &str) -> String {
    format!("{before}{key}{after}")
}
