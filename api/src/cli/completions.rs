//! `guiyi completions`: the script that completes commands and arguments in a shell.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Failure};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script. Its descriptions are English in every language: a package has one file for all users.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "guiyi", &mut script);
    // Not by `generate` itself, which panics where the reader has closed the pipe.
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_has_a_script_that_names_the_commands() {
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "guiyi", &mut script);
            let script = String::from_utf8(script).expect("text");
            for name in ["migrate-scope", "keys", "--config"] {
                let name = name.trim_start_matches('-');
                assert!(script.contains(name), "{shell} lacks {name}");
            }
        }
    }
}
