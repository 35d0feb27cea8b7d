//! Douyin (抖音): mini programs (小程序), and website and mobile apps (网站应用, 移动应用). They share the numbers of the open
//! platform; the login of a mini program has a few numbers of its own: see `mini_program`.

pub(super) mod app;
pub(super) mod mini_program;

use crate::{ErrorKind, ProviderError, oauth};

/// Builds the error for a number; `sent` is what the upstream's words must not repeat.
fn refused<'a>(
    kind: ErrorKind,
    (number, words): (i64, &str),
    sent: impl IntoIterator<Item = &'a str>,
) -> ProviderError {
    ProviderError::new(kind, format!("Douyin answered {number}: {}", oauth::words(words, sent)))
}

/// Maps a number of the open platform to its kind, with Douyin's own words beside it.
///
/// The numbers below 20,000 are those of the token endpoint, the others exist in an old and a new form:
/// <https://developer.open-douyin.com/docs/resource/zh-CN/dop/develop/openapi/account-permission/get-access-token> and
/// <https://developer.open-douyin.com/docs/resource/zh-cn/dop/develop/openapi/status-code>. The words of those that only
/// pages or other grants answer are from the same tables.
fn kind_of(number: i64) -> ErrorKind {
    match number {
        10007                      // 授权码过期 (授权码只有 10 分钟有效期,且只能使用一次: a used code is not told apart)
        | 10014                    // client_key 不匹配 (the code is of another app)
        | 2_190_002                // access_token 无效
        | 2_190_008                // access_token 过期,请刷新或重新授权
        | 2_190_015                // 请求参数 access_token openid 不匹配
        | 28_001_003               // access_token无效
        | 28_001_008               // access_token过期,请刷新或重新授权
        | 28_001_015               // 请求参数 access_token 和 openId不匹配
        => ErrorKind::CodeRejected,
        2_190_003                  // 用户未授权该 API
        | 28_001_012               // 用户未授权该OpenAPI
        => ErrorKind::ConsentRequired,
        2_100_009                  // 用户被禁封使用该操作
        | 28_001_045               // 用户已注销,因此无法授权或调用该Scope
        | 28_001_046               // 用户已被封禁,因此无法授权或调用该Scope
        | 28_001_047               // 用户为私密用户,因此无法授权或调用该Scope
        => ErrorKind::PersonBlocked,
        2_190_001                  // quota 已用完
        | 28_001_052               // 获取平台能力存在异常风险,请稍后再试
        | 28_003_017               // quota 已用完
        | 28_003_018               // 请求频率过高
        => ErrorKind::RateLimited,
        10001                      // 系统异常
        | 2_100_004                // 系统繁忙,此时请开发者稍候再试
        | 28_001_005               // 系统繁忙,此时请开发者稍候再试
        | 28_001_006               // 网络调用错误,请重试
        => ErrorKind::Unavailable,
        10002                      // 参数错误
        | 10003                    // client_key 错误
        | 10004                    // 应用权限不足,请申请对应的 scope 权限
        | 10005                    // 缺少参数
        | 10006                    // 非法重定向 URI,需要与 app 配置中的"授权回调域"一致
        | 10012                    // 应用正在审核中,无法进行授权
        | 10013                    // client_key 或者 client_secret 报错
        | 10015                    // 应用类型错误,如将 app 应用的 client_key 用于 PC 应用
        | 2_100_005                // 参数不合法
        | 2_100_007                // 无权限操作
        | 2_190_004                // 应用未获得该能力
        | 28_001_007               // 参数不合法
        | 28_001_014               // 应用未授权任何能力
        | 28_001_016               // 当前应用已被封禁或下线
        | 28_001_018               // 应用未获得该能力
        | 28_001_019               // 当前能力已被封禁或下线
        | 28_001_020               // 用户未绑定该测试应用
        | 28_001_021               // 测试应用已过期
        | 29_002_002               // ClientKey不合法
        => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_kind_and_an_unknown_one_is_unexpected() {
        for (kind, numbers) in [
            (ErrorKind::CodeRejected, [10007, 10014, 2_190_008, 28_001_008].as_slice()),
            (ErrorKind::ConsentRequired, &[2_190_003, 28_001_012]),
            (ErrorKind::PersonBlocked, &[2_100_009, 28_001_046]),
            (ErrorKind::RateLimited, &[2_190_001, 28_003_018]),
            (ErrorKind::Unavailable, &[10001, 2_100_004, 28_001_005]),
            (ErrorKind::Misconfigured, &[10003, 10013, 28_001_018, 29_002_002]),
            (ErrorKind::UnexpectedAnswer, &[-1, 1, 10008, 40018, 28_001_999]),
        ] {
            for number in numbers {
                assert_eq!(kind_of(*number), kind, "{number}");
            }
        }
    }
}
