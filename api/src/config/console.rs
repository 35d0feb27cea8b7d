//! `[console]` and `[support]`: the console of the support desk, who signs in there, and which acts need a second operator.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::{AppName, OperatorRole};
use serde::Deserialize;
use url::Url;

use super::mistake::Found;
use super::sections::{Config, Mode};
use crate::text::text;

/// The longest session, in hours.
const MOST_HOURS: u32 = 24;
/// The longest time that a session may be unused, in minutes.
const MOST_IDLE: u32 = MOST_HOURS * 60;
/// The longest time that a request waits for a second operator, in hours.
const MOST_WAITING: u32 = 7 * 24;

/// `[console]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Console {
    pub enabled: bool,
    pub apps: Vec<String>,
    pub session_hours: u32,
    pub idle_minutes: u32,
    pub demo_operators: bool,
    pub groups: BTreeMap<String, GroupRole>,
}

/// The role that a group gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    /// [`OperatorRole::Viewer`]
    Viewer,
    /// [`OperatorRole::Agent`]
    Agent,
    /// [`OperatorRole::Admin`]
    Admin,
}

impl From<GroupRole> for OperatorRole {
    fn from(role: GroupRole) -> Self {
        match role {
            GroupRole::Viewer => Self::Viewer,
            GroupRole::Agent => Self::Agent,
            GroupRole::Admin => Self::Admin,
        }
    }
}

impl Console {
    /// Returns how long a session lasts.
    #[must_use]
    pub fn session(&self) -> TimeDelta {
        TimeDelta::hours(self.session_hours.into())
    }

    /// Returns how long a session may be unused.
    #[must_use]
    pub fn idle(&self) -> TimeDelta {
        TimeDelta::minutes(self.idle_minutes.into())
    }

    /// Returns the role that groups give: the one that may do most; `None` if none of them gives one.
    #[must_use]
    pub fn role_of(&self, groups: &[String]) -> Option<OperatorRole> {
        // Roles are in the order of what they may do.
        groups.iter().filter_map(|group| self.groups.get(group)).map(|role| OperatorRole::from(*role)).max()
    }

    /// Returns whether operators sign in through this app.
    #[must_use]
    pub fn admits(&self, app: &AppName) -> bool {
        self.apps.iter().any(|name| name == app.as_str())
    }
}

impl Config {
    /// Returns whether the operators of the demo company may sign in, who have no provider.
    #[must_use]
    pub fn has_demo_operators(&self) -> bool {
        let is_possible = cfg!(feature = "sandbox") && self.sandbox.enabled && self.mode == Mode::Development;
        self.console.enabled && self.console.demo_operators && is_possible
    }

    /// Returns the address to which providers return operators.
    #[must_use]
    pub fn console_callback(&self) -> String {
        format!("{}/console/callback", self.public_url())
    }
}

pub(super) fn check(config: &Config, found: &mut Found) {
    let console = &config.console;
    for (path, number, most) in [
        ("console.session_hours", console.session_hours, MOST_HOURS),
        ("console.idle_minutes", console.idle_minutes, MOST_IDLE),
        ("support.request_hours", config.support.request_hours, MOST_WAITING),
    ] {
        if !(1..=most).contains(&number) {
            found.note(path, text!("must be 1 to {most}", "必须在 1 到 {most} 之间"));
        }
    }
    for (at, name) in console.apps.iter().enumerate() {
        if !config.apps.iter().any(|app| app.name.as_str() == name) {
            let said = text!("there is no app named `{name}`", "没有名为 `{name}` 的应用");
            let hint = text!("a mistake in [[apps]] may be the reason", "可能由 [[apps]] 中的错误引起");
            found.note_hint(format!("console.apps[{at}]"), said, found.is_unread("apps").then_some(hint));
        }
    }
    if console.demo_operators && config.mode == Mode::Production {
        let said =
            text!("anyone may be such an operator: not allowed in production", "任何人都能以此登录，生产模式下不允许");
        found.note("console.demo_operators", said);
    }
    // The cookie of an operator belongs to the console's host: browsers send it back to no other.
    let returns = Url::parse(&config.console_callback()).is_ok_and(|url| url.path() == "/console/callback");
    if console.enabled && !returns {
        let said = text!("has a path: the console needs the root of its host", "带有路径：控制台必须位于主机的根路径");
        found.note("http.public_url", said);
    }
}

/// An act that may need a second operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FourEyes {
    /// `mergePeople`, and `resolveConflict` with `MERGE`
    Merge,
    /// `undoMerge` for the company
    Undo,
    /// `setPhone`
    SetPhone,
    /// `eraseUser`
    Erase,
}

/// `[support]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Support {
    pub four_eyes: Vec<FourEyes>,
    pub request_hours: u32,
}
