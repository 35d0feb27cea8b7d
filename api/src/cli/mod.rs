//! The command line: parses the command and its configuration. Each command has its own file.

mod after_restore;
mod audit;
#[cfg(feature = "sandbox")]
mod banner;
mod check;
mod check_data;
mod check_totals;
mod completions;
mod descriptors;
mod doctor;
mod documents;
mod erase;
mod export;
mod followers;
mod health;
mod import;
mod keys;
mod listing;
mod logs;
mod manual;
mod metrics;
mod migrate_scope;
mod operator;
mod outbox;
mod pushes;
#[cfg_attr(not(feature = "sandbox"), path = "no_sandbox.rs")]
mod sandbox;
#[cfg(feature = "sandbox")]
mod seed;
mod serve;
mod server;
mod token;
mod traces;
mod user;
mod verify;
mod webhooks;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use providers::builtin;

use crate::config::{Source, USUAL_FILES};
use crate::database::Ready;
use crate::service::Parts;
use crate::{error, graphql, version};
use words::say;

/// The error of any command, printed with its causes.
type Failure = Box<dyn std::error::Error + Send + Sync>;
/// The variables of the process.
type Environment = Vec<(String, OsString)>;

/// One person, many WeChat openIds, one account, all their orders.
#[derive(Debug, Parser)]
#[command(name = "guiyi", version = version::TEXT.as_str())]
struct Cli {
    #[command(flatten)]
    source: SourceArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct SourceArguments {
    /// The configuration file; by default `guiyi.toml` in the working directory, or else `/etc/guiyi/guiyi.toml`.
    #[arg(long, global = true, env = "GUIYI_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Loads the demo company's settings below the configuration.
    #[arg(long, global = true, hide = cfg!(not(feature = "sandbox")))]
    demo: bool,
    /// Overrides one setting of the file and the environment: `--set http.listen=127.0.0.1:9000`. Repeatable. Not for
    /// secrets: other users of the machine can see the arguments of a process.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the demo company with its sandbox; the default command.
    #[command(hide = cfg!(not(feature = "sandbox")))]
    Demo,
    /// Starts the service.
    Serve,
    /// Starts only a local WeChat; needs no configuration and no database.
    #[command(hide = cfg!(not(feature = "sandbox")))]
    Sandbox(sandbox::Arguments),
    /// Migrates the database to the current schema.
    Migrate,
    /// Checks the configuration and prints every problem with its path.
    Check,
    /// Checks the configuration, and what it leads to: the database, its keys and clock, upstreams, addresses and files of
    /// domains. Says what to do. Changes nothing.
    Doctor,
    /// Finds stored keys and phone numbers that an older version accepted and the current rules refuse or read
    /// differently. Changes nothing.
    CheckData,
    /// Compares the sums of orders with the orders.
    CheckTotals(check_totals::Arguments),
    /// Prints the GraphQL schema.
    Schema,
    /// Prints the error codes as in the documentation.
    #[command(hide = true)]
    Errors,
    /// Manages service tokens for the company's own systems.
    Token {
        #[command(subcommand)]
        command: token::Command,
    },
    /// Manages the people who sign in at the support desk.
    Operator {
        #[command(subcommand)]
        command: operator::Command,
    },
    /// Disables and enables accounts.
    User {
        #[command(subcommand)]
        command: user::Command,
    },
    /// Erases an account at once, with everything that says who its person is. Cannot be undone.
    Erase(erase::Arguments),
    /// Prints everything that is kept about the person of an account, as one JSON document.
    Export(export::Arguments),
    /// Manages the list of allowed GraphQL documents, for `graphql.documents = "listed"`.
    Documents {
        #[command(subcommand)]
        command: documents::Command,
    },
    /// Manages pending and failed notices.
    Outbox {
        #[command(subcommand)]
        command: outbox::Command,
    },
    /// Manages pending and failed events that upstreams have pushed.
    Pushes {
        #[command(subcommand)]
        command: pushes::Command,
    },
    /// Lists webhooks, tests one, and sends events again.
    Webhooks {
        #[command(subcommand)]
        command: webhooks::Command,
    },
    /// Imports accounts or orders from a file.
    Import(import::Arguments),
    /// Exchanges the unionIds of a union scope, for a move to another Open Platform account.
    MigrateScope(migrate_scope::Arguments),
    /// Asks WeChat for the unionIds of an official account's followers. Continues an interrupted run.
    BackfillUnionIds(followers::backfill::Arguments),
    /// Asks WeChat for the new openIds of people whose official account was migrated to another one. Continues an
    /// interrupted run.
    ChangeOpenIds(followers::change::Arguments),
    /// Manages the keys that encrypt phone numbers.
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// Lists the audit, newest first, or verifies it.
    Audit(audit::Arguments),
    /// Ends all sessions and fetches all upstream tokens anew, after a backup was restored and before the service starts.
    AfterRestore,
    /// Asks the service of this configuration on this machine whether it runs. For health checks of containers.
    Health(health::Arguments),
    /// Prints the script that completes commands and arguments in a shell.
    Completions(completions::Arguments),
    /// Prints the manual page, or writes the pages of all commands to a folder.
    Man(manual::Arguments),
}

/// Runs the command of this process.
pub async fn run() -> ExitCode {
    let environment = Source::process_environment();
    let cli = match words::parse::<Cli>(words::choose(&environment)) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match Box::pin(execute(cli, &environment)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("guiyi: {}", words::chain(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli, environment: &Environment) -> Result<(), Failure> {
    let source = |demo| source(&cli.source, demo, environment.clone());
    let load = |demo| Parts::load(&source(demo), builtin::ALL);
    // Everything else would work on a new database in this directory.
    let configured = || {
        let source = source(false);
        if source.is_empty() {
            Err(Failure::from(check::without_configuration()))
        } else {
            Ok(Parts::load(&source, builtin::ALL)?)
        }
    };
    match cli.command.unwrap_or(Command::Demo) {
        Command::Demo => {
            sandbox::built_in()?;
            Box::pin(serve::serve(load(true)?, true)).await
        }
        Command::Serve => Box::pin(serve::serve(configured()?, cli.source.demo)).await,
        Command::Sandbox(arguments) => sandbox::run(arguments).await,
        Command::Migrate => migrate(&configured()?).await,
        Command::Check => check::run(&source(false)),
        Command::Doctor => {
            check::run(&source(false))?;
            Box::pin(doctor::run(configured()?)).await
        }
        Command::CheckData => check_data::run(configured()?).await,
        Command::CheckTotals(arguments) => check_totals::run(configured()?, &arguments).await,
        Command::Schema => {
            print!("{}", graphql::sdl());
            Ok(())
        }
        Command::Errors => {
            print!("{}", error::documentation());
            Ok(())
        }
        Command::Token { command } => token::run(configured()?, command).await,
        Command::Operator { command } => Box::pin(operator::run(configured()?, command)).await,
        Command::User { command } => user::run(configured()?, command).await,
        Command::Erase(arguments) => erase::run(configured()?, arguments).await,
        Command::Export(arguments) => export::run(configured()?, arguments).await,
        Command::Documents { command } => documents::run(configured()?, command).await,
        Command::Outbox { command } => outbox::run(configured()?, command).await,
        Command::Pushes { command } => pushes::run(configured()?, command).await,
        Command::Webhooks { command } => webhooks::run(configured()?, command).await,
        Command::Import(arguments) => Box::pin(import::run(configured()?, arguments)).await,
        Command::MigrateScope(arguments) => migrate_scope::run(configured()?, arguments).await,
        Command::BackfillUnionIds(arguments) => Box::pin(followers::backfill::run(configured()?, arguments)).await,
        Command::ChangeOpenIds(arguments) => Box::pin(followers::change::run(configured()?, arguments)).await,
        Command::Keys { command } => Box::pin(keys::run(configured()?, &command)).await,
        Command::Audit(arguments) => Box::pin(audit::run(configured()?, &arguments)).await,
        Command::AfterRestore => after_restore::run(configured()?).await,
        Command::Health(arguments) => health::run(&load(false)?.config.http, &arguments).await,
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => manual::run(&arguments),
    }
}

fn source(arguments: &SourceArguments, demo: bool, environment: Environment) -> Source {
    let demo = demo || arguments.demo;
    // The demo company does not run with the settings of the machine's service.
    let usual = USUAL_FILES.iter().take(if demo { 1 } else { USUAL_FILES.len() }).map(PathBuf::from);
    let file = arguments.config.clone().or_else(|| usual.into_iter().find(|file| is_there(file)));
    Source { demo, file, environment, arguments: arguments.set.clone(), ..Source::default() }
}

/// The machine's file counts as one that is there if it may not be looked at: reading it says why not. Of a working directory that
/// may not be looked at, such as root's for the user of the service, nothing is expected.
fn is_there(file: &Path) -> bool {
    file.try_exists().unwrap_or(file.is_absolute())
}

async fn migrate(parts: &Parts) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let Ready { steps: applied, sealed, store } =
        Box::pin(parts.opening(parts.config.database.options(), true).open(parts.now())).await?;
    store.close().await;
    if applied.is_empty() && sealed == 0 {
        say!("the database is up to date", "数据库已是最新版本");
    }
    for step in applied {
        say!("applied {step}", "已执行迁移 {step}");
    }
    if sealed > 0 {
        say!("encrypted {sealed} phone number(s)", "已加密 {sealed} 个手机号");
    }
    Ok(())
}
