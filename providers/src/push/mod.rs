//! Pushes: what an upstream reports to an address of the service (服务器配置). WeChat and `WeCom` share one format, which
//! [`PushGate`](crate::PushGate) opens; a provider's [`PushReader`] says what a message means.
//!
//! - Signatures and encryption: <https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html>
//! - `WeCom`: <https://developer.work.weixin.qq.com/document/path/90968>

pub(crate) mod crypt;
pub(crate) mod gate;
pub(crate) mod message;

use async_trait::async_trait;
use domain::{OpenId, Timestamp};
use ipnet::IpNet;
use secrecy::SecretString;

use crate::{ProviderError, PushMessage};

/// What a push means.
#[derive(Debug, Clone)]
pub enum Pushed {
    /// An event about a person.
    Person(PersonPush),
    /// A secret for the provider itself, to be passed to [`PushReader::keep`].
    Secret(SecretString),
    /// A message or an event that says nothing about who a person is.
    Other,
}

/// An event about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonPush {
    /// The person's open id in the app.
    pub open_id: OpenId,
    /// When it happened, by the upstream's clock, in whole seconds.
    pub at: Timestamp,
    /// What happened.
    pub event: PersonPushed,
}

/// What happened to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonPushed {
    /// The person follows the account.
    Followed {
        /// The scene of the QR code that the person came by.
        scene: Option<String>,
    },
    /// The person no longer follows the account.
    Unfollowed,
    /// A follower scanned a QR code of the account.
    Scanned {
        /// The scene of the code.
        scene: String,
    },
    /// The upstream cleared the person's profile.
    ProfileCleared,
    /// The person withdrew the app's permission to use these.
    Revoked {
        /// The nickname.
        nickname: bool,
        /// The picture.
        avatar_url: bool,
    },
    /// The person closed the account at the upstream.
    Cancelled,
}

/// Reads the pushes of one app. The message is verified and decrypted before.
#[async_trait]
pub trait PushReader: Send + Sync {
    /// The id that encrypted pushes end with: the app's, or that of the platform or suite which receives them.
    fn receiver(&self) -> &str;

    /// Returns what a message means.
    fn read(&self, message: &PushMessage) -> Pushed;

    /// Returns the addresses that the upstream pushes from; they change from time to time.
    async fn senders(&self) -> Result<Vec<IpNet>, ProviderError> {
        Err(ProviderError::unsupported("the upstream does not tell where its pushes come from"))
    }

    /// Stores a [`Pushed::Secret`].
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if it could not be stored: the upstream then repeats the push.
    async fn keep(&self, secret: SecretString) -> Result<(), ProviderError> {
        let _ = secret;
        Err(ProviderError::unsupported("this app is sent no secrets"))
    }
}
