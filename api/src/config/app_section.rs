//! `[[apps]]`: what every app has, and the rules that it may choose.
//! How a table is read lives in `app_table`; what the keys mean stands in `config.default.toml`.

use domain::AppName;
use serde::Deserialize;

use super::address::JsPage;
use super::domain_file::DomainFile;

/// `[[apps]]`: what every app has; the rest of its table belongs to its provider.
#[derive(Clone)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct AppSection {
    /// Where the table stands in the list, for messages about it.
    pub index: usize,
    pub name: AppName,
    pub title: Option<String>,
    pub kind: String,
    pub return_to: Vec<String>,
    /// Nothing: the usual rule of its kind of app.
    pub state: Option<StateRule>,
    pub js_pages: Vec<JsPage>,
    pub files: Vec<DomainFile>,
    pub phone_codes: Option<PhoneCodes>,
    /// The provider's own settings; hold the app's secret, so they do not print.
    pub provider: toml::Table,
}

impl std::fmt::Debug for AppSection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.provider.keys().collect();
        f.debug_struct("AppSection")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("provider", &keys)
            .finish_non_exhaustive()
    }
}

/// What has to come along with the code of a browser or native app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateRule {
    /// The state of the login's beginning.
    Required,
    /// Nothing.
    Optional,
    /// The state, and the verifier of the challenge that the login was begun with: it is bound to one browser (R15).
    Bound,
}

impl StateRule {
    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Bound => "bound",
        }
    }
}

/// Which phone number button a mini program has: the codes of both look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneCodes {
    /// The one that tells the number that WeChat knows from some time.
    Quick,
    /// The one before which WeChat sends a code, and no other.
    RealTime,
}
