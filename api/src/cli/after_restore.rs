//! `guiyi after-restore`: ends what a restored backup would bring back. See `usecase::restore`.

use super::words::say;
use super::{Failure, logs};
use crate::app::App;
use crate::service::Parts;
use crate::usecase::restore::{Restored, after_restore};

pub(super) async fn run(parts: Parts) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let app = App::start_for_command(parts).await?;
    let Restored { ended_sessions, forgotten_tokens } = after_restore(app.service()).await?;
    say!(
        "{ended_sessions} session(s) ended: everyone signs in again",
        "结束了 {ended_sessions} 个会话，所有用户需要重新登录"
    );
    say!("{forgotten_tokens} upstream token(s) will be fetched anew", "将重新获取 {forgotten_tokens} 个上游令牌");
    say!(
        "look at `guiyi token list`: service tokens that were revoked after the backup are valid again",
        "请检查 `guiyi token list`：备份之后吊销的服务令牌已恢复有效"
    );
    Ok(())
}
