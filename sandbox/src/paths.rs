//! The paths of WeChat and WeCom that several parts of the sandbox use.

/// The pages and server calls at the hosts of WeChat.
pub(crate) const OF_WECHAT: [&str; 24] = [
    "/sns/oauth2/access_token",
    "/sns/oauth2/refresh_token",
    "/sns/userinfo",
    "/sns/auth",
    "/sns/jscode2session",
    "/cgi-bin/token",
    "/cgi-bin/stable_token",
    "/cgi-bin/ticket/getticket",
    "/cgi-bin/user/info",
    "/cgi-bin/user/info/batchget",
    "/cgi-bin/user/get",
    "/cgi-bin/changeopenid",
    "/cgi-bin/qrcode/create",
    "/cgi-bin/getcallbackip",
    "/cgi-bin/clear_quota",
    "/wxa/business/getuserphonenumber",
    "/wxa/checksession",
    "/wxa/resetusersessionkey",
    "/connect/oauth2/authorize",
    "/connect/qrconnect",
    "/connect/l/qrconnect",
    "/connect/confirm",
    "/wwlogin/sso/login",
    "/wwopen/sso/qrConnect",
];

/// The paths of `qyapi.weixin.qq.com`. None of them is one of WeChat's, so both share a port.
pub(crate) mod wecom {
    pub(crate) const TOKEN: &str = "/cgi-bin/gettoken";
    pub(crate) const IDENTITY: &str = "/cgi-bin/auth/getuserinfo";
    pub(crate) const IDENTITY_OF_OLD: &str = "/cgi-bin/user/getuserinfo";
    pub(crate) const DETAILS: &str = "/cgi-bin/auth/getuserdetail";
    pub(crate) const SESSION: &str = "/cgi-bin/miniprogram/jscode2session";
    pub(crate) const CORP_TICKET: &str = "/cgi-bin/get_jsapi_ticket";
    pub(crate) const APP_TICKET: &str = "/cgi-bin/ticket/get";

    /// All of them.
    pub(crate) const ALL: [&str; 7] = [TOKEN, IDENTITY, IDENTITY_OF_OLD, DETAILS, SESSION, CORP_TICKET, APP_TICKET];
}
