//! What WeChat pushes to an app's address. For an app of a third-party platform it is the platform's address: pushes are
//! encrypted for the platform, whose own ticket arrives there too.
//!
//! - Follows and scans: <https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html>
//! - Withdrawn permissions: <https://developers.weixin.qq.com/doc/service/guide/product/authorization_change.html>
//!
//! Events about permissions come from a user of WeChat itself; the person is in `OpenID`. Libraries have lower-cased the
//! name `SCAN`. A cleared profile has been reported without an `OpenID`: it concerns no known person.

use async_trait::async_trait;
use domain::{OpenId, Timestamp};
use ipnet::IpNet;
use secrecy::SecretString;

use super::config::WeChatApp;
use super::global_token;
use crate::{PersonPush, PersonPushed, ProviderError, PushMessage, PushReader, Pushed};

#[async_trait]
impl PushReader for WeChatApp {
    fn receiver(&self) -> &str {
        self.platform.as_ref().map_or(self.app_id.as_str(), |platform| platform.app_id.as_str())
    }

    fn read(&self, message: &PushMessage) -> Pushed {
        match message.get("ComponentVerifyTicket") {
            Some(ticket) if message.name() == "component_verify_ticket" => Pushed::Secret(ticket.into()),
            Some(_) | None => person(message).map_or(Pushed::Other, Pushed::Person),
        }
    }

    async fn senders(&self) -> Result<Vec<IpNet>, ProviderError> {
        global_token::push_senders(self).await
    }

    async fn keep(&self, secret: SecretString) -> Result<(), ProviderError> {
        let platform = self.platform.as_ref();
        let platform = platform.ok_or_else(|| ProviderError::unsupported("the app belongs to no platform"))?;
        platform.verify_ticket.put(secret).await
    }
}

/// Returns the event about a person; `None` for any other message.
fn person(message: &PushMessage) -> Option<PersonPush> {
    let of = |name: &str| -> Option<OpenId> { message.get(name)?.parse().ok() };
    let key = || message.get("EventKey").map(str::to_owned);
    let (open_id, event) = match message.name().as_str() {
        "subscribe" => {
            let scene = key().and_then(|key| key.strip_prefix("qrscene_").map(str::to_owned));
            (of("FromUserName")?, PersonPushed::Followed { scene })
        }
        "unsubscribe" => (of("FromUserName")?, PersonPushed::Unfollowed),
        "scan" => (of("FromUserName")?, PersonPushed::Scanned { scene: key()? }),
        "user_info_modified" => (of("OpenID")?, PersonPushed::ProfileCleared),
        "user_authorization_revoke" => (of("OpenID")?, revoked(message.get("RevokeInfo")?)),
        "user_authorization_cancellation" => (of("OpenID")?, PersonPushed::Cancelled),
        _ => return None,
    };
    let seconds: i64 = message.get("CreateTime")?.parse().ok()?;
    let at = Timestamp::from_millis(seconds.checked_mul(1000)?);
    Some(PersonPush { open_id, at, event })
}

/// Returns which parts of the profile the numbers of `RevokeInfo` name. How several numbers are separated is not documented.
fn revoked(info: &str) -> PersonPushed {
    let numbers = info.split(|character: char| !character.is_ascii_digit()).filter_map(|number| number.parse().ok());
    let (mut nickname, mut avatar_url) = (false, false);
    for number in numbers {
        let number: u32 = number;
        // 205 and 6 are both; 301 is all that the person granted a website or a mobile app.
        let is_both = matches!(number, 6 | 205 | 301);
        nickname |= is_both || number == 19;
        avatar_url |= is_both || number == 20;
    }
    PersonPushed::Revoked { nickname, avatar_url }
}
