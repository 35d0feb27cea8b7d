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
    /// The same in Chinese.
    pub(crate) in_chinese: &'static str,
}

impl PageError {
    const fn new(number: &'static str, text: &'static str, meaning: &'static str, in_chinese: &'static str) -> Self {
        Self { number, text, meaning, in_chinese }
    }

    pub(crate) const DOMAIN: Self = Self::new(
        "10003",
        "redirect_uri域名与后台配置不一致",
        "the host of redirect_uri is not one of the app's redirect domains, or its scheme is missing",
        "redirect_uri 的域名不在应用的授权回调域名中，或缺少 http(s)://",
    );
    pub(crate) const BANNED: Self =
        Self::new("10004", "此公众号被封禁", "the official account is banned", "该公众号已被封禁");
    pub(crate) const SCOPE: Self = Self::new(
        "10005",
        "此公众号并没有这些scope的权限",
        "the official account may not use this scope",
        "该公众号没有这个 scope 的权限",
    );
    pub(crate) const MUST_FOLLOW: Self = Self::new(
        "10006",
        "必须关注此测试号",
        "the person must follow this test account first",
        "用户须先关注此测试号",
    );
    pub(crate) const TOO_OFTEN: Self =
        Self::new("10009", "操作太频繁了，请稍后重试", "too frequent, try later", "请求过于频繁，请稍后再试");
    pub(crate) const NO_SCOPE: Self = Self::new("10010", "scope不能为空", "scope is empty", "scope 为空");
    pub(crate) const NO_REDIRECT: Self =
        Self::new("10011", "redirect_uri不能为空", "redirect_uri is empty", "redirect_uri 为空");
    pub(crate) const NO_APPID: Self = Self::new("10012", "appid不能为空", "appid is empty", "appid 为空");
    pub(crate) const NO_STATE: Self = Self::new("10013", "state不能为空", "state is empty", "state 为空");
    pub(crate) const NO_PLATFORM: Self = Self::new(
        "10015",
        "公众号未授权第三方平台，请检查授权状态",
        "the official account did not authorise the third-party platform",
        "该公众号没有授权给此第三方平台",
    );
    pub(crate) const NOT_AN_ACCOUNT: Self = Self::new(
        "10016",
        "不支持微信开放平台的Appid，请使用公众号Appid",
        "this is the appid of a website, mobile app or mini program; an official account's is needed here",
        "这是网站、移动应用或小程序的 appid；此处须用公众号的",
    );
    pub(crate) const UNKNOWN_APPID: Self =
        Self::new("appid", "AppID 参数错误", "no app has this appid", "没有应用使用这个 appid");
    pub(crate) const RESPONSE_TYPE: Self =
        Self::new("link", "该链接无法访问", "response_type must be `code`", "response_type 必须是 `code`");
    pub(crate) const LONG_STATE: Self =
        Self::new("state", "state 参数过长", "state is longer than 128 bytes", "state 超过 128 字节");
    pub(crate) const ORDER: Self = Self::new(
        "link",
        "该链接无法访问",
        "the parameters are not in the documented order, and this app is strict",
        "参数没有按文档规定的顺序排列，而此应用会严格检查",
    );
    pub(crate) const SITE_SCOPE: Self = Self::new(
        "scope",
        "Scope 参数错误或没有 Scope 权限",
        "this page takes the appid of a website and the scope snsapi_login",
        "此页面须用网站应用的 appid 和 scope snsapi_login",
    );
    pub(crate) const SITE_REDIRECT: Self = Self::new(
        "redirect_uri",
        "redirect_uri 参数错误",
        "redirect_uri is not an absolute address on one of the website's redirect domains",
        "redirect_uri 不是该网站授权回调域名下的完整网址",
    );
    pub(crate) const QR_OVER: Self = Self::new(
        "qrcode",
        "二维码已过期",
        "this QR code has expired; reload its page",
        "二维码已过期，请刷新显示它的页面",
    );

    // WeCom's own.
    pub(crate) const AGENT: Self = Self::new(
        "agentid",
        "无效的agentid参数",
        "agentid is missing, or is not an app of this corp",
        "缺少 agentid，或它不是该企业的应用",
    );
    pub(crate) const WECOM_SCOPE: Self = Self::new(
        "scope",
        "Scope 参数错误或没有 Scope 权限",
        "the scope of a WeCom app is snsapi_base or snsapi_privateinfo",
        "企业微信应用的 scope 是 snsapi_base 或 snsapi_privateinfo",
    );
    pub(crate) const UNTRUSTED: Self = Self::new(
        "50001",
        "redirect_url未登记可信域名",
        "the host of redirect_uri is not a trusted domain of the app, or its scheme is missing",
        "redirect_uri 的域名不是应用的可信域名，或缺少 http(s)://",
    );
    pub(crate) const LOGIN_TYPE: Self = Self::new(
        "login_type",
        "该链接无法访问",
        "login_type must be `CorpApp`: logins of service providers are not supported",
        "login_type 必须是 `CorpApp`：不支持服务商登录",
    );
    pub(crate) const LOGIN_REDIRECT: Self = Self::new(
        "redirect_uri",
        "该链接无法访问",
        "redirect_uri is not an absolute address on a trusted domain of the app",
        "redirect_uri 不是应用可信域名下的完整网址",
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
