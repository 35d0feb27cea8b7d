//! WeChat's error numbers and their kinds, with WeChat's own words beside each number.
//! Source: "Global return codes" and the page of each call, developers.weixin.qq.com.

use crate::builtin::tencent::Failure;
use crate::{CallError, ErrorKind, ProviderError};

/// The credential of a call. Where it is a token, some numbers refer to the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential {
    /// The app's secret: logins with a code, and the call that returns the global token.
    AppSecret,
    /// The web token that a code was exchanged for: `/sns/userinfo`.
    WebToken,
    /// The global token: `/cgi-bin` and `/wxa`.
    GlobalToken,
}

impl Credential {
    /// Converts a failed call to an error.
    pub(super) fn explain(self, failure: Failure) -> ProviderError {
        failure.explained("WeChat", |number| kind_of(number, self))
    }
}

/// Converts a failed call with the global token, which may be what WeChat refused.
pub(super) fn with_global_token(failure: Failure) -> CallError {
    failure.with_token("WeChat", |number| kind_of(number, Credential::GlobalToken))
}

/// Maps a number of WeChat to its kind, with WeChat's own words beside it, or a description in brackets if it has none.
fn kind_of(number: i64, credential: Credential) -> ErrorKind {
    match number {
        40029                      // invalid code
        | 41008                    // missing code
        | 42003                    // code expired
        | 61010                    // code is expired
        | 40003                    // invalid openid
        | 40030                    // invalid refresh_token
        | 42002                    // refresh_token expired
        | 42007                    // (the person changed the password; tokens are void)
        | 46004                    // (the user does not exist)
        => ErrorKind::CodeRejected,
        40163                      // code been used
        => ErrorKind::CodeUsed,
        40001                      // invalid credential, access_token is invalid or not latest
        | 40014                    // invalid access_token
        | 42001                    // access_token expired
        => match credential {
            // A rejected web token is treated like a rejected code.
            Credential::WebToken => ErrorKind::CodeRejected,
            // The secret is wrong; or a token fetched a moment ago is refused, because another system fetches new ones.
            Credential::AppSecret | Credential::GlobalToken => ErrorKind::Misconfigured,
        },
        48001                      // api unauthorized
        => match credential {
            // The code was issued for the base scope, which shows no profile.
            Credential::WebToken => ErrorKind::ConsentRequired,
            Credential::AppSecret | Credential::GlobalToken => ErrorKind::Misconfigured,
        },
        50001                      // user unauthorized
        => ErrorKind::ConsentRequired,
        87009                      // invalid signature (made with a session key that counts no more)
        => ErrorKind::StaleData,
        40226                      // code blocked (high-risk person)
        | 50002                    // user limited
        | 43004                    // (the person must follow the account)
        | 43019                    // (the person is on the account's blacklist)
        | 50005                    // (the person does not follow the account)
        | 10006                    // 必须关注此测试号
        => ErrorKind::PersonBlocked,
        45009                      // reach max api daily quota limit
        | 45011                    // api minute-quota reach limit  mustslower  retry next minute
        | 10009                    // 操作太频繁了，请稍后重试
        => ErrorKind::RateLimited,
        -1                         // system error
        | 61450                    // system error
        => ErrorKind::Unavailable,
        _ if is_setting(number) => ErrorKind::Misconfigured,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// Numbers that the operator can act on: the app's credentials, its registration, our address.
fn is_setting(number: i64) -> bool {
    matches!(
        number,
        40002                      // invalid grant_type
        | 40013                    // invalid appid
        | 40066                    // invalid url
        | 40125                    // invalid appsecret
        | 40164                    // invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist
        | 40243                    // (the app secret is frozen)
        | 41002                    // appid missing
        | 41004                    // appsecret missing
        | 43003                    // require https
        | 48004                    // api forbidden for irregularities
        | 50004                    // (the account is forbidden)
        | 50007                    // (the account is frozen)
        | 61003                    // (the account has not authorized the platform)
        | 61004                    // access clientip is not registered, not in ip-white-list
        | 61005                    // component ticket is expired
        | 61006                    // component ticket is invalid
        | 61007                    // api is unauthorized to component
        | 61011                    // invalid component
        | 61023                    // refresh_token is invalid (of an account that authorized a platform)
        | 63178                    // appid wrong
        | 86103                    // check confirmfile fail!
        | 89001                    // not same contractor
        | 89002                    // (the app is bound to no Open Platform account)
        | 89501 | 89503 | 89506 | 89507 // (the administrator has to confirm this address, or has refused it)
        // On pages in the browser, which are not reported to Guiyi:
        | 10003                    // redirect_uri域名与后台配置不一致
        | 10004                    // 此公众号被封禁
        | 10005                    // 此公众号并没有这些scope的权限
        | 10010                    // scope不能为空
        | 10011                    // redirect_uri不能为空
        | 10012                    // appid不能为空
        | 10013                    // state不能为空
        | 10015                    // 公众号未授权第三方平台，请检查授权状态
        | 10016 // 不支持微信开放平台的Appid，请使用公众号Appid
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every known error number of WeChat, with the kind that this project's documentation gives it.
    const KNOWN: [(ErrorKind, &[i64]); 9] = [
        (ErrorKind::CodeRejected, &[40003, 40029, 40030, 41008, 42002, 42003, 42007, 46004, 61010]),
        (ErrorKind::CodeUsed, &[40163]),
        (ErrorKind::ConsentRequired, &[50001]),
        (ErrorKind::StaleData, &[87009]),
        (ErrorKind::PersonBlocked, &[10006, 40226, 43004, 43019, 50002, 50005]),
        (ErrorKind::RateLimited, &[10009, 45009, 45011]),
        (ErrorKind::Unavailable, &[-1, 61450]),
        (
            ErrorKind::Misconfigured,
            &[
                10003, 10004, 10005, 10010, 10011, 10012, 10013, 10015, 10016, 40002, 40013, 40066, 40125, 40164,
                40243, 41002, 41004, 43003, 48004, 50004, 50007, 61003, 61004, 61005, 61006, 61007, 61011, 61023,
                63178, 86103, 89001, 89002, 89501, 89503, 89506, 89507,
            ],
        ),
        (
            ErrorKind::UnexpectedAnswer,
            &[
                40032, 40033, 41001, 41003, 41009, 43001, 43002, 44002, 45021, 47001, 61451, 76001, 76002, 76003,
                76004, 87008,
            ],
        ),
    ];

    const ALL: [Credential; 3] = [Credential::AppSecret, Credential::WebToken, Credential::GlobalToken];

    #[test]
    fn every_number_has_its_kind_whatever_the_call_proved_itself_with() {
        for (kind, numbers) in KNOWN {
            for number in numbers {
                assert_eq!(ALL.map(|credential| kind_of(*number, credential)), [kind; 3], "{number}");
            }
        }
    }

    #[test]
    fn a_number_about_a_token_depends_on_the_token() {
        for number in [40001, 40014, 42001] {
            let kinds = ALL.map(|credential| kind_of(number, credential));

            let [secret, web, global] = [ErrorKind::Misconfigured, ErrorKind::CodeRejected, ErrorKind::Misconfigured];
            assert_eq!(kinds, [secret, web, global], "{number}");
        }
    }

    #[test]
    fn only_the_token_of_a_person_can_lack_that_persons_consent() {
        let kinds = ALL.map(|credential| kind_of(48001, credential));

        assert_eq!(kinds, [ErrorKind::Misconfigured, ErrorKind::ConsentRequired, ErrorKind::Misconfigured]);
    }

    #[test]
    fn the_documentation_names_every_number_with_its_kind() {
        let page = include_str!("../../../../docs/wechat.md");

        for (kind, numbers) in KNOWN {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", kind.name())));
            let row = row.unwrap_or_else(|| panic!("a row for {}", kind.name()));
            let missing: Vec<_> = numbers.iter().filter(|number| !row.contains(&number.to_string())).collect();

            assert_eq!(missing, Vec::<&i64>::new(), "{}", kind.name());
        }
    }
}
