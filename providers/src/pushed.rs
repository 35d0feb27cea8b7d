//! Secrets that an upstream sends to the operator's server by itself: the tickets of WeChat and `WeCom`. The
//! receiver of such a push stores the secret here, and a provider reads the latest one.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::{ErrorKind, KeptToken, ProviderError, TokenKeeper};

/// A pushed secret, which all replicas share. Clones are the same secret.
#[derive(Debug, Clone)]
pub struct PushedSecret {
    keeper: Arc<dyn TokenKeeper>,
    name: String,
    /// What is pushed, for whom, and how often: for errors.
    what: String,
    life: Duration,
}

impl PushedSecret {
    /// The ticket of a third-party platform of WeChat, which is valid for 12 hours.
    /// <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/component_verify_ticket.html>
    #[must_use]
    pub fn component_verify_ticket(keeper: Arc<dyn TokenKeeper>, component_app_id: &str) -> Self {
        Self {
            keeper,
            name: format!("wechat-platform/{component_app_id}/component_verify_ticket"),
            what: format!("component_verify_ticket of {component_app_id}, which WeChat pushes every ten minutes"),
            life: Duration::from_hours(12),
        }
    }

    /// The ticket of a suite (third-party app) of `WeCom`, which is valid for 30 minutes.
    /// <https://developer.work.weixin.qq.com/document/path/90628>
    #[must_use]
    pub fn suite_ticket(keeper: Arc<dyn TokenKeeper>, suite_id: &str) -> Self {
        Self {
            keeper,
            name: format!("wecom-third-party/{suite_id}/suite_ticket"),
            what: format!("suite_ticket of {suite_id}, which WeCom pushes every ten minutes"),
            life: Duration::from_mins(30),
        }
    }

    /// Returns the secret that was pushed last.
    ///
    /// # Errors
    ///
    /// [`Misconfigured`](ErrorKind::Misconfigured), which names what is missing, if none was stored or the last one has
    /// expired: pushes do not arrive. Those of the keeper.
    pub async fn get(&self) -> Result<SecretString, ProviderError> {
        let kept = self.keeper.kept(&self.name).await?;
        kept.map(|kept| kept.secret).ok_or_else(|| {
            let detail = format!("there is no {}: none has been received, or the last one has expired", self.what);
            ProviderError::new(ErrorKind::Misconfigured, detail)
        })
    }

    /// Stores a secret that was pushed, in the place of the one before.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](ErrorKind::Unavailable) if another replica is storing one: the receiver then refuses the push, and
    /// the upstream repeats it. Those of the keeper.
    pub async fn put(&self, secret: SecretString) -> Result<(), ProviderError> {
        let Some(lease) = self.keeper.lease(&self.name).await? else {
            let detail = format!("another replica is storing the {}", self.what);
            return Err(ProviderError::new(ErrorKind::Unavailable, detail));
        };
        self.keeper.keep(&self.name, &lease, &KeptToken { secret, remaining: self.life }).await
    }

    /// Stores a secret in a keeper that does not wait, before a tape is played.
    #[cfg(feature = "contract")]
    pub(crate) fn put_at_once(&self, secret: &str) {
        use futures::FutureExt;

        let stored = self.put(secret.into()).now_or_never();
        stored.expect("tokens in memory are stored at once").expect("no other caller stores one");
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use tokio::time::advance;

    use super::*;
    use crate::TokensInMemory;

    #[tokio::test(start_paused = true)]
    async fn the_secret_that_was_pushed_last_is_read_until_it_expires() {
        let ticket = PushedSecret::suite_ticket(Arc::new(TokensInMemory::default()), "ww0123");

        let missing = ticket.get().await.expect_err("none was pushed");
        ticket.put("first".into()).await.expect("stored");
        ticket.put("second".into()).await.expect("stored");
        assert_eq!(ticket.get().await.expect("a ticket").expose_secret(), "second");
        advance(Duration::from_mins(31)).await;
        let expired = ticket.get().await.expect_err("it has expired");

        assert_eq!((missing.kind, &missing.detail), (ErrorKind::Misconfigured, &expired.detail));
        assert_eq!(
            missing.detail,
            "there is no suite_ticket of ww0123, which WeCom pushes every ten minutes: none has been received, or the \
             last one has expired"
        );
    }

    #[tokio::test]
    async fn a_push_while_another_replica_stores_one_is_refused() {
        let keeper = Arc::new(TokensInMemory::default());
        let ticket = PushedSecret::component_verify_ticket(keeper.clone(), "wx0123");

        keeper.lease("wechat-platform/wx0123/component_verify_ticket").await.expect("a keeper").expect("a lease");

        assert_eq!(ticket.put("second".into()).await.expect_err("a refusal").kind, ErrorKind::Unavailable);
    }
}
