//! The database: whether it answers, its clock, its connections, its migrations, and whether its keys can be decrypted.

use secrecy::ExposeSecret;
use store::server::Server;

use super::{Finding, clock};
use crate::app::StartError;
use crate::cli::words::chain;
use crate::service::Parts;
use crate::text::{Text, text};

/// Looks at the database. A file of SQLite that is not there is not made.
pub(super) async fn look(parts: &Parts) -> Vec<Finding> {
    let url = parts.config.database.url.expose_secret();
    if let Some(file) = store::sqlite_file(url).filter(|file| !file.exists()) {
        let file = file.display().to_string();
        let what = text!("the database {file} is not there yet", "数据库 {file} 尚不存在");
        return vec![Finding::Odd(what, text!("the first start creates it", "首次启动时会创建"))];
    }
    let options = store::Options { max_connections: 1, ..parts.config.database.options() };
    let (locked, wrapping) = match parts.opening(options, false).locked().await {
        Ok(open) => open,
        Err(error @ StartError::Damaged { .. }) => {
            return vec![Finding::Broken(Text::foreign(chain(&error)), restore())];
        }
        Err(error) => {
            let advice = text!(
                "check database.url, the password, the network, and whether the server runs",
                "请检查 database.url、密码、网络以及服务器是否运行"
            );
            return vec![Finding::Broken(Text::foreign(chain(&error)), advice)];
        }
    };
    let mut findings = Vec::new();
    match store::server::describe(&locked).await {
        Ok(server) => findings.extend(of_server(parts, &server)),
        Err(error) if error.is_damage() => findings.push(Finding::Broken(Text::foreign(chain(&error)), restore())),
        Err(error) => findings.push(failed(&error)),
    }
    findings.push(match locked.verify(&wrapping).await {
        Ok(()) => Finding::Sound(text!("the keys of the phone numbers can be decrypted", "手机号的密钥可以解密")),
        Err(error) => Finding::Broken(
            Text::foreign(chain(&error)),
            text!(
                "put the secret back that was the first of tokens.secret_keys when the keys were made: `guiyi keys status`",
                "请放回生成密钥时排在 tokens.secret_keys 首位的密钥：`guiyi keys status`"
            ),
        ),
    });
    locked.close().await;
    findings.push(migrations(parts, url).await);
    findings
}

fn of_server(parts: &Parts, server: &Server) -> Vec<Finding> {
    let version = &server.version;
    let name = text!("the database, {version}", "数据库 {version}");
    let mut findings = vec![Finding::Sound(name.clone().then(&text!(", answers", " 有响应")))];
    findings.extend(server.now.map(|now| clock(&name, now, parts.now())));
    if let Some(damage) = &server.damage {
        let what = text!("the file of the database is damaged: {damage}", "数据库文件已损坏：{damage}");
        findings.push(Finding::Broken(what, restore()));
    }
    if server.is_read_only {
        let what = text!("the database accepts no writes", "数据库拒绝写入");
        let advice = text!(
            "connect to the primary, not to a standby; of SQLite let the process write to the file and its folder",
            "请连接主库而非备库；使用 SQLite 时，请允许进程写入数据库文件及其所在目录"
        );
        findings.push(Finding::Broken(what, advice));
    }
    let ours = u64::from(parts.config.database.max_connections);
    if let Some(most) = server.max_connections {
        let what = text!(
            "the server accepts {most} connections, each process opens up to {ours}",
            "服务器最多接受 {most} 个连接，每个进程最多打开 {ours} 个"
        );
        // Two processes at least, while one replaces the other.
        findings.push(if ours * 2 <= most {
            Finding::Sound(what)
        } else {
            let advice = text!(
                "lower database.max_connections, raise the server's limit, or use a pooler",
                "请调低 database.max_connections、调高服务器的上限，或使用连接池"
            );
            Finding::Odd(what, advice)
        });
    }
    findings
}

async fn migrations(parts: &Parts, url: &str) -> Finding {
    let steps = match migration::pending(url).await {
        Ok(steps) => steps,
        Err(error @ migration::Error::NewerSchema(_)) => {
            let advice = text!(
                "start the newer version, or restore the backup from before the upgrade",
                "请启动新版本，或恢复升级之前的备份"
            );
            return Finding::Broken(Text::foreign(chain(&error)), advice);
        }
        Err(error) => return failed(&error),
    };
    let count = steps.len();
    let what = text!("{count} migration(s) are pending", "有 {count} 个迁移待执行");
    if count == 0 {
        Finding::Sound(text!("the tables are those of this version", "表结构与此版本一致"))
    } else if parts.config.database.migrate_on_start {
        Finding::Odd(what, text!("the next start applies them: make a backup before", "下次启动时会执行，请先备份"))
    } else {
        Finding::Broken(what, text!("run `guiyi migrate`", "请运行 `guiyi migrate`"))
    }
}

fn restore() -> Text {
    text!(
        "stop the service, restore the newest backup, and run `guiyi after-restore`",
        "请停止服务，恢复最新的备份，然后运行 `guiyi after-restore`"
    )
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Finding {
    let advice = text!("look at the log of the database server", "请查看数据库服务器的日志");
    Finding::Broken(Text::foreign(chain(error)), advice)
}
