//! `guiyi man`: the manual pages, in the language of the process.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;

use super::words::{because, command, language};
use super::{Cli, Failure};
use crate::error::Language;
use crate::text::text;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Writes the pages of all commands to this folder.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let pages = pages(language())?;
    let Some(folder) = &arguments.folder else {
        let first = pages.first().map(|(_, page)| page.as_slice()).unwrap_or_default();
        std::io::stdout().lock().write_all(first)?;
        return Ok(());
    };
    let failed = |path: &std::path::Path| {
        let path = path.display().to_string();
        move |error| because(text!("cannot write {path}", "无法写入 {path}"), error)
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, page) in pages {
        let path = folder.join(name);
        std::fs::write(&path, page).map_err(failed(&path))?;
    }
    Ok(())
}

/// The headings of `clap_mangen` and its words for help, in Chinese.
const CHINESE: [(&str, &str); 9] = [
    (".SH NAME", ".SH 名称"),
    (".SH SYNOPSIS", ".SH 概要"),
    (".SH DESCRIPTION", ".SH 描述"),
    (".SH OPTIONS", ".SH 选项"),
    (".SH SUBCOMMANDS", ".SH 命令"),
    (".SH VERSION", ".SH 版本"),
    ("Print help (see a summary with \\*(Aq\\-h\\*(Aq)", "显示帮助"),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
];

/// Returns the pages with the names of their files: `guiyi.1` first, then one of each command, such as `guiyi-keys.1`.
fn pages(language: Language) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = Vec::new();
    let mut root = command::<Cli>(language).disable_help_subcommand(true);
    root.build();
    collect(root, &mut pages)?;
    Ok(match language {
        Language::En => pages,
        Language::ZhCn => pages.into_iter().map(|(name, page)| (name, chinese(&page))).collect(),
    })
}

fn chinese(page: &[u8]) -> Vec<u8> {
    let page = String::from_utf8_lossy(page).into_owned();
    CHINESE.iter().fold(page, |page, (english, chinese)| page.replace(english, chinese)).into_bytes()
}

fn collect(command: Command, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    let inner: Vec<Command> = command.get_subcommands().filter(|inner| !inner.is_hide_set()).cloned().collect();
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut page = Vec::new();
    Man::new(command.display_name(name.clone())).source("guiyi").manual("guiyi").render(&mut page)?;
    pages.push((format!("{name}.1"), page));
    inner.into_iter().try_for_each(|inner| collect(inner, pages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_in_each_language() {
        for (language, said) in [(Language::En, "Starts the service"), (Language::ZhCn, "启动服务")] {
            let pages = pages(language).expect("pages");

            let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names[0], "guiyi.1");
            for expected in ["guiyi-serve.1", "guiyi-keys.1", "guiyi-keys-rotate.1", "guiyi-token-create.1"] {
                assert!(names.contains(&expected), "{expected}: {names:?}");
            }
            assert!(!names.contains(&"guiyi-errors.1"), "a hidden command has a page");
            let page = String::from_utf8(pages[0].1.clone()).expect("text");
            assert!(page.contains(said) && page.contains("\\-\\-config"), "{page}");
        }
    }
}
