//! The configuration: defaults ← demo ← file ← environment ← command line, with every mistake reported at once. See
//! `config.default.toml` for the settings.

mod app;
mod background;
mod checks;
mod connections;
mod console;
mod erasure;
mod human_check;
mod mistake;
mod phone;
mod phone_checks;
mod pictures;
mod read;
mod sections;
mod shop;
mod sms;
mod sms_checks;
mod webhooks;

pub use app::{
    AppSection, BadFile, BadPage, BadReturn, DomainFile, FileContent, FileName, JsPage, PageAddress, PassedOnKey,
    PhoneCodes, PushSection, Relay, RelayWhat, ReturnAddress, StateRule,
};
pub use background::{Backfill, Outbox};
pub use connections::{Connections, Sockets};
pub use console::{Console, FourEyes, GroupRole, Support};
pub use erasure::Erasure;
pub(crate) use human_check::without_human_check;
pub use human_check::{HumanCheck, HumanCheckKind};
pub(crate) use mistake::Found;
pub use mistake::{ConfigError, Mistake};
pub use phone::{Phone, PhoneLogin, UnknownLastProof};
pub use pictures::{PictureStoreKind, Pictures, S3};
pub(crate) use read::{Inspected, inspect};
pub use read::{Source, USUAL_FILES, load};
pub use sections::{
    ClientAddressSource, Config, Database, Documents, Graphql, HttpSection, Limits, Log, LogFormat, Metrics, Mode,
    Pooler, Sandbox, Switch, Tokens, Traces, Upstream,
};
pub use sms::{
    AliyunLineCheck, AliyunSms, BodyKind, Budget, HttpSms, HuaweiSms, LineCheck, LineCheckKind, Sms, SmsSenderKind,
    Template, Templates, TencentSms,
};
pub use webhooks::{Events, Webhook};

/// The defaults, which are the reference of all settings.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");
/// The demo company's settings.
pub const DEMO: &str = include_str!("../../config.demo.toml");
/// The demo company's key, which is public.
const DEMO_KEY: &str = "demo-key-of-the-demo-company-not-a-secret";
