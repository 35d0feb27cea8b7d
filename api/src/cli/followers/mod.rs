//! `guiyi backfill-union-ids` and `guiyi change-open-ids`: asks an official account's upstream about its people. See
//! `usecase::follower` for the effect.

pub(super) mod backfill;
pub(super) mod change;
mod report;

use domain::AppName;

use super::Failure;
use crate::apps::App;
use crate::service::Service;
use crate::text::{Text, text};
use crate::usecase::follower::RunError;

/// Returns the configured app of this name.
fn find<'a>(service: &'a Service, name: &AppName) -> Result<&'a App, Failure> {
    service.apps.named(name).ok_or_else(|| text!("no app is called {name}", "没有名为 {name} 的应用").into())
}

/// Returns the failure of a run that did not begin or has stopped.
fn explain(error: RunError, service: &Service) -> Failure {
    let said = match &error {
        RunError::NotOffered => text!(
            "apps of this kind have no list of followers; official accounts have",
            "此类应用没有粉丝列表；只有公众号有"
        ),
        RunError::NoUnionScope => {
            text!(
                "the app has no union_scope, so its unionIds are not read",
                "该应用未设置 union_scope，因此不读取 unionId"
            )
        }
        RunError::Busy { until } => {
            let seconds = (until.millis() - service.clock.now().millis()).max(0) / 1_000 + 1;
            text!(
                "another process works on it. If that one was killed, try again in {seconds} s",
                "另一个进程正在执行。如果该进程已被终止，请在 {seconds} 秒后重试"
            )
        }
        RunError::Lost => {
            text!("another process has taken the run over, and continues it", "另一个进程已接管并继续执行")
        }
        RunError::Stopping => text!("the process was told to stop", "进程收到停止信号"),
        RunError::NoSuchRun => text!(
            "there is no finished run of change-open-ids with this id",
            "没有此 ID 对应的、已完成的 change-open-ids 任务"
        ),
        RunError::Upstream(error) => text!("WeChat: ", "微信：").then(&Text::foreign(error.to_string())),
        RunError::Failed(_) => return Box::new(error),
    };
    said.into()
}
