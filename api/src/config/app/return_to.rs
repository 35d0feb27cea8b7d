//! The addresses that a login may return to: one function reads an entry of `return_to`, for `guiyi check` and for the
//! service alike, and a request has to name the very address that it returns.

use url::Url;

use super::address::has_dots;
use crate::config::Mode;
use crate::text::{Text, text};

/// The parameters that providers append to the address; Alipay and DingTalk have names of their own for the code.
const APPENDED: [&str; 4] = ["code", "auth_code", "authCode", "state"];

/// A whole address that a login may return to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnAddress(String);

/// Why no login can return to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadReturn {
    /// It is neither a web address nor a path.
    NoAddress,
    /// Production needs https.
    Insecure,
    /// It has a part behind `#`.
    Fragment,
    /// It has a user name or a password.
    UserInfo,
    /// Its query has a parameter that the provider appends.
    Appended(&'static str),
    /// Its path has `.` or `..`.
    Dots,
}

impl BadReturn {
    /// Returns what is wrong.
    #[must_use]
    pub fn said(self) -> Text {
        match self {
            Self::NoAddress => text!("is neither a web address nor a path", "既不是网址，也不是路径"),
            Self::Insecure => text!("production needs an https address", "生产模式必须使用 https 地址"),
            Self::Fragment => text!(
                "has a `#`: WeChat and other providers return to a page, not to what is behind a `#`",
                "含有 `#`：微信等登录平台只能跳转到页面，不能跳转到 `#` 之后的部分"
            ),
            Self::UserInfo => text!("has a user name or password before the host", "主机名前含有用户名或密码"),
            Self::Appended(name) => text!(
                "has `{name}` in its query, which the provider appends itself",
                "查询参数中含有 `{name}`，而登录平台会自行附加该参数"
            ),
            Self::Dots => {
                text!("has `.` or `..` in its path, which browsers resolve", "路径中含有 `.` 或 `..`，会被浏览器改写")
            }
        }
    }

    /// Returns what to do.
    #[must_use]
    pub fn expected(self) -> Option<Text> {
        match self {
            Self::NoAddress => Some(text!(
                "such as https://shop.example.com/signed-in, or /signed-in below http.public_url",
                "例如 https://shop.example.com/signed-in，或 http.public_url 之下的 /signed-in"
            )),
            Self::Fragment => Some(text!(
                "with a hash router, list the page without `#` (https://shop.example.com/), let it read `code` and `state` from \
                 location.search, and only then go to its route; or use history routes",
                "使用 hash 路由时，请填写不带 `#` 的页面地址（https://shop.example.com/），由该页面从 location.search 读取 `code` 和 `state` \
                 后再跳转到对应路由；或改用 history 路由"
            )),
            Self::Insecure | Self::UserInfo | Self::Appended(_) | Self::Dots => None,
        }
    }
}

impl ReturnAddress {
    /// Reads an entry of the list: an address, or a path below `base`.
    ///
    /// # Errors
    ///
    /// Returns why no login can return there.
    pub fn read(entry: &str, base: &str, mode: Mode) -> Result<Self, BadReturn> {
        let is_path = entry.starts_with('/') && !entry.starts_with("//");
        let whole = if is_path { format!("{base}{entry}") } else { entry.to_owned() };
        // URL parsers repair or drop these, while the address is compared as it is.
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        let (_, rest) = whole.split_once("://").ok_or(BadReturn::NoAddress)?;
        let url = Url::parse(&whole).ok().filter(Url::has_host).ok_or(BadReturn::NoAddress)?;
        if whole.contains(is_odd) || !["http", "https"].contains(&url.scheme()) {
            return Err(BadReturn::NoAddress);
        }
        let page = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = page.split_once('/').unwrap_or((page, ""));
        if authority.is_empty() {
            return Err(BadReturn::NoAddress);
        }
        if authority.contains('@') {
            return Err(BadReturn::UserInfo);
        }
        if rest.contains('#') {
            return Err(BadReturn::Fragment);
        }
        if has_dots(path) {
            return Err(BadReturn::Dots);
        }
        let appended = APPENDED.into_iter().find(|name| url.query_pairs().any(|(key, _)| key == *name));
        if let Some(name) = appended {
            return Err(BadReturn::Appended(name));
        }
        // A path is below `http.public_url`, whose scheme is checked there.
        if mode == Mode::Production && url.scheme() != "https" && !is_path {
            return Err(BadReturn::Insecure);
        }
        Ok(Self(whole))
    }

