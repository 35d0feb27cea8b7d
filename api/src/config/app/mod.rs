//! `[[apps]]`: the settings of every app. See `config.default.toml` for the keys and `table` for the parser.

mod address;
mod domain_file;
mod push;
mod return_to;
mod table;

use domain::AppName;
use serde::Deserialize;

pub use address::{BadPage, JsPage, PageAddress};
pub use domain_file::{BadFile, DomainFile, FileContent, FileName};
pub use push::{PassedOnKey, PushSection, Relay, RelayWhat};
pub use return_to::{BadReturn, ReturnAddress};

/// An entry of `[[apps]]`. The rest of its table belongs to its provider.
#[derive(Clone)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct AppSection {
    /// Index of the table in the list, for error messages.
    pub index: usize,
    pub name: AppName,
    pub title: Option<String>,
    pub kind: String,
    pub return_to: Vec<String>,
    /// `None`: the default of its kind of app.
    pub state: Option<StateRule>,
    pub js_pages: Vec<JsPage>,
    pub files: Vec<DomainFile>,
    pub phone_codes: Option<PhoneCodes>,
    pub push: Option<PushSection>,
    /// The provider's own settings. They contain the app's secret, so they do not print.
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

/// What a browser or native app has to send with a login code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateRule {
    /// The login's state.
    Required,
    /// Nothing.
    Optional,
    /// The state, and the verifier of the login's challenge: the login is bound to one browser (R15).
    Bound,
}

impl StateRule {
    /// Returns the word in the configuration.
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
    /// 快速验证: returns a number that WeChat verified at some time.
    Quick,
    /// 实时验证 only: WeChat verifies the number by an SMS code first.
    RealTime,
}
