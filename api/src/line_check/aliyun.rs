//! Line check by Alibaba Cloud's 号码百科: `DescribePhoneTwiceTelVerify` of Dytnsapi 2020-02-17.
//!
//! Source: <https://help.aliyun.com/document_detail/453355.html>.

#[cfg(feature = "contract")]
pub(super) mod tape;

use async_trait::async_trait;
use chrono::{DateTime, FixedOffset, Utc};
use domain::{PhoneNumber, Timestamp};
use http::StatusCode;
use providers::Http;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{Line, LineCheckError, PhoneLineCheck};
use crate::aliyun::{Action, Aliyun, Answer};
use crate::clock::Clock;
use crate::config;
use crate::sms::domestic;
use crate::vendor_code::shown;

const VERIFY: Action = Action { name: "DescribePhoneTwiceTelVerify", version: "2020-02-17" };
/// The families of codes that concern the account.
const OURS: [&str; 3] = ["InvalidAccessKeyId", "InvalidTimeStamp", "Forbidden"];
/// Offset of China's time, which the carriers use, in seconds.
const CHINA: i32 = 8 * 3_600;

/// A line check through an account at Alibaba Cloud.
#[derive(Debug)]
pub(super) struct AliyunLineCheck {
    api: Aliyun,
    auth_code: SecretString,
}

impl AliyunLineCheck {
    pub(super) fn new(settings: &config::AliyunLineCheck, http: &Http, clock: &Clock) -> Self {
        let key = (settings.access_key_id.as_str(), &settings.access_key_secret);
        let api = Aliyun::new((http, clock), &settings.endpoint, key);
        Self { api, auth_code: settings.auth_code.clone() }
    }
}

#[async_trait]
impl PhoneLineCheck for AliyunLineCheck {
    async fn check(&self, number: &PhoneNumber, since: Timestamp) -> Result<Line, LineCheckError> {
        // The service covers only carriers of mainland China.
        let Some(number) = domestic(number) else { return Ok(Line::Unknown) };
        let since = china_time(since);
        let parameters = [
            ("AuthCode", self.auth_code.expose_secret()),
            ("InputNumber", number),
            ("Mask", "NORMAL"),
            ("StartTime", &since),
        ];
        read(&self.api.call(VERIFY, &parameters).await?)
    }
}

/// Formats a time as `2018-01-01 00:00:00`. The service accepts no time before 1970; an earlier one becomes the first
/// second of 1970.
fn china_time(time: Timestamp) -> String {
    let utc = DateTime::<Utc>::from(time.max(Timestamp::from_millis(1_000)));
    let china = FixedOffset::east_opt(CHINA).expect("eight hours are an offset");
    utc.with_timezone(&china).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Interprets an answer. Omits the vendor's message, which may repeat the number.
fn read(answer: &Answer) -> Result<Line, LineCheckError> {
    let code = answer.code.as_str();
    let detail = |words: &str| format!("{} {words}", shown(code));
    match code {
        "OK" => result(&answer.body),
        // "Queries for this ported number are not supported."
        // "Queries are not supported for numbers from China Broadnet (starting with 192), mobile virtual network
        // operators, and other unsupported carriers."
        "PortabilityNumberNotSupported" | "RequestNumberNotSupported" => Ok(Line::Unknown),
        "RequestFrequencyLimit" => {
            Err(LineCheckError::RateLimited(detail("Carriers limit frequent queries for the same number.")))
        }
        _ if code.starts_with("Throttling") => {
            Err(LineCheckError::RateLimited(detail("Request was denied due to request throttling.")))
        }
        _ if code.starts_with("isp.") || answer.status.is_server_error() => {
            Err(LineCheckError::Unavailable(detail("")))
        }
        _ if answer.status == StatusCode::TOO_MANY_REQUESTS => Err(LineCheckError::RateLimited(detail(""))),
        // "Specified access key is not found." "Specified signature is not matched with our calculation." "Specified time
        // stamp or date value is expired." "User not authorized to operate on the specified resource."
        "SignatureDoesNotMatch" => Err(LineCheckError::Misconfigured(detail(""))),
        _ if OURS.iter().any(|family| code.starts_with(family)) => Err(LineCheckError::Misconfigured(detail(""))),
        _ => Err(LineCheckError::undocumented(code)),
    }
}

fn result(body: &Value) -> Result<Line, LineCheckError> {
    let result = body.pointer("/Data/VerifyResult");
    // Documented as text; some versions of the vendor's SDKs show a number.
    let number = result.and_then(|result| result.as_i64().or_else(|| result.as_str()?.parse().ok()));
    match number {
        // "Cannot be determined."
        Some(0) => Ok(Line::Unknown),
        // "The number is a recycled number." "The number has been deactivated." "The number was transferred to a new owner."
        Some(1 | 3 | 4) => Ok(Line::Recycled),
        // "The number is not a recycled number."
        Some(2) => Ok(Line::Same),
        Some(_) | None => Err(LineCheckError::UnexpectedAnswer("it has no known result".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_chinas_time_and_never_before_1970() {
        assert_eq!(china_time(Timestamp::from_millis(1_760_000_000_000)), "2025-10-09 16:53:20");
        assert_eq!(china_time(Timestamp::from_millis(-1)), "1970-01-01 08:00:01");
    }
}
