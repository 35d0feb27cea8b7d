//! What a support desk asks about an account: the accounts that were merged into it, and what was sent to its person.

use domain::UserId;
use store::outbox::Message;
use store::sms::SentCode;
use store::user::Alias;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Reader;

/// How many are listed.
const LISTED: u64 = 50;

/// Returns the accounts that were merged into an account, directly or through others, the newest first: at most fifty. For its
/// person, or a system with the scope `users:read`; like the other functions of this file.
pub async fn aliases(service: &Service, reader: Reader<'_>, user: UserId) -> Result<Vec<Alias>, ApiError> {
    reader.may_read_user(user)?;
    let mut aliases = store::history::aliases(&service.store.view(), user).await?;
    aliases.sort_by_key(|alias| std::cmp::Reverse((alias.created_at, alias.id)));
    aliases.truncate(usize::try_from(LISTED).unwrap_or(usize::MAX));
    Ok(aliases)
}

/// Returns the newest notices about an account and those merged into it, the newest first: at most fifty.
pub async fn notices(service: &Service, reader: Reader<'_>, user: UserId) -> Result<Vec<Message>, ApiError> {
    reader.may_read_user(user)?;
    let view = service.store.view();
    let users = store::history::with_aliases(&view, user).await?;
    Ok(store::outbox::of_users(&view, &users, LISTED).await?)
}

/// Returns the newest SMS codes that an account and those merged into it requested, the newest first: at most fifty.
pub async fn phone_codes(service: &Service, reader: Reader<'_>, user: UserId) -> Result<Vec<SentCode>, ApiError> {
    reader.may_read_user(user)?;
    let view = service.store.view();
    let users = store::history::with_aliases(&view, user).await?;
    Ok(store::sms::requested_by(&view, &users, LISTED).await?)
}
