//! Sending SMS and checking lines over HTTP. A program in another language verifies the signatures as the vendors'
//! documents specify (`tests/carriers/carrier.py`). See `sms.rs` for limits and the budget.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use acceptance::{Client, Company, START, Server};
use api::line_check::{Line, LineCheckError};
use api::notify::Recipient;
use api::sms::{Kind, Notice};
use domain::{MessageId, PhoneNumber, Timestamp, UserId};
use serde_json::{Value, json};

/// Numbers whose last digit makes the carrier accept, refuse, rate limit or fail.
const GOOD: &str = "+8613800000001";
const REFUSED: &str = "+8613800000002";
const TOO_OFTEN: &str = "+8613800000003";
const FAILING: &str = "+8613800000004";

/// The carrier process, which ends with the test.
struct Carrier {
    process: Child,
    url: String,
}

impl Drop for Carrier {
    fn drop(&mut self) {
        // Fails only if it has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Carrier {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/carriers/carrier.py");
        let mut process = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().expect("python3 starts");
        let mut port = String::new();
        let output = process.stdout.take().expect("an output");
        BufReader::new(output).read_line(&mut port).expect("the carrier prints its port");
        Self { process, url: format!("http://127.0.0.1:{}/", port.trim()) }
    }

    async fn company(&self, settings: &str) -> (Company, Client) {
        let settings = toml::from_str(&settings.replace("{carrier}", &self.url)).expect("settings");
        let company = Company::open_with(Server::Sqlite, settings).await;
        let lan = company.sign_in("shop", "lan").await;
        (company, lan)
    }

    /// Returns the requests with a valid signature.
    async fn seen(&self) -> Vec<Value> {
        let seen: Value =
            reqwest::get(format!("{}seen", self.url)).await.expect("an answer").json().await.expect("JSON");
        seen.as_array().expect("a list").clone()
    }
}

/// Returns the answer for each number.
async fn told(lan: &Client, numbers: [&str; 4]) -> Vec<Value> {
    let mut told = Vec::new();
    for number in numbers {
        let answer = lan.send_code(number).await.0;
        let error = &answer["errors"][0]["extensions"];
        told.push(json!([error["code"], error["detail"], error["retryAfter"]]));
    }
    told
}

fn in_all_cases() -> Vec<Value> {
    in_all_cases_with_pause(60)
}

/// Returns the answers in which the carrier gives a waiting time, in seconds.
fn in_all_cases_with_pause(pause: u64) -> Vec<Value> {
    vec![
        json!([null, null, null]),
        json!(["SMS_UNAVAILABLE", "the carrier refused the message", null]),
        json!(["TOO_MANY_CODES", null, pause]),
        json!(["SMS_UNAVAILABLE", null, null]),
    ]
}

const ALIYUN: &str = r#"
    [sms]
    sender = "aliyun"
    [sms.aliyun]
    endpoint = "{carrier}"
    access_key_id = "test-key-id"
    access_key_secret = "test-key-secret"
    sign_name = "禾木 & Co"
    [sms.aliyun.templates]
    code = { id = "SMS_1", params = { code = "{code}", ttl = "{minutes}" } }
    open_id_unlinked = { id = "SMS_2", params = { app = "{app}" } }
    [line_check]
    checker = "aliyun"
    [line_check.aliyun]
    endpoint = "{carrier}"
    access_key_id = "test-key-id"
    access_key_secret = "test-key-secret"
    auth_code = "test-auth-code"
"#;

