//! The settings that operators may see. See [`crate::usecase::settings`].

use async_graphql::{Context, Enum, Object, SimpleObject};

use super::app::App;
use super::operator::OperatorRole;
use crate::config::{Config, Mistake, Mode};
use crate::error::Language;
use crate::graphql::{Alone, alone, caller, service};
use crate::{usecase, version};

/// How strict the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(in crate::graphql) enum ServiceMode {
    /// The sandbox, codes in the log and plain http are allowed.
    Development,
    /// They are refused.
    Production,
}

impl From<Mode> for ServiceMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Development => Self::Development,
            Mode::Production => Self::Production,
        }
    }
}

/// An act that may need a second operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::config::FourEyes")]
pub(in crate::graphql) enum FourEyesAct {
    /// `mergePeople`, and `resolveConflict` with `MERGE`.
    Merge,
    /// `undoMerge` for the company.
    Undo,
    /// `setPhone`.
    SetPhone,
    /// `eraseUser`.
    Erase,
}

/// The role that a group of the provider gives.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct RoleOfGroup {
    /// The group, as the provider names it.
    group: String,
    /// The role.
    role: OperatorRole,
}

/// A setting that is valid, but weak or strange.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct SettingsWarning {
    /// The setting, such as `mode`; or the variable, argument or file that is no setting.
    path: String,
    /// What is odd about it, as `guiyi check` prints it, in the language of `Accept-Language`.
    text: String,
}

/// The settings of the service that operators may see, without secrets. They are changed in its configuration.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Settings {
    /// The version of the service.
    version: &'static str,
    /// How strict it is.
    mode: ServiceMode,
    /// The address at which it is reached.
    public_url: String,
    /// The apps.
    apps: Vec<App>,
    /// The names of the apps through which operators sign in.
    console_apps: Vec<String>,
    /// The groups that make a person an operator.
    console_groups: Vec<RoleOfGroup>,
    /// The acts that need a second operator.
    four_eyes: Vec<FourEyesAct>,
    /// How many hours such an act waits.
    request_hours: u32,
    /// What `guiyi check` warns of.
    warnings: Vec<SettingsWarning>,
}

impl Settings {
    fn of(apps: &[crate::apps::App], (config, warnings): (&Config, &[Mistake]), language: Language) -> Self {
        let group = |(group, role): (&String, &crate::config::GroupRole)| RoleOfGroup {
            group: group.clone(),
            role: domain::OperatorRole::from(*role).into(),
        };
        let warning =
            |warning: &Mistake| SettingsWarning { path: warning.path.clone(), text: warning.in_language(language) };
        Self {
            version: version::NUMBER,
            mode: config.mode.into(),
            public_url: config.public_url(),
            apps: apps.iter().map(App::from).collect(),
            console_apps: config.console.apps.clone(),
            console_groups: config.console.groups.iter().map(group).collect(),
            four_eyes: config.support.four_eyes.iter().copied().map(Into::into).collect(),
            request_hours: config.support.request_hours,
            warnings: warnings.iter().map(warning).collect(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct SettingsQueries;

#[Object]
impl SettingsQueries {
    /// The settings of the service that operators may see, and what `guiyi check` warns of. Requires the scope `settings:read`.
    async fn settings(&self, ctx: &Context<'_>) -> Alone<Settings> {
        // Sockets answer in English.
        let language = ctx.data_opt::<Language>().copied().unwrap_or_default();
        let service = service(ctx);
        alone(
            usecase::settings::read(service, caller(ctx)).map(|read| Settings::of(service.apps.all(), read, language)),
        )
    }
}
