//! What a site asks for when it sends a browser to WeChat, checked as WeChat checks it.
//! What the person then sees is in `pages`.

use std::sync::Arc;

use crate::company::{App, AppKind, Scope, Standing};
use crate::state::World;

use super::Params;
use super::returning;
use super::wecom_login;

/// WeChat's limit for `state`.
const STATE_LIMIT: usize = 128;

/// A request that passed.
pub(crate) struct Asking {
    pub(crate) app: Arc<App>,
    pub(crate) redirect_uri: String,
    pub(crate) scope: Scope,
    pub(crate) state: Option<String>,
}

/// A page that says what is wrong with the request. WeChat shows it; the site never hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageError {
    /// The number of WeChat, or a word of ours where WeChat gives none; it is also the header `x-sandbox-error`.
    pub(crate) number: &'static str,
    /// The words of WeChat.
    pub(crate) text: &'static str,
    /// What that means, for those who read no Chinese.
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
    pub(crate) const NO_STATE: Self = Self::new("10013", "state不能为空", "state is there and empty");
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
    pub(crate) const UNKNOWN_APPID: Self = Self::new("appid", "AppID 参数错误", "nobody has this appid");
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
        "redirect_uri is no absolute address on one of the website's redirect domains",
    );
    pub(crate) const QR_OVER: Self =
        Self::new("qrcode", "二维码已过期", "this QR code is over; reload the page with it");

    /// The page of a number, for faults that were ordered.
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
            wecom_login::UNTRUSTED,
        ];
        numbered.into_iter().find(|error| error.number == number.to_string())
    }
}

/// Reads what an official account asks for, or an app of WeCom, which shares the page.
pub(super) fn of_an_account(world: &World, params: &Params) -> Result<Asking, PageError> {
    let app_id = params.filled("appid").ok_or(PageError::NO_APPID)?;
    if app_id.starts_with("ww") {
        return wecom_login::of_a_page(world, params);
    }
    let app = world.company.app_by_id(app_id).ok_or(PageError::UNKNOWN_APPID)?;
    if app.kind != AppKind::OfficialAccount {
        return Err(PageError::NOT_AN_ACCOUNT);
    }
    match app.standing {
        Standing::Banned => return Err(PageError::BANNED),
        Standing::Uncertified => return Err(PageError::SCOPE),
        Standing::Good | Standing::Test => (),
    }
    if params.filled("component_appid").is_some() {
        return Err(PageError::NO_PLATFORM);
    }
    let redirect_uri = params.filled("redirect_uri").ok_or(PageError::NO_REDIRECT)?;
    let scope = params.filled("scope").ok_or(PageError::NO_SCOPE)?;
    let scope = scope_for(&app, scope).ok_or(PageError::SCOPE)?;
    if params.get("state") == Some("") {
        return Err(PageError::NO_STATE);
    }
    response_type(params)?;
    let state = state(params)?;
    if !returning::allowed(&app, redirect_uri) {
        return Err(PageError::DOMAIN);
    }
    if !params.begin_with(&["appid", "redirect_uri", "response_type", "scope", "state"]) {
        // The documents say that the order is checked; products in wide use do not keep to it and get through.
        tracing::warn!(app = app.name, "the parameters of authorize are not in the documented order");
        if app.strict {
            return Err(PageError::ORDER);
        }
    }
    Ok(Asking { app, redirect_uri: redirect_uri.to_owned(), scope, state })
}

/// Reads what a website asks for.
pub(super) fn of_a_website(world: &World, params: &Params) -> Result<Asking, PageError> {
    let app_id = params.filled("appid").ok_or(PageError::UNKNOWN_APPID)?;
    let app = world.company.app_by_id(app_id).ok_or(PageError::UNKNOWN_APPID)?;
    let scope = params.filled("scope").filter(|_| app.kind == AppKind::Website);
    let scope = scope.and_then(|scope| scope_for(&app, scope)).ok_or(PageError::SITE_SCOPE)?;
    let redirect_uri = params.filled("redirect_uri").filter(|address| returning::allowed(&app, address));
    let redirect_uri = redirect_uri.ok_or(PageError::SITE_REDIRECT)?.to_owned();
    response_type(params)?;
    // The limit of 128 bytes is the official account's: nobody was ever refused a longer one here.
    let state = params.get("state").map(str::to_owned);
    Ok(Asking { app, redirect_uri, scope, state })
}

fn scope_for(app: &App, scope: &str) -> Option<Scope> {
    Scope::from_name(scope).filter(|scope| app.kind.scopes().contains(scope))
}

/// Insists on the one response type there is.
pub(super) fn response_type(params: &Params) -> Result<(), PageError> {
    if params.get("response_type") == Some("code") { Ok(()) } else { Err(PageError::RESPONSE_TYPE) }
}

/// The state, if it is one that can be given back.
pub(super) fn state(params: &Params) -> Result<Option<String>, PageError> {
    let state = params.get("state").unwrap_or_default();
    if state.len() > STATE_LIMIT {
        return Err(PageError::LONG_STATE);
    }
    if !state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        tracing::warn!("a state should be letters and digits only, as WeChat documents it");
    }
    Ok(params.get("state").map(str::to_owned))
}
