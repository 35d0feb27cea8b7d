//! Parses the arguments. In Chinese, the help of every command is replaced before parsing, and the errors, whose texts clap
//! does not let change, are written anew from their kind and context.

use std::error::Error as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{Command, CommandFactory, Error, Parser};

use super::help::{FIXED, HELP, VALUES};
use crate::error::Language;
use crate::text::Text;

/// Parses the arguments of this process; `Err` is its exit code, after help or an error was printed.
pub(in crate::cli) fn parse<C: Parser>(language: Language) -> Result<C, ExitCode> {
    read(std::env::args_os(), language).map_err(|error| {
        let text = shown(&error, language);
        if error.use_stderr() {
            eprint!("{text}");
        } else {
            print!("{text}");
        }
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

fn read<C: Parser>(
    arguments: impl IntoIterator<Item = impl Into<std::ffi::OsString> + Clone>,
    language: Language,
) -> Result<C, Error> {
    C::from_arg_matches(&command::<C>(language).try_get_matches_from(arguments)?)
}

/// Returns the commands and arguments with their help in a language.
pub(in crate::cli) fn command<C: CommandFactory>(language: Language) -> Command {
    match language {
        Language::En => C::command(),
        Language::ZhCn => chinese(C::command()),
    }
}

fn shown(error: &Error, language: Language) -> String {
    match (language, error.kind()) {
        (Language::En, _) | (_, ErrorKind::DisplayVersion) => error.render().to_string(),
        (Language::ZhCn, ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) => {
            of_help(&error.render().to_string())
        }
        (Language::ZhCn, _) => of_error(error),
    }
}

/// Returns the Chinese of a command's or an argument's help.
pub(super) fn translated(english: &str) -> Option<&'static str> {
    let english = english.trim_end_matches('.');
    HELP.iter().find(|(text, _)| *text == english).map(|(_, chinese)| *chinese)
}

/// Replaces the help of a command, its arguments and its subcommands.
fn chinese(mut command: Command) -> Command {
    if let Some(about) = command.get_about().and_then(|about| translated(&about.to_string())) {
        command = command.about(about);
    }
    if let Some(about) = command.get_long_about().and_then(|about| translated(&about.to_string())) {
        command = command.long_about(about);
    }
    command = command.mut_args(|mut argument| {
        if let Some(help) = argument.get_help().and_then(|help| translated(&help.to_string())) {
            argument = argument.help(help);
        }
        if let Some(help) = argument.get_long_help().and_then(|help| translated(&help.to_string())) {
            argument = argument.long_help(help);
        }
        argument
    });
    command.mut_subcommands(chinese)
}

/// Replaces what clap itself writes into help.
fn of_help(help: &str) -> String {
    let replace = |text: String, (english, chinese): &(&str, &str)| text.replace(english, chinese);
    FIXED.iter().chain(VALUES).fold(help.to_owned(), replace)
}

fn of_error(error: &Error) -> String {
    let get = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (argument, value) = (get(ContextKind::InvalidArg), get(ContextKind::InvalidValue));
    let said = match error.kind() {
        ErrorKind::UnknownArgument => format!("无法识别的参数 '{argument}'"),
        ErrorKind::InvalidSubcommand => format!("没有子命令 '{}'", get(ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue if value.is_empty() => format!("参数 '{argument}' 缺少值"),
        ErrorKind::InvalidValue => format!("参数 '{argument}' 的值 '{value}' 无效"),
        ErrorKind::ValueValidation => {
            let text = |cause: &(dyn std::error::Error + 'static)| {
                cause.downcast_ref::<Text>().cloned().unwrap_or_else(|| Text::foreign(cause.to_string()))
            };
            let cause = error.source().map(text);
            let cause = cause.map(|cause| format!("：{}", cause.in_language(Language::ZhCn))).unwrap_or_default();
            format!("参数 '{argument}' 的值 '{value}' 无效{cause}")
        }
        ErrorKind::MissingRequiredArgument => format!("缺少必需的参数：{argument}"),
        ErrorKind::MissingSubcommand => format!("'{}' 需要一个子命令", get(ContextKind::InvalidSubcommand)),
        ErrorKind::ArgumentConflict if get(ContextKind::PriorArg) == argument => {
            format!("参数 '{argument}' 不能重复")
        }
        ErrorKind::ArgumentConflict => {
            let subject = if argument.is_empty() { get(ContextKind::InvalidSubcommand) } else { argument };
            format!("'{subject}' 不能与 '{}' 同时使用", get(ContextKind::PriorArg))
        }
        ErrorKind::NoEquals => format!("参数 '{argument}' 与值之间需要等号"),
        ErrorKind::TooManyValues => format!("参数 '{argument}' 的值过多：'{value}'"),
        ErrorKind::TooFewValues => {
            let (least, given) = (get(ContextKind::MinValues), get(ContextKind::ActualNumValues));
            format!("参数 '{argument}' 至少需要 {least} 个值，只提供了 {given} 个")
        }
        ErrorKind::WrongNumberOfValues => {
            let (wanted, given) = (get(ContextKind::ExpectedNumValues), get(ContextKind::ActualNumValues));
            format!("参数 '{argument}' 需要 {wanted} 个值，提供了 {given} 个")
        }
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文本".to_owned(),
        // The kind is not exhaustive; the others are no errors of the person at the terminal.
        other => format!("{other}"),
    };
    format!("错误：{said}{}{}{}\n\n更多信息请使用 '--help'。\n", choices(&get), hints(&get), usage(&get))
}

fn choices(get: &impl Fn(ContextKind) -> String) -> String {
    let list = |kind, name: &str| match get(kind) {
        values if values.is_empty() => String::new(),
        values => format!("\n  [{name}：{values}]"),
    };
    list(ContextKind::ValidValue, "可选值") + &list(ContextKind::ValidSubcommand, "子命令")
}

fn hints(get: &impl Fn(ContextKind) -> String) -> String {
    let kinds = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let names: Vec<String> = kinds.into_iter().map(get).filter(|name| !name.is_empty()).collect();
    let hint = |text: String, name: &String| text + "\n\n  提示：是否想写 '" + &name.replace(", ", "' 或 '") + "'？";
    names.iter().fold(String::new(), hint)
}

fn usage(get: &impl Fn(ContextKind) -> String) -> String {
    match get(ContextKind::Usage) {
        usage if usage.is_empty() => String::new(),
        usage => format!("\n\n{}", of_help(&usage)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::Cli;

    fn has_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    /// Returns every help text, with its place.
    fn texts(command: &Command, at: &str) -> Vec<(String, String)> {
        let at = format!("{at} {}", command.get_name());
        let own = [command.get_about(), command.get_long_about()].into_iter().flatten();
        let mut all: Vec<_> = own.map(|text| (at.clone(), text.to_string())).collect();
        for argument in command.get_arguments() {
            let at = format!("{at} {}", argument.get_id());
            let help = [argument.get_help(), argument.get_long_help()].into_iter().flatten();
            all.extend(help.map(|text| (at.clone(), text.to_string())));
        }
        all.extend(command.get_subcommands().flat_map(|inner| texts(inner, &at)));
        all
    }

    /// Returns the help of every possible value of an argument.
    fn values(command: &Command) -> Vec<String> {
        let own = command.get_arguments().flat_map(clap::Arg::get_possible_values);
        let help = own.filter_map(|value| value.get_help().map(ToString::to_string));
        help.chain(command.get_subcommands().flat_map(values)).collect()
    }

    #[test]
    fn every_command_and_every_argument_has_chinese_help() {
        let without: Vec<_> = texts(&Cli::command(), "")
            .into_iter()
            .filter(|(_, text)| !translated(text).is_some_and(has_chinese))
            .collect();

        assert!(without.is_empty(), "add the Chinese to cli/words/help.rs: {without:#?}");
        let values = values(&Cli::command());
        let is_english = |text: &&String| text.contains(|c: char| c.is_ascii_alphabetic());
        let has_none = |text: &&String| !VALUES.iter().any(|(english, _)| english == text);
        let without: Vec<_> = values.iter().filter(is_english).filter(has_none).collect();
        assert!(without.is_empty(), "add the Chinese to cli/words/help.rs: {without:#?}");
    }

    #[test]
    fn the_table_has_chinese_for_nothing_else() {
        let used: BTreeSet<String> = texts(&Cli::command(), "").into_iter().map(|(_, text)| text).collect();

        let unused: Vec<_> = HELP
            .iter()
            .filter(|(english, _)| !used.iter().any(|text| text.trim_end_matches('.') == *english))
            .filter(|(english, _)| {
                !english.contains("listen on") && !english.contains("TLS") && !english.contains("own apps")
            })
            .collect();
        assert!(cfg!(not(feature = "sandbox")) || unused.is_empty(), "{unused:#?}");
    }

    fn walk(command: &Command, path: &[String], seen: &mut impl FnMut(&[String])) {
        seen(path);
        for inner in command.get_subcommands() {
            walk(inner, &[path, &[inner.get_name().to_owned()]].concat(), seen);
        }
    }

    #[test]
    fn no_help_has_an_english_heading() {
        walk(&Cli::command(), &["guiyi".to_owned()], &mut |path| {
            for flag in ["-h", "--help"] {
                let asked = path.iter().cloned().chain([flag.to_owned()]);
                let error = read::<Cli>(asked, Language::ZhCn).expect_err("help");
                let text = shown(&error, Language::ZhCn);

                assert!(text.contains("用法：") && text.contains("显示帮助"), "{path:?}: {text}");
                for english in
                    ["Usage", "Commands:", "Options:", "Arguments:", "Print", "default:", "ossible values", "env:"]
                {
                    assert!(!text.contains(english), "{path:?} has {english}: {text}");
                }
            }
        });
    }

    fn error_of(arguments: &[&str]) -> String {
        let arguments = ["guiyi"].iter().chain(arguments);
        let error = read::<Cli>(arguments, Language::ZhCn).expect_err("an error");
        shown(&error, Language::ZhCn)
    }

    #[test]
    fn every_kind_of_error_is_chinese() {
        for (arguments, said) in [
            (&["serve", "--colour"][..], "错误：无法识别的参数 '--colour'"),
            (&["sever"][..], "错误：没有子命令 'sever'\n\n  提示：是否想写 'user' 或 'serve'？"),
            (&["token"][..], "子命令"),
            (&["token", "create", "--name", "erp"][..], "错误：缺少必需的参数：--scope <SCOPE>"),
            (&["token", "create", "--scope"][..], "错误：参数 '--scope <SCOPE>' 缺少值"),
            (&["token", "create", "--scope", "x", "--name", "erp"][..], "的值 'x' 无效："),
            (&["token", "create", "--scope", "orders:read", "--name", " "][..], "无效：名称不能为空"),
            (&["outbox", "list", "--state", "lost"][..], "\n  [可选值：pending, failed, sent]"),
            (&["user", "disable", "x", "--reason", "r"][..], "无效：不是有效的 ID：应为 usr_ 加 32 位十六进制字符"),
            (&["audit", "--limit", "0"][..], "无效：0 不在 1..=10000 范围内"),
            (&["audit", "--since", "1w"][..], "无效：应为 30m、24h 或 7d 这样的时间"),
            (&["serve", "--demo", "--demo"][..], "错误：参数 '--demo' 不能重复"),
            (&["audit", "--json", "verify"][..], "不能与"),
        ] {
            let text = error_of(arguments);
            assert!(text.contains(said), "{arguments:?}: {text}");
            assert!(text.ends_with("更多信息请使用 '--help'。\n") || text.contains("用法："), "{text}");
        }
    }
}
