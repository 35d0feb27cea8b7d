//! `WeCom`'s error numbers and their kinds, with its own words beside each number. Source: "Global error codes",
//! <https://developer.work.weixin.qq.com/document/path/90313>.

use crate::builtin::tencent::Failure;
use crate::{CallError, ErrorKind};

/// Converts a failed call with a shared token, which may be what `WeCom` refused.
pub(super) fn with_token(failure: Failure) -> CallError {
    failure.with_token("WeCom", kind_of)
}

/// Maps a number of `WeCom` to its kind, with its own words beside it. The tail of its words, `hint: […], from ip: …`, is
/// what its support asks for, and names the address to add to the list of 60020.
pub(super) fn kind_of(number: i64) -> ErrorKind {
    match number {
        40029      // invalid code (unknown, expired, used: WeCom does not tell these apart)
        | 41008    // missing code
        => ErrorKind::CodeRejected,
        45009      // api freq out of limit
        => ErrorKind::RateLimited,
        -1         // system error (系统繁忙)
        => ErrorKind::Unavailable,
        40001      // invalid credential (of the secret; 不合法的secret参数)
        | 40013    // invalid corpid
        | 40014    // invalid access_token (one that was fetched this moment)
        | 40056    // 不合法的agentid
        | 41002    // corpid missing
        | 41004    // corpsecret missing
        | 42001    // access_token expired (one that was fetched this moment)
        | 48002    // api forbidden
        | 50001    // redirect_uri unauthorized
        | 60011    // no privilege to access/modify contact
        | 60020    // not allow to access from your ip
        | 40080    // 不合法的suite_secret
        | 40082    // invalid suite_acccess_token or provider_access_token (one that was fetched this moment)
        | 40083    // 不合法的suite_id
        | 40085    // invalid suite ticket (suite_ticket不存在或者已失效)
        | 42009    // suite_access_token已过期 (one that was fetched this moment)
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_kind() {
        for (kind, numbers) in [
            (ErrorKind::CodeRejected, [40029, 41008].as_slice()),
            (ErrorKind::RateLimited, &[45009]),
            (ErrorKind::Unavailable, &[-1]),
            (ErrorKind::Misconfigured, &[40001, 40013, 40014, 40056, 41002, 41004, 42001, 48002, 50001, 60011, 60020]),
            (ErrorKind::Misconfigured, &[40080, 40082, 40083, 40085, 42009]),
            (ErrorKind::UnexpectedAnswer, &[1, 40003, 40163]),
        ] {
            for number in numbers {
                assert_eq!(kind_of(*number), kind, "{number}");
            }
        }
    }
}
