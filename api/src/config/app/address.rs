//! The pages that an app may sign for. See `return_to` for the addresses that a login returns to.

use std::str::FromStr;

use providers::is_this_machine;
use url::Url;

/// Why an address is not that of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPage {
    /// It is no valid address, or no browser shows one like it.
    #[error("is not the address of a page, such as https://shop.example.com/")]
    NoAddress,
    /// It is neither https nor plain http on this machine.
    #[error("must be https; plain http is possible only to this machine")]
    Insecure,
    /// Browsers resolve `.` and `..` before a request: an address that has them is an attack.
    #[error("must not have `.` or `..` in its path")]
    Dots,
    /// Entries of the list are paths and cover all queries.
    #[error("must have no query and no fragment")]
    NotAPath,
}

/// The address of one page, as a browser shows it: possibly with a query, without a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAddress(Url);

impl FromStr for PageAddress {
    type Err = BadPage;

    fn from_str(text: &str) -> Result<Self, BadPage> {
        // URL parsers repair or drop all of these, while the signature would cover the raw text.
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\' || c == '#';
        let after_scheme = text.split_once("://").ok_or(BadPage::NoAddress)?.1;
        let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
        if text.contains(is_odd) || authority.is_empty() || authority.contains('@') {
            return Err(BadPage::NoAddress);
        }
        let url = Url::parse(text).map_err(|_| BadPage::NoAddress)?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
            return Err(BadPage::Insecure);
        }
        let path = after_scheme[authority.len()..].split('?').next().unwrap_or_default();
        if has_dots(path) { Err(BadPage::Dots) } else { Ok(Self(url)) }
    }
}

/// Returns whether a segment is `.` or `..`, plain or escaped, also behind an escaped slash: some servers decode it.
pub(super) fn has_dots(path: &str) -> bool {
    let plain = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    plain.split('/').any(|segment| segment == "." || segment == "..")
}

/// One entry of `js_pages`: a page, or with a trailing slash everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsPage(PageAddress);

impl FromStr for JsPage {
    type Err = BadPage;

    fn from_str(text: &str) -> Result<Self, BadPage> {
        if text.contains(['?', '#']) {
            return Err(BadPage::NotAPath);
        }
        let page: PageAddress = text.parse()?;
        // Must be written in full, so that it is clear whether `https://shop.example.com` is a page or a host.
        if page.0.as_str() == text { Ok(Self(page)) } else { Err(BadPage::NoAddress) }
    }
}

impl JsPage {
    /// Returns whether the page equals the entry or lies below it.
    #[must_use]
    pub fn covers(&self, page: &PageAddress) -> bool {
        let (own, asked) = (&self.0.0, &page.0);
        let below = own.path().ends_with('/') && asked.path().starts_with(own.path());
        own.origin() == asked.origin() && (below || own.path() == asked.path())
    }

    /// Returns whether the address uses plain http.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.0.scheme() == "http"
    }
}

#[cfg(test)]
mod tests {
    use super::{BadPage, JsPage, PageAddress};

    fn covers(entry: &str, page: &str) -> Result<bool, BadPage> {
        let entry: JsPage = entry.parse().expect("a valid entry");
        page.parse().map(|page: PageAddress| entry.covers(&page))
    }

    #[test]
    fn an_entry_with_a_slash_at_the_end_covers_what_lies_below() {
        let entry = "https://shop.example.com/h5/";

        for page in ["/h5/", "/h5/a", "/h5/a/b.html?x=1&y=../..", "/h5/?a=b", "/h5/%E8%8C%B6", "/h5/a%2Fb", "/h5/..a"] {
            assert_eq!(covers(entry, &format!("https://shop.example.com{page}")), Ok(true), "{page}");
        }
        for page in ["/", "/h5", "/H5/", "/h5x/", "/other/h5/", "/%685/"] {
            assert_eq!(covers(entry, &format!("https://shop.example.com{page}")), Ok(false), "{page}");
        }
    }

