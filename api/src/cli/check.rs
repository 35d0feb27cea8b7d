//! `guiyi check`: reports every mistake of the configuration, or what is strange in a valid one.

use std::path::Path;

use providers::builtin;

use super::words::{say, tell};
use super::{Failure, words};
use crate::config::{Mistake, Source, USUAL_FILES};
use crate::service::Parts;
use crate::text::{Text, text};

/// Checks the configuration. A configuration without apps is not valid: no one can log in.
pub(super) fn run(source: &Source) -> Result<(), Failure> {
    let parts = Parts::load(source, builtin::ALL)?;
    for warning in parts.warnings() {
        warn(&warning);
    }
    let count = parts.apps.all().len();
    if count == 0 {
        return Err(without_apps(source.file.as_deref()).into());
    }
    say!("the configuration is valid: {count} app(s)", "配置有效：{count} 个应用");
    say!(
        "keep a copy of tokens.secret_keys apart from the database: without it no phone number can be read",
        "请将 tokens.secret_keys 与数据库分开备份：丢失后将无法读取任何手机号"
    );
    Ok(())
}

fn warn(warning: &Mistake) {
    let line = warning.in_language(words::language());
    tell!("warning: {line}", "警告：{line}");
}

/// Says which file was read, or which one was looked for.
fn without_apps(file: Option<&Path>) -> Text {
    let head = text!("the configuration has no app, so no one can log in: ", "配置中没有应用，无法登录：");
    let rest = match file {
        Some(file) => text!(
            "{file} has no [[apps]], and GUIYI_APPS is not set either",
            "{file} 中没有 [[apps]]，环境变量 GUIYI_APPS 也未设置",
            file = file.display()
        ),
        None => text!(
            "there is no configuration file. Looked for {usual}; neither --config nor GUIYI_CONFIG names another one, and \
             GUIYI_APPS is not set",
            "没有配置文件。已查找 {usual}；--config 和 GUIYI_CONFIG 均未指定其他文件，环境变量 GUIYI_APPS 也未设置",
            usual = usual()
        ),
    };
    head.then(&rest)
}

/// Says that a command has no configuration.
pub(super) fn without_configuration() -> Text {
    text!(
        "there is no configuration: looked for {usual}, and neither --config, nor --set, nor a variable GUIYI_… is given. \
         Without one the command would work on a new database in this directory",
        "没有配置：已查找 {usual}；也未指定 --config、--set 或任何 GUIYI_… 环境变量。没有配置时，该命令会在当前目录新建数据库",
        usual = usual()
    )
}

/// Returns the paths of the files of which the first that exists is read.
fn usual() -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    USUAL_FILES.map(|file| folder.join(file).display().to_string()).join(", ")
}
