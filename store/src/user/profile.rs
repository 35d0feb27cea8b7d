//! Stores the name and the picture that a person chooses.

use domain::{SessionId, Timestamp, UserId};
use entities::user;
use sea_orm::ActiveValue;

use crate::{StoreError, Tx};

/// What a person changes of their name and picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The nickname.
    pub nickname: Choice,
    /// The picture.
    pub avatar_url: Choice,
}

/// What a person does with one of their words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Forgets it: what an upstream told is shown again.
    Forget,
    /// Chooses this one.
    Choose(String),
}

impl Choice {
    fn column(&self) -> ActiveValue<Option<String>> {
        match self {
            Self::Keep => ActiveValue::NotSet,
            Self::Forget => ActiveValue::Set(None),
            Self::Choose(word) => ActiveValue::Set(Some(word.clone())),
        }
    }
}

/// Changes what the person of a session chose. Returns the account, or `None` if the session has ended.
///
/// # Errors
/// Returns [`StoreError::Closed`] if the account was disabled.
pub async fn change_profile(
    tx: &Tx,
    session: SessionId,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<Option<UserId>, StoreError> {
    // The session may have moved to another account since the request came in.
    let Some(held) = crate::link::hold(tx, session, now).await? else { return Ok(None) };
    let user = held.account.id;
    if change.avatar_url != Choice::Keep {
        crate::picture::retire_shown(tx, user, now).await?;
    }
    if let Choice::Choose(address) = &change.avatar_url {
        // Of any other address there is no row.
        crate::picture::keep(tx, address, now).await?;
    }
    let row = user::ActiveModel {
        own_nickname: change.nickname.column(),
        own_avatar_url: change.avatar_url.column(),
        updated_at: ActiveValue::Set(now),
        ..Default::default()
    };
    crate::merge::update_user(tx, user, row).await?;
    Ok(Some(user))
}