    #[test]
    fn any_other_entry_is_that_very_page() {
        let entry = "https://shop.example.com/pay";

        assert_eq!(covers(entry, "https://shop.example.com/pay?order=1"), Ok(true));
        assert_eq!(covers(entry, "https://shop.example.com:443/pay"), Ok(true));
        for page in ["/pay/", "/pay/x", "/payment", "/", ""] {
            assert_eq!(covers(entry, &format!("https://shop.example.com{page}")), Ok(false), "{page}");
        }
    }

    #[test]
    fn another_scheme_host_or_port_is_not_covered() {
        for page in [
            "https://shop.example.com.evil.example/",
            "https://evil.example/shop.example.com/",
            "https://sub.shop.example.com/",
            "https://shop.example.com:8443/",
            "https://shop.example.com./",
            "http://127.0.0.1/",
        ] {
            assert_eq!(covers("https://shop.example.com/", page), Ok(false), "{page}");
        }
        assert_eq!(covers("http://127.0.0.1:3000/", "http://127.0.0.1:3000/x"), Ok(true));
        assert_eq!(covers("http://127.0.0.1:3000/", "http://127.0.0.1:3001/x"), Ok(false));
        assert_eq!(covers("http://127.0.0.1:3000/", "https://127.0.0.1:3000/x"), Ok(false));
    }

    #[test]
    fn what_no_browser_shows_is_no_page() {
        let entry = "https://shop.example.com/h5/";

        for (page, why) in [
            ("https://wei@shop.example.com/h5/", BadPage::NoAddress),
            ("https://shop.example.com:x@evil.example/h5/", BadPage::NoAddress),
            ("https://shop.example.com\\@evil.example/h5/", BadPage::NoAddress),
            ("https://shop.example.com\\h5\\", BadPage::NoAddress),
            ("https:\\\\shop.example.com/h5/", BadPage::NoAddress),
            ("https:/shop.example.com/h5/", BadPage::NoAddress),
            ("https:///shop.example.com/h5/", BadPage::NoAddress),
            ("//shop.example.com/h5/", BadPage::NoAddress),
            ("/h5/", BadPage::NoAddress),
            ("", BadPage::NoAddress),
            (" https://shop.example.com/h5/", BadPage::NoAddress),
            ("https://shop.example.com/h5/\n", BadPage::NoAddress),
            ("https://shop.exa\tmple.com/h5/", BadPage::NoAddress),
            ("http://shop.example.com/h5/", BadPage::Insecure),
            ("http://localhost.evil.example/h5/", BadPage::Insecure),
            ("javascript://shop.example.com/h5/", BadPage::Insecure),
            ("https://shop.example.com/h5/../admin", BadPage::Dots),
            ("https://shop.example.com/admin/../h5/", BadPage::Dots),
            ("https://shop.example.com/h5/./x", BadPage::Dots),
            ("https://shop.example.com/h5/%2e%2E/admin", BadPage::Dots),
            ("https://shop.example.com/h5/.%2e", BadPage::Dots),
            ("https://shop.example.com/h5/..%2fadmin", BadPage::Dots),
            ("https://shop.example.com/h5/x%5C..%5Cadmin", BadPage::Dots),
        ] {
            assert_eq!(covers(entry, page), Err(why), "{page}");
        }
    }

    #[test]
    fn an_entry_is_written_in_full() {
        for (entry, why) in [
            ("https://shop.example.com", BadPage::NoAddress),
            ("https://SHOP.example.com/", BadPage::NoAddress),
            ("https://shop.example.com:443/", BadPage::NoAddress),
            ("shop.example.com", BadPage::NoAddress),
            ("https://shop.example.com/?x", BadPage::NotAPath),
            ("https://shop.example.com/#x", BadPage::NotAPath),
            ("http://shop.example.com/", BadPage::Insecure),
        ] {
            assert_eq!(entry.parse::<JsPage>(), Err(why), "{entry}");
        }
    }
}
