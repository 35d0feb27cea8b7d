//! `guiyi check-data`: lists stored keys and phone numbers that the current rules read differently. See
//! `store::data_check`.

use store::data_check::Finding;

use super::words::{self, say, tell};
use super::{Failure, logs};
use crate::app::App;
use crate::service::Parts;
use crate::text::{Text, text};
use crate::usecase::import::masked;

pub(super) async fn run(parts: Parts) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let app = App::start_for_command(parts).await?;
    let service = app.service();
    let mut findings: u64 = 0;
    let prefixes = &service.config.phone.extra_prefixes;
    let count = service.store.check_data(prefixes, |finding| {
        findings += 1;
        println!("{}", words::said(&line(finding)));
    });
    let count = count.await?;
    tell!("{count} value(s) read", "已检查 {count} 个值");
    match findings {
        0 => {
            say!("no value needs attention", "没有需要处理的值");
            Ok(())
        }
        _ => Err(text!(
            "{findings} value(s) need attention: see docs/operations.md, \"After an upgrade\"",
            "{findings} 个值需要处理：见 docs/operations.md 的 \"After an upgrade\""
        )
        .into()),
    }
}

fn line(finding: Finding) -> Text {
    match finding {
        Finding::Key { column, of, text, reason } => {
            // An id may be a phone number.
            let text = masked(&text);
            text!("{of}  {column}  {text:?}: ", "{of}  {column}  {text:?}：").then(&reason.into())
        }
        Finding::Phone { of, is_active, masked, read_as } => {
            let former = if is_active { text!("", "") } else { text!(" (former)", "（曾用）") };
            let read = match read_as {
                Some(read_as) => text!(": is now read as {read_as}", "：现在读作 {read_as}"),
                None => text!(": is not a valid number", "：不是有效的号码"),
            };
            text!("{of}  {column}  {masked}", "{of}  {column}  {masked}", column = "phones").then(&former).then(&read)
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{BadKey, UserId};

    use super::*;
    use crate::error::Language;

    #[test]
    fn a_finding_is_told_in_both_languages() {
        let key = |reason| Finding::Key {
            column: "open_ids.open_id",
            of: "oid_1".to_owned(),
            text: "null".to_owned(),
            reason,
        };
        let phone = |is_active, read_as: Option<&str>| Finding::Phone {
            of: UserId::from_uuid(uuid::Uuid::nil()),
            is_active,
            masked: "+86138****0001".to_owned(),
            read_as: read_as.map(str::to_owned),
        };
        let all = [
            key(BadKey::Placeholder("open id")),
            key(BadKey::Damaged("external id")),
            key(BadKey::Guarded("union id")),
            phone(true, Some("+852****5678")),
            phone(false, None),
        ];
        let said = all.map(|finding| {
            let text = line(finding);
            format!("{text}\n{}\n", text.in_language(Language::ZhCn))
        });

        insta::assert_snapshot!(said.concat(), @r#"
        oid_1  open_ids.open_id  "null": the open id is a placeholder for no value
        oid_1  open_ids.open_id  "null"：openId 是表示“无值”的占位符
        oid_1  open_ids.open_id  "null": the external id is a number that a spreadsheet has rounded or formatted; export the column as text
        oid_1  open_ids.open_id  "null"：externalId 是被电子表格舍入或改变了格式的数字；请将该列设为文本格式后重新导出
        oid_1  open_ids.open_id  "null": the union id begins with a quotation mark, which spreadsheets need and the id does not have
        oid_1  open_ids.open_id  "null"：unionId 以引号开头：引号是电子表格的写法，不是 ID 的一部分
        usr_00000000000000000000000000000000  phones  +86138****0001: is now read as +852****5678
        usr_00000000000000000000000000000000  phones  +86138****0001：现在读作 +852****5678
        usr_00000000000000000000000000000000  phones  +86138****0001 (former): is not a valid number
        usr_00000000000000000000000000000000  phones  +86138****0001（曾用）：不是有效的号码
        "#);
    }
}
