//! The failure of a command with all its causes, in the language of the process.

use std::error::Error;
use std::fmt;

use super::language;
use crate::app::StartError;
use crate::cli::Failure;
use crate::config::ConfigError;
use crate::error::{self, ApiError, Language};
use crate::text::Text;

/// A failure with its cause.
#[derive(Debug)]
struct Because {
    said: Text,
    cause: Failure,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said.fmt(f)
    }
}

impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

/// Returns a failure with its cause.
pub(in crate::cli) fn because(said: Text, cause: impl Into<Failure>) -> Failure {
    Because { said, cause: cause.into() }.into()
}

/// Formats a failure with all its causes.
pub(in crate::cli) fn chain(failure: &(dyn Error + 'static)) -> String {
    match language() {
        Language::En => error::chain(failure),
        Language::ZhCn => chinese(failure),
    }
}

fn chinese(failure: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(failure.source(), |cause| (**cause).source());
    causes.fold(one(failure), |text, cause| format!("{text}：{}", one(cause)))
}

fn one(error: &(dyn Error + 'static)) -> String {
    if let Some(text) = error.downcast_ref::<Text>() {
        text.in_language(Language::ZhCn).to_owned()
    } else if let Some(because) = error.downcast_ref::<Because>() {
        because.said.in_language(Language::ZhCn).to_owned()
    } else if let Some(error) = error.downcast_ref::<ConfigError>() {
        error.in_language(Language::ZhCn)
    } else if let Some(error) = error.downcast_ref::<StartError>() {
        of_start(error)
    } else if let Some(migration::Error::NewerSchema(steps)) = error.downcast_ref() {
        of_newer_schema(steps)
    } else if let Some(error) = error.downcast_ref::<ApiError>() {
        of_api(error)
    } else {
        Text::foreign(error.to_string()).in_language(Language::ZhCn).to_owned()
    }
}

fn of_start(error: &StartError) -> String {
    match error {
        StartError::Config(error) => error.in_language(Language::ZhCn),
        StartError::File { path, .. } => format!("无法将 {} 设为仅所有者可读写", path.display()),
        StartError::Migrate(_) => "数据库迁移失败".to_owned(),
        StartError::Pending(steps) => format!("数据库缺少迁移 {}：请先运行 `guiyi migrate`", steps.join(", ")),
        StartError::Clear => "数据库中有未加密的手机号：请先运行 `guiyi migrate`".to_owned(),
        StartError::Keys(_) => {
            "无法解密手机号的密钥，未写入任何数据。解密需要生成它们时排在 tokens.secret_keys 首位的密钥\
            （演示数据用演示公司的密钥；未配置密钥时，密钥在数据库旁以 .key 结尾的文件中）：请将其放回，\
            否则此数据库中的手机号无法再读取和查找"
                .to_owned()
        }
        StartError::Damaged { path, .. } => format!(
            "{} 已损坏，或不是 SQLite 数据库，未写入任何数据。请检查 database.url；如果无误，请移走该文件及其旁边的文件，\
            恢复最新的备份，然后运行 `guiyi after-restore`",
            path.display()
        ),
        StartError::Store(_) => "无法连接数据库".to_owned(),
    }
}

fn of_newer_schema(steps: &[String]) -> String {
    format!(
        "数据库已由新版本迁移：当前版本 {} 不认识 {}，未写入任何数据。请启动新版本，或恢复升级之前的备份",
        env!("CARGO_PKG_VERSION"),
        steps.join(", ")
    )
}

fn of_api(error: &ApiError) -> String {
    let code = error.code();
    let message = code.words(Language::ZhCn).message.trim_end_matches('。');
    match error.detail() {
        "" => format!("{message}（{code}）"),
        detail => {
            let detail = Text::foreign(detail);
            format!("{message}（{code}）：{}", detail.in_language(Language::ZhCn))
        }
    }
}
