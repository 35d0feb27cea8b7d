//! `guiyi check-data`: lists stored keys and phone numbers that the current rules read differently. See
//! `store::data_check`.

use store::data_check::Finding;

use super::{Failure, logs};
use crate::app::App;
use crate::service::Parts;

pub(super) async fn run(parts: Parts) -> Result<(), Failure> {
    logs::start(&parts.config.log)?;
    let app = App::start_for_command(parts).await?;
    let service = app.service();
    let mut findings: u64 = 0;
    let prefixes = &service.config.phone.extra_prefixes;
    let count = service.store.check_data(prefixes, |finding| {
        findings += 1;
        println!("{}", line(&finding));
    });
    let count = count.await?;
    eprintln!("{count} value(s) read");
    match findings {
        0 => Ok(()),
        _ => Err(format!("{findings} value(s) need attention: see docs/operations.md, \"After an upgrade\"").into()),
    }
}

fn line(finding: &Finding) -> String {
    match finding {
        Finding::Key { column, of, text, reason } => format!("{of}  {column}  {text:?}: {reason}"),
        Finding::Phone { of, is_active, masked, read_as } => {
            let former = if *is_active { "" } else { " (former)" };
            match read_as {
                Some(read_as) => format!("{of}  phones  {masked}{former}: is now read as {read_as}"),
                None => format!("{of}  phones  {masked}{former}: is not a valid number"),
            }
        }
    }
}
