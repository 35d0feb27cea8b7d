//! `guiyi keys`: lists and rotates the keys that encrypt phone numbers. See `usecase::key` for the rotation.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use store::key::DataKey;

use super::words::{said, say};
use super::{Failure, logs};
use crate::app::App;
use crate::service::Parts;
use crate::text::{Text, text};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the data keys, how many numbers each encrypts, and whether it can be decrypted.
    Status,
    /// Creates a new key and re-encrypts all phone numbers with it, while the service runs. Run it again if
    /// interrupted.
    Rotate,
}

pub(super) async fn run(parts: Parts, command: &Command) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    match command {
        Command::Status => status(&parts).await,
        Command::Rotate => rotate(parts).await,
    }
}

/// Works without a usable key, since then the status is needed most.
async fn status(parts: &Parts) -> Result<(), Failure> {
    let (locked, wrapping) = parts.opening(parts.config.database.options(), false).locked().await?;
    let keys = locked.keys(&wrapping).await?;
    locked.close().await;
    if keys.is_empty() {
        say!("the database has no keys yet: the first start creates them", "数据库中还没有密钥：首次启动时会创建");
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    for key in &keys {
        writeln!(out, "{}", line(key))?;
    }
    match keys.iter().filter(|key| key.secret.is_none()).count() {
        0 => Ok(()),
        closed => {
            let said = text!(
                "{closed} key(s) cannot be decrypted: no secret in tokens.secret_keys fits",
                "有 {closed} 个密钥无法解密：tokens.secret_keys 中没有对应的密钥"
            );
            Err(said.into())
        }
    }
}

fn line(key: &DataKey) -> String {
    let made = DateTime::<Utc>::from(key.created_at).to_rfc3339_opts(SecondsFormat::Secs, true);
    let what = match (key.seals, key.is_newest) {
        (false, _) => text!("lookup only", "仅用于查找"),
        (true, true) => text!("encrypts, {n} number(s) so far", "正在使用，已加密 {n} 个号码", n = key.numbers),
        (true, false) => text!("still encrypts {n} number(s)", "仍有 {n} 个号码由它加密", n = key.numbers),
    };
    let secret = match key.secret {
        Some(at) => text!("decrypted by tokens.secret_keys[{at}]", "可由 tokens.secret_keys[{at}] 解密"),
        None => text!("CANNOT BE DECRYPTED", "无法解密"),
    };
    format!("{}  {made}  {}  {}", key.id, said(&what), said(&secret))
}

async fn rotate(parts: Parts) -> Result<(), Failure> {
    let app = App::start(parts).await?;
    let template = Text::new(
        "{bar:32} {percent:>3}%  {pos}/{len} numbers  {per_sec}  {eta} left",
        "{bar:32} {percent:>3}%  {pos}/{len} 个号码  {per_sec}  剩余 {eta}",
    );
    let style = ProgressStyle::with_template(said(&template)).unwrap_or_else(|_| ProgressStyle::default_bar());
    let progress = ProgressBar::new(0).with_style(style);
    let rotated = crate::usecase::key::rotate(app.service(), |seen, all| {
        progress.set_length(all);
        progress.set_position(seen);
    })
    .await;
    progress.finish_and_clear();
    let rotated = rotated?;
    if !rotated.is_new {
        say!(
            "completed an earlier rotation; run the command again for another key",
            "已完成之前中断的轮换；如需再换新密钥，请再次运行此命令"
        );
    }
    say!(
        "re-encrypted {count} number(s) with the newest key",
        "已用最新的密钥重新加密 {count} 个号码",
        count = rotated.resealed
    );
    Ok(())
}
