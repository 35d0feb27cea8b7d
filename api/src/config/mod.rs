//! The configuration: defaults ← demo ← file ← environment ← command line, with every mistake reported at once. See
//! `config.default.toml` for the settings.

mod app;
mod checks;
mod human_check;
mod mistake;
mod phone_checks;
mod read;
mod sections;
mod sms;
mod sms_checks;

pub use app::{
    AppSection, BadFile, BadPage, BadReturn, DomainFile, FileContent, FileName, JsPage, PageAddress, PhoneCodes,
    ReturnAddress, StateRule,
};
pub(crate) use human_check::without_human_check;
pub use human_check::{HumanCheck, HumanCheckKind};
pub(crate) use mistake::Found;
pub use mistake::{ConfigError, Mistake};
pub(crate) use read::{Inspected, inspect};
pub use read::{Source, USUAL_FILE, load};
pub use sections::{
    ClientAddressSource, Config, Connections, Database, Documents, Graphql, HttpSection, Limits, Log, LogFormat,
    Metrics, Mode, Outbox, Phone, Sandbox, Switch, Tokens, UnknownLastProof, Upstream,
};
pub use sms::{
    AliyunLineCheck, AliyunSms, BodyKind, Budget, HttpSms, LineCheck, LineCheckKind, Sms, SmsSenderKind, Template,
    Templates, TencentSms,
};

/// The defaults, which are the reference of all settings.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");
/// The demo company's settings.
pub const DEMO: &str = include_str!("../../config.demo.toml");
/// The demo company's key, which is public.
const DEMO_KEY: &str = "demo-key-of-the-demo-company-not-a-secret";