#[tokio::test]
async fn alibaba_cloud_takes_codes_that_are_signed_as_it_documents() {
    let carrier = Carrier::start();
    let (_company, lan) = carrier.company(ALIYUN).await;

    let told = told(&lan, [GOOD, REFUSED, TOO_OFTEN, FAILING]).await;

    assert_eq!(told, in_all_cases());
    let mut seen = carrier.seen().await;
    assert_eq!(seen.len(), 4, "{seen:?}");
    let params: Value = serde_json::from_str(seen[0]["query"]["TemplateParam"].as_str().expect("text")).expect("JSON");
    let code = params["code"].as_str().expect("a code");
    assert_eq!((code.len(), &params["ttl"]), (6, &json!("5")));
    seen[0]["query"]["TemplateParam"] = Value::Null;
    let query = json!({ "PhoneNumbers": "13800000001", "SignName": "禾木 & Co", "TemplateCode": "SMS_1", "TemplateParam": null });
    let date = "2025-10-09T08:53:20Z";
    assert_eq!(seen[0], json!({ "action": "SendSms", "version": "2017-05-25", "date": date, "query": query }));
}

#[tokio::test]
async fn a_notice_is_sent_where_there_is_a_template_for_it_and_not_elsewhere() {
    let carrier = Carrier::start();
    let (company, _) = carrier.company(ALIYUN).await;
    let phones = vec![PhoneNumber::parse(GOOD).expect("a number")];
    let to = Recipient::new(MessageId::new(START), UserId::new(START), phones);
    let notifier = company.app.service().notifier();

    assert!(!notifier.carries(Kind::PhoneChanged));
    assert!(notifier.carries(Kind::OpenIdUnlinked));
    notifier.notify(&to, &Notice::OpenIdUnlinked { app: "禾木商城".to_owned() }).await.expect("it is sent");

    let seen = carrier.seen().await;
    let sent: Vec<_> =
        seen.iter().map(|call| [&call["query"]["TemplateCode"], &call["query"]["TemplateParam"]]).collect();
    assert_eq!(sent, [[&json!("SMS_2"), &json!(r#"{"app":"禾木商城"}"#)]]);
}

#[tokio::test]
async fn alibaba_cloud_is_asked_whether_a_line_was_recycled() {
    let carrier = Carrier::start();
    let (company, _) = carrier.company(ALIYUN).await;
    let since = Timestamp::from_millis(1_760_000_000_000);
    let check = async |number| {
        let number = PhoneNumber::parse(number).expect("a number");
        company.app.service().line_check().check(&number, since).await.expect("an answer")
    };

    let lines = [check(GOOD).await, check(REFUSED).await, check(TOO_OFTEN).await, check(FAILING).await];

    assert_eq!(lines, [Line::Same, Line::Recycled, Line::Recycled, Line::Unknown]);
    assert_eq!(check("+14155552671").await, Line::Unknown);
    let seen = carrier.seen().await;
    assert_eq!(seen.len(), 4, "only carriers of mainland China are asked");
    let query = json!({ "AuthCode": "test-auth-code", "InputNumber": "13800000001", "Mask": "NORMAL", "StartTime": "2025-10-09 16:53:20" });
    assert_eq!((&seen[0]["query"], &seen[0]["version"]), (&query, &json!("2020-02-17")));
}

#[tokio::test]
async fn a_wrong_key_is_the_operators_business() {
    let carrier = Carrier::start();
    let (company, lan) = carrier.company(&ALIYUN.replace("test-key-secret", "another")).await;
    let number = PhoneNumber::parse(GOOD).expect("a number");

    let sent = lan.send_code(GOOD).await;
    let checked = company.app.service().line_check().check(&number, Timestamp::from_millis(0)).await;

    assert_eq!(sent.code(), "SMS_UNAVAILABLE");
    let Err(LineCheckError::Misconfigured(detail)) = checked else { panic!("{checked:?}") };
    assert_eq!(detail, "SignatureDoesNotMatch ");
    assert!(carrier.seen().await.is_empty());
}

#[tokio::test]
async fn tencent_cloud_takes_codes_that_are_signed_as_it_documents() {
    let carrier = Carrier::start();
    let settings = r#"
        [sms]
        sender = "tencent"
        [sms.tencent]
        endpoint = "{carrier}"
        secret_id = "test-secret-id"
        secret_key = "test-secret-key"
        sdk_app_id = "1400006666"
        sign_name = "禾木"
        [sms.tencent.templates]
        code = { id = "1110", params = ["{code}", "{minutes}"] }
    "#;
    let (_company, lan) = carrier.company(settings).await;

    let told = told(&lan, [GOOD, REFUSED, TOO_OFTEN, FAILING]).await;

    assert_eq!(told, in_all_cases());
    let mut seen = carrier.seen().await;
    assert_eq!(seen.len(), 4, "{seen:?}");
    let code = seen[0]["body"]["TemplateParamSet"][0].take();
    assert_eq!(code.as_str().map(str::len), Some(6));
    let body = json!({ "PhoneNumberSet": [GOOD], "SmsSdkAppId": "1400006666", "SignName": "禾木", "TemplateId": "1110", "TemplateParamSet": [null, "5"] });
    let (region, timestamp) = ("ap-guangzhou", "1760000000");
    assert_eq!(
        seen[0],
        json!({ "Action": "SendSms", "Version": "2021-01-11", "Region": region, "Timestamp": timestamp, "body": body })
    );
}

#[tokio::test]
async fn huawei_cloud_takes_codes_that_are_signed_as_it_documents() {
    let carrier = Carrier::start();
    let settings = r#"
        [sms]
        sender = "huawei"
        [sms.huawei]
        endpoint = "{carrier}"
        app_key = "test-app-key"
        app_secret = "test-app-secret"
        sender = "csms12345678"
        sign_name = "禾木 & Co"
        [sms.huawei.templates]
        code = { id = "8ff55eac", params = ["{code}", "{minutes}"] }
    "#;
    let (_company, lan) = carrier.company(settings).await;

    let told = told(&lan, [GOOD, REFUSED, TOO_OFTEN, FAILING]).await;

    assert_eq!(told, in_all_cases_with_pause(600));
    let mut seen = carrier.seen().await;
    assert_eq!(seen.len(), 4, "{seen:?}");
    let paras = seen[0]["form"]["templateParas"].take();
    let paras: Vec<String> = serde_json::from_str(paras.as_str().expect("text")).expect("a list of texts");
    assert_eq!((paras[0].len(), paras[1].as_str()), (6, "5"));
    let form = json!({
        "from": "csms12345678", "to": GOOD, "templateId": "8ff55eac", "templateParas": null, "signature": "禾木 & Co",
    });
    assert_eq!(seen[0], json!({ "path": "/sms/batchSendSms/v1", "date": "20251009T085320Z", "form": form }));
}

#[tokio::test]
async fn a_gateway_takes_fields_of_the_operators_choice_signed_and_says_success_in_its_own_way() {
    for body in ["json", "form"] {
        let carrier = Carrier::start();
        let settings = r#"
            [sms]
            sender = "http"
            language = "en"
            signature = "Hemu"
            [sms.http]
            url = "{carrier}send"
            body = "{body}"
            bearer = "test-bearer"
            hmac_secret = "test-hmac-secret"
            success_pointer = "/result"
            success_equals = "0"
            [sms.http.fields]
            mobile = "{national}"
            all = "{number} {kind} {minutes}"
            content = "{text}"
            code = "{code}"
        "#;
        let (_company, lan) = carrier.company(&settings.replace("{body}", body)).await;

        let told = told(&lan, [GOOD, REFUSED, TOO_OFTEN, FAILING]).await;

        assert_eq!(told, in_all_cases(), "{body}");
        let seen = carrier.seen().await;
        let code = seen[0]["fields"]["code"].as_str().expect("a code");
        let fields = json!({
            "mobile": "13800000001",
            "all": "+8613800000001 code 5",
            "content": format!("【Hemu】Your code is {code}. It is valid for 5 minutes. Do not share it with anyone."),
            "code": code,
        });
        assert_eq!(seen[0], json!({ "path": "/send", "timestamp": "1760000000", "fields": fields }), "{body}");
    }
}
