//! The content of a push: a person followed, scanned or revoked a permission.

use super::render::{Field, Format, render};

/// The sender of authorization events: a user of the platform, not the person. The same for every app here.
pub const PLATFORM: &str = "oPlatf0rmPushUser00000000000";

/// An event of a person that WeChat pushes to an app's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The original id of the app: `gh_` and 12 hex digits.
    pub to_user: String,
    /// The person's openId in this app.
    pub open_id: String,
    /// The person's unionId. Only in authorization events, except those about a mini program's permissions.
    pub union_id: Option<String>,
    /// The appid.
    pub app_id: String,
    /// When it happened, in Unix seconds.
    pub created: i64,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The person follows the account; `scanned` is present if they came by a QR code.
    Subscribe {
        /// The QR code that was scanned.
        scanned: Option<Scanned>,
    },
    /// The person no longer follows.
    Unsubscribe,
    /// A follower scanned a QR code of the account.
    Scan(Scanned),
    /// WeChat cleared a risky profile: nickname and picture must be fetched again.
    UserInfoModified,
    /// The person revoked a permission.
    AuthorizationRevoke {
        /// The permission: 205 is nickname and picture of a service account, 301 everything of a website or mobile app.
        info: u16,
    },
    /// The person closed their WeChat account.
    AuthorizationCancellation,
}

/// A QR code of an account with a scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The scene of the QR code.
    pub scene: String,
    /// The ticket for the picture of the QR code.
    pub ticket: String,
}

impl Push {
    /// Renders the message, unencrypted.
    ///
    /// `ugly_keys` renders authorization events as WeChat's documents print them: `Event` for `event`, and in JSON a space
    /// before the names that only they have. XML allows no such space and is unaffected.
    #[must_use]
    pub fn text(&self, format: Format, ugly_keys: bool) -> String {
        render(&self.fields(format, ugly_keys), format)
    }

    /// Returns the sender of the message.
    pub(super) fn sender(&self) -> &str {
        if self.event.is_about_authorization() { PLATFORM } else { &self.open_id }
    }

    pub(super) fn fields(&self, format: Format, ugly_keys: bool) -> Vec<Field> {
        let ugly = ugly_keys && self.event.is_about_authorization();
        let mut fields = vec![
            Field::text("ToUserName", &self.to_user),
            Field::text("FromUserName", self.sender()),
            Field::number("CreateTime", self.created),
            Field::text("MsgType", if ugly { "Event" } else { "event" }),
            Field::text("Event", self.event.name()),
        ];
        let own = self.own_fields();
        let spaced = ugly && format == Format::Json;
        fields.extend(own.into_iter().map(|field| if spaced { field.spaced() } else { field }));
        fields
    }

    /// Returns the fields that are specific to the event.
    fn own_fields(&self) -> Vec<Field> {
        match &self.event {
            Event::Subscribe { scanned: Some(scanned) } => scanned.fields(&format!("qrscene_{}", scanned.scene)),
            // The documents show no key here; recorded pushes have an empty one.
            Event::Subscribe { scanned: None } | Event::Unsubscribe => vec![Field::text("EventKey", "")],
            Event::Scan(scanned) => scanned.fields(&scanned.scene),
            Event::UserInfoModified | Event::AuthorizationCancellation => self.person(),
            Event::AuthorizationRevoke { info } => {
                let mut fields = self.person();
                fields.push(Field::text("RevokeInfo", &info.to_string()));
                fields
            }
        }
    }

    /// Returns the fields that identify the person of an authorization event.
    fn person(&self) -> Vec<Field> {
        let mut fields = vec![Field::text("OpenID", &self.open_id)];
        fields.extend(self.union_id.as_ref().map(|id| Field::text("UnionID", id)));
        fields.push(Field::text("AppID", &self.app_id));
        fields
    }
}

impl Event {
    /// Returns WeChat's name of the event.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Scan(_) => "SCAN",
            Self::UserInfoModified => "user_info_modified",
            Self::AuthorizationRevoke { .. } => "user_authorization_revoke",
            Self::AuthorizationCancellation => "user_authorization_cancellation",
        }
    }

    const fn is_about_authorization(&self) -> bool {
        match self {
            Self::Subscribe { .. } | Self::Unsubscribe | Self::Scan(_) => false,
            Self::UserInfoModified | Self::AuthorizationRevoke { .. } | Self::AuthorizationCancellation => true,
        }
    }
}

impl Scanned {
    fn fields(&self, event_key: &str) -> Vec<Field> {
        vec![Field::text("EventKey", event_key), Field::text("Ticket", &self.ticket)]
    }
}
