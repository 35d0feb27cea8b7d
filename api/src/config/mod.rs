//! The configuration: defaults ← demo ← file ← environment ← command line, with every problem reported at once. See
//! `config.default.toml` for the settings.

mod address;
mod app_section;
mod app_table;
mod domain_file;
mod given;
mod human_check;
mod load;
mod phone_checks;
mod sections;
mod sms;
mod sms_checks;
mod source;

pub use address::{BadPage, JsPage, PageAddress};
pub use app_section::{AppSection, PhoneCodes, StateRule};
pub use domain_file::{BadFile, DomainFile, FileContent, FileName};
pub(crate) use human_check::without_human_check;
pub use human_check::{HumanCheck, HumanCheckKind};
pub(crate) use load::inspect;
pub use load::{ConfigError, load};
pub use sections::{
    ClientAddressSource, Config, Connections, Database, Documents, Graphql, HttpSection, Limits, Log, LogFormat,
    Metrics, Mode, Outbox, Phone, Sandbox, Switch, Tokens, UnknownLastProof, Upstream,
};
pub use sms::{
    AliyunLineCheck, AliyunSms, BodyKind, Budget, HttpSms, LineCheck, LineCheckKind, Sms, SmsSenderKind, Template,
    Templates, TencentSms,
};
pub use source::Source;

/// The defaults, which are the reference of all settings.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");
/// The demo company's settings.
pub const DEMO: &str = include_str!("../../config.demo.toml");
/// The demo company's key, which is public.
const DEMO_KEY: &str = "demo-key-of-the-demo-company-not-a-secret";
