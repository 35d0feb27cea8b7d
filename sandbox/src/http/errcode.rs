//! WeChat's error numbers and their texts. See `manner` for their format.

use crate::state::quotas::{Period, QuotaReached};

/// An error number of WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errcode(pub(crate) i64);

impl Errcode {
    pub(crate) const SYSTEM_ERROR: Self = Self(-1);
    pub(crate) const INVALID_CREDENTIAL: Self = Self(40001);
    pub(crate) const INVALID_GRANT_TYPE: Self = Self(40002);
    pub(crate) const INVALID_OPENID: Self = Self(40003);
    pub(crate) const INVALID_TYPE: Self = Self(40005);
    pub(crate) const INVALID_APPID: Self = Self(40013);
    pub(crate) const INVALID_ACCESS_TOKEN: Self = Self(40014);
    pub(crate) const INVALID_CODE: Self = Self(40029);
    pub(crate) const INVALID_REFRESH_TOKEN: Self = Self(40030);
    pub(crate) const OPENID_LIST_SIZE: Self = Self(40032);
    pub(crate) const INVALID_ACTION_INFO: Self = Self(40053);
    /// Unverified: WeCom's number for an invalid parameter; the one for a user ticket is not documented.
    pub(crate) const INVALID_USER_TICKET: Self = Self(40058);
    pub(crate) const INVALID_URL: Self = Self(40066);
    pub(crate) const INVALID_ARGS: Self = Self(40097);
    pub(crate) const INVALID_APPSECRET: Self = Self(40125);
    pub(crate) const CODE_BEEN_USED: Self = Self(40163);
    pub(crate) const NOT_IN_WHITELIST: Self = Self(40164);
    pub(crate) const CODE_BLOCKED: Self = Self(40226);
    pub(crate) const FROZEN_APPSECRET: Self = Self(40243);
    pub(crate) const ACCESS_TOKEN_MISSING: Self = Self(41001);
    pub(crate) const APPID_MISSING: Self = Self(41002);
    pub(crate) const REFRESH_TOKEN_MISSING: Self = Self(41003);
    pub(crate) const APPSECRET_MISSING: Self = Self(41004);
    pub(crate) const MISSING_CODE: Self = Self(41008);
    pub(crate) const MISSING_OPENID: Self = Self(41009);
    pub(crate) const ACCESS_TOKEN_EXPIRED: Self = Self(42001);
    pub(crate) const REFRESH_TOKEN_EXPIRED: Self = Self(42002);
    pub(crate) const REQUIRE_GET: Self = Self(43001);
    pub(crate) const REQUIRE_POST: Self = Self(43002);
    pub(crate) const EMPTY_POST: Self = Self(44002);
    pub(crate) const DAILY_QUOTA: Self = Self(45009);
    pub(crate) const MINUTE_QUOTA: Self = Self(45011);
    pub(crate) const DATA_FORMAT: Self = Self(47001);
    pub(crate) const API_UNAUTHORIZED: Self = Self(48001);
    pub(crate) const API_FORBIDDEN: Self = Self(48004);
    pub(crate) const CLEARED_TOO_OFTEN: Self = Self(48006);
    pub(crate) const USER_UNAUTHORIZED: Self = Self(50001);
    pub(crate) const APPID_WRONG: Self = Self(63178);
    pub(crate) const OPENID_LIST_EMPTY: Self = Self(63182);
    pub(crate) const INVALID_SIG_METHOD: Self = Self(87008);
    pub(crate) const INVALID_SIGNATURE: Self = Self(87009);

    /// Returns WeChat's own text, without the request id.
    pub(super) fn words(self) -> &'static str {
        match self.0 {
            -1 | 61450 => "system error",
            0 => "ok",
            40001 => {
                "invalid credential, access_token is invalid or not latest, could get access_token by \
                 getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
            }
            40002 => "invalid grant_type",
            40003 => "invalid openid",
            40013 => "invalid appid",
            40014 => "invalid access_token",
            40029 => "invalid code",
            40030 => "invalid refresh_token",
            40032 => "invalid openid list size",
            40053 => "invalid action info",
            40066 => "invalid url",
            40097 => "invalid args",
            40125 => "invalid appsecret",
            40163 => "code been used",
            40164 => "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
            40226 => "code blocked",
            // From one developer's notes; the documents have no text.
            40243 => "appsecret is frozen",
            41001 => "access_token missing",
            41002 => "appid missing",
            41003 => "refresh_token missing",
            41004 => "appsecret missing",
            41008 => "missing code",
            41009 => "missing openid",
            42001 => "access_token expired",
            42002 => "refresh_token expired",
            42003 => "code expired",
            43001 => "require GET method",
            43002 => "require POST method",
            43003 => "require https",
            44002 => "empty post data",
            45009 => "reach max api daily quota limit",
            // The extra spaces are WeChat's.
            45011 => "api minute-quota reach limit  mustslower  retry next minute",
            47001 => "data format error",
            48001 => "api unauthorized",
            48004 => "api forbidden for irregularities",
            48006 => "forbid to clear quota because of reaching the limit",
            50001 => "user unauthorized",
            50002 => "user limited",
            61004 => "access clientip is not registered, not in ip-white-list",
            63178 => "appid wrong",
            63182 => "openid_list empty",
            61007 => "api is unauthorized to component",
            61010 => "code is expired",
            61023 => "refresh_token is invalid",
            61451 => "invalid parameter",
            86103 => "check confirmfile fail!",
            87008 => "invalid sig_method",
            87009 => "invalid signature",
            89001 => "not same contractor",
            _ => "error",
        }
    }
}

impl From<QuotaReached> for Errcode {
    fn from(QuotaReached(period): QuotaReached) -> Self {
        match period {
            Period::Minute => Self::MINUTE_QUOTA,
            Period::Day => Self::DAILY_QUOTA,
            // Only the reset of the daily counters is limited by month.
            Period::Month => Self::CLEARED_TOO_OFTEN,
        }
    }
}
