//! `guiyi operator`: adds, lists and removes the people who sign in at the support desk.

use clap::Subcommand;
use domain::{AppName, OpenId, OperatorId, OperatorRole};
use store::Place;
use store::operator::{Operator, Put};

use super::token::time;
use super::words::{said, say};
use super::{Failure, listing};
use crate::app::App;
use crate::service::{Parts, Service};
use crate::text::text;
use crate::usecase;
use crate::usecase::operator::WantedOperator;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds an operator, or gives one another name or role.
    Add {
        /// The app through which the operator signs in, one of console.apps.
        #[arg(long)]
        app: AppName,
        /// The operator's openId in the app: for OIDC the subject, for WeCom the user id. A person who signs in at the console and
        /// is no operator is shown it.
        #[arg(long)]
        open_id: OpenId,
        /// The operator's name, as colleagues read it in the audit.
        #[arg(long)]
        name: String,
        /// The role: viewer, agent, admin.
        #[arg(long)]
        role: OperatorRole,
    },
    /// Lists all operators, including removed ones, oldest first.
    List,
    /// Removes an operator, whose sessions end at once.
    Remove {
        /// The operator: `opr_…`.
        id: OperatorId,
        /// The reason.
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn run(parts: Parts, command: Command) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let service = app.service();
    match command {
        Command::Add { app, open_id, name, role } => add(service, WantedOperator { app, open_id, name, role }).await,
        Command::List => list(service).await,
        Command::Remove { id, reason } => {
            if usecase::operator::remove(service, id, &reason).await? {
                say!("removed {id}", "已移除 {id}");
            } else {
                say!("{id} is already removed", "{id} 先前已被移除");
            }
            Ok(())
        }
    }
}

async fn add(service: &Service, wanted: WantedOperator) -> Result<(), Failure> {
    if !service.config().console.admits(&wanted.app) {
        let app = &wanted.app;
        let said = text!(
            "operators do not sign in through `{app}`: add it to console.apps",
            "客服不通过 `{app}` 登录：请将其加入 console.apps"
        );
        return Err(said.into());
    }
    let role = wanted.role;
    let (id, put) = usecase::operator::add(service, &wanted).await?;
    match put {
        Put::Added => say!("added {id} as {role}", "已添加 {id}，角色为 {role}"),
        Put::Changed => say!("changed {id}, now {role}", "已更改 {id}，现角色为 {role}"),
        Put::Unchanged => say!("{id} is {role} already", "{id} 的角色已是 {role}"),
    }
    Ok(())
}

async fn list(service: &Service) -> Result<(), Failure> {
    let read = async |page| usecase::operator::list(service, page).await;
    let show =
        |operator: &Operator| (Place { at: operator.created_at, id: operator.id.uuid() }, line(service, operator));
    listing::print(read, show).await
}

fn line(service: &Service, operator: &Operator) -> String {
    let state = match (operator.removed_at.map(time), operator.left_at.map(time)) {
        (Some(at), _) => text!("removed {at}", "已移除 {at}"),
        (None, Some(at)) => text!("in no group since {at}", "自 {at} 起不属于任何用户组"),
        (None, None) => text!("since {at}", "自 {at}", at = time(operator.created_at)),
    };
    let used = match operator.last_login_at.map(time) {
        Some(at) => text!("last signed in {at}", "最近登录 {at}"),
        None => text!("never signed in", "从未登录"),
    };
    let (state, used) = (said(&state), said(&used));
    let app = usecase::app::name_of(service, &operator.key.app);
    let (role, open_id) = (operator.role, operator.key.open_id.as_str());
    format!("{}  {role}  {state}  {used}  {app}  {open_id}  {:?}", operator.id, operator.name)
}