    /// Returns whether a request names this address.
    #[must_use]
    pub fn is(&self, asked: &str) -> bool {
        self.0 == asked
    }

    /// Returns the whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://id.example.com";

    fn read(entry: &str) -> Result<String, BadReturn> {
        ReturnAddress::read(entry, BASE, Mode::Production).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn an_entry_is_a_web_address_or_a_path_below_the_public_one() {
        for (entry, whole) in [
            ("https://shop.example.com", "https://shop.example.com"),
            ("https://shop.example.com/signed-in?from=wx", "https://shop.example.com/signed-in?from=wx"),
            ("https://shop.example.com:8443/a..b/...", "https://shop.example.com:8443/a..b/..."),
            (
                "https://shop.example.com/?encode=1&status=2&next=..",
                "https://shop.example.com/?encode=1&status=2&next=..",
            ),
            ("/signed-in", "https://id.example.com/signed-in"),
            ("/", "https://id.example.com/"),
        ] {
            assert_eq!(read(entry).as_deref(), Ok(whole), "{entry}");
        }
    }

    #[test]
    fn what_no_provider_returns_to_is_refused_with_the_reason() {
        for (entry, why) in [
            ("https://shop.example.com/#/signed-in", BadReturn::Fragment),
            ("/#/signed-in", BadReturn::Fragment),
            ("/#", BadReturn::Fragment),
            ("https://shop.example.com/?a=b#c", BadReturn::Fragment),
            ("https://wei@shop.example.com/", BadReturn::UserInfo),
            ("https://wei:secret@shop.example.com/", BadReturn::UserInfo),
            ("https://@shop.example.com/", BadReturn::UserInfo),
            ("https://shop.example.com/?code=1", BadReturn::Appended("code")),
            ("https://shop.example.com/?a=b&state=", BadReturn::Appended("state")),
            ("/signed-in?c%6Fde=1", BadReturn::Appended("code")),
            ("/signed-in?state", BadReturn::Appended("state")),
            ("/signed-in?auth_code=1", BadReturn::Appended("auth_code")),
            ("/signed-in?authCode=1", BadReturn::Appended("authCode")),
            ("https://shop.example.com/a/../b", BadReturn::Dots),
            ("https://shop.example.com/a/%2e%2E/b", BadReturn::Dots),
            ("https://shop.example.com/a/.%2e", BadReturn::Dots),
            ("https://shop.example.com/a/..%2fb", BadReturn::Dots),
            ("/./a", BadReturn::Dots),
            ("/..", BadReturn::Dots),
            ("http://shop.example.com/", BadReturn::Insecure),
            ("//shop.example.com/", BadReturn::NoAddress),
            ("shop.example.com/signed-in", BadReturn::NoAddress),
            ("https:///signed-in", BadReturn::NoAddress),
            ("https:/shop.example.com/", BadReturn::NoAddress),
            ("https://shop.example.com\\signed-in", BadReturn::NoAddress),
            ("https://shop.example.com/signed in", BadReturn::NoAddress),
            ("/signed\tin", BadReturn::NoAddress),
            ("javascript://shop.example.com/", BadReturn::NoAddress),
            ("ftp://shop.example.com/", BadReturn::NoAddress),
            ("", BadReturn::NoAddress),
        ] {
            assert_eq!(read(entry), Err(why), "{entry}");
        }
    }

    #[test]
    fn plain_http_is_for_development_and_for_a_public_url_that_has_it() {
        let development = |entry| ReturnAddress::read(entry, "http://127.0.0.1:8000", Mode::Development);

        assert!(development("http://127.0.0.1:3000/").is_ok());
        assert!(development("/playground").is_ok_and(|address| address.is("http://127.0.0.1:8000/playground")));
    }
}
