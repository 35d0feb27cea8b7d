//! The error pages of WeChat and WeCom: a number, their text, and its meaning.

/// An error page for an invalid request. WeChat shows it to the browser and does not report it to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageError {
    /// WeChat's number, or a word of the sandbox's own if there is none; also the header `x-sandbox-error`.
    pub(crate) number: &'static str,
    /// WeChat's text.
    pub(crate) text: &'static str,
    /// The meaning of the text, in English.
    pub(crate) meaning: &'static str,
}

impl PageError {
    const fn new(number: &'static str, text: &'static str, meaning: &'static str) -> Self {
        Self { number, text, meaning }
    }

    pub(crate) const DOMAIN: Self = Self::new(
        "10003",
        "redirect_uri域名与后台配置不一致",
        "the host of redirect_uri is not one of the app's redirect domains, or its scheme is missing",
    );
    pub(crate) const BANNED: Self = Self::new("10004", "此公众号被封禁", "the official account is banned");
    pub(crate) const SCOPE: Self =
        Self::new("10005", "此公众号并没有这些scope的权限", "the official account may not use this scope");
    pub(crate) const MUST_FOLLOW: Self =
        Self::new("10006", "必须关注此测试号", "the person must follow this test account first");
    pub(crate) const TOO_OFTEN: Self = Self::new("10009", "操作太频繁了，请稍后重试", "too frequent, try later");
    pub(crate) const NO_SCOPE: Self = Self::new("10010", "scope不能为空", "scope is empty");
    pub(crate) const NO_REDIRECT: Self = Self::new("10011", "redirect_uri不能为空", "redirect_uri is empty");
    pub(crate) const NO_APPID: Self = Self::new("10012", "appid不能为空", "appid is empty");
    pub(crate) const NO_STATE: Self = Self::new("10013", "state不能为空", "state is empty");
    pub(crate) const NO_PLATFORM: Self = Self::new(
        "10015",
        "公众号未授权第三方平台，请检查授权状态",
        "the official account did not authorise the third-party platform",
    );
    pub(crate) const NOT_AN_ACCOUNT: Self = Self::new(
        "10016",
        "不支持微信开放平台的Appid，请使用公众号Appid",
        "this is the appid of a website, mobile app or mini program; an official account's is needed here",
    );
    pub(crate) const UNKNOWN_APPID: Self = Self::new("appid", "AppID 参数错误", "no app has this appid");
    pub(crate) const RESPONSE_TYPE: Self = Self::new("link", "该链接无法访问", "response_type must be `code`");
    pub(crate) const LONG_STATE: Self = Self::new("state", "state 参数过长", "state is longer than 128 bytes");
    pub(crate) const ORDER: Self =
        Self::new("link", "该链接无法访问", "the parameters are not in the documented order, and this app is strict");
    pub(crate) const SITE_SCOPE: Self = Self::new(
        "scope",
        "Scope 参数错误或没有 Scope 权限",
        "this page takes the appid of a website and the scope snsapi_login",
    );
    pub(crate) const SITE_REDIRECT: Self = Self::new(
        "redirect_uri",
        "redirect_uri 参数错误",
        "redirect_uri is not an absolute address on one of the website's redirect domains",
    );
    pub(crate) const QR_OVER: Self = Self::new("qrcode", "二维码已过期", "this QR code has expired; reload its page");

    // WeCom's own.
    pub(crate) const AGENT: Self =
        Self::new("agentid", "无效的agentid参数", "agentid is missing, or is not an app of this corp");
    pub(crate) const WECOM_SCOPE: Self = Self::new(
        "scope",
        "Scope 参数错误或没有 Scope 权限",
        "the scope of a WeCom app is snsapi_base or snsapi_privateinfo",
    );
    pub(crate) const UNTRUSTED: Self = Self::new(
        "50001",
        "redirect_url未登记可信域名",
        "the host of redirect_uri is not a trusted domain of the app, or its scheme is missing",
    );
    pub(crate) const LOGIN_TYPE: Self = Self::new(
        "login_type",
        "该链接无法访问",
        "login_type must be `CorpApp`: logins of service providers are not supported",
    );
    pub(crate) const LOGIN_REDIRECT: Self = Self::new(
        "redirect_uri",
        "该链接无法访问",
        "redirect_uri is not an absolute address on a trusted domain of the app",
    );

    /// Returns the page of a number, for faults.
    pub(crate) fn numbered(number: i64) -> Option<Self> {
        let numbered = [
            Self::DOMAIN,
            Self::BANNED,
            Self::SCOPE,
            Self::MUST_FOLLOW,
            Self::TOO_OFTEN,
            Self::NO_SCOPE,
            Self::NO_REDIRECT,
            Self::NO_APPID,
            Self::NO_STATE,
            Self::NO_PLATFORM,
            Self::NOT_AN_ACCOUNT,
            Self::UNTRUSTED,
        ];
        numbered.into_iter().find(|error| error.number == number.to_string())
    }
}
