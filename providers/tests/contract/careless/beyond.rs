//! The flawed provider's behaviour beyond logins.

use async_trait::async_trait;
use ipnet::IpNet;
use providers::contract::{SECRET, TOKEN};
use providers::{
    ChangedOpenId, Follower, FollowerPage, Followers, OpenId, PersonPush, ProviderError, PushMessage, PushReader,
    Pushed, ToldOf,
};
use secrecy::SecretString;

use super::Flaw;
use super::provider::Careless;

impl Careless {
    fn sound_followers(&self) -> &dyn Followers {
        self.sound.followers().expect("an official account has followers")
    }

    fn sound_reader(&self) -> &dyn PushReader {
        self.sound.push_reader().expect("an official account is pushed to")
    }
}

#[async_trait]
impl Followers for Careless {
    async fn page(&self, at: Option<&str>) -> Result<FollowerPage, ProviderError> {
        if self.flaw == Flaw::LogsTheToken {
            tracing::debug!(token = TOKEN, secret = SECRET, "asks for followers");
        }
        let at = at.filter(|_| self.flaw != Flaw::BeginsAgain);
        let mut page = match self.sound_followers().page(at).await {
            Err(_) if self.flaw == Flaw::HidesTheOutage => FollowerPage::default(),
            page => page?,
        };
        if self.flaw == Flaw::SkipsAFollower {
            page.open_ids.pop();
        }
        Ok(page)
    }

    async fn about(&self, open_ids: &[OpenId]) -> Result<ToldOf<Follower>, ProviderError> {
        let told = self.sound_followers().about(open_ids).await?;
        Ok(match told {
            ToldOf::Each(people) if self.flaw == Flaw::SaysThatAllFollow => {
                ToldOf::Each(people.into_iter().map(|person| Follower { follows: true, ..person }).collect())
            }
            told => told,
        })
    }

    async fn new_open_ids(&self, from: &str, old: &[OpenId]) -> Result<ToldOf<ChangedOpenId>, ProviderError> {
        let told = self.sound_followers().new_open_ids(from, old).await?;
        Ok(match told {
            ToldOf::Each(changed) if self.flaw == Flaw::KeepsTheOldOpenId => {
                let kept = |ChangedOpenId { old, new }| ChangedOpenId { new: new.or_else(|| Some(old.clone())), old };
                ToldOf::Each(changed.into_iter().map(kept).collect())
            }
            told => told,
        })
    }
}

#[async_trait]
impl PushReader for Careless {
    fn receiver(&self) -> &str {
        self.sound_reader().receiver()
    }

    fn read(&self, message: &PushMessage) -> Pushed {
        assert!(self.flaw != Flaw::PanicsAtAPush || message.get("CreateTime").is_some(), "the time is missing");
        let sender: Option<OpenId> = message.get("FromUserName").and_then(|sender| sender.parse().ok());
        match (self.sound_reader().read(message), sender) {
            (Pushed::Person(push), Some(open_id)) if self.flaw == Flaw::ReadsTheSender => {
                Pushed::Person(PersonPush { open_id, ..push })
            }
            (read, _) => read,
        }
    }

    async fn senders(&self) -> Result<Vec<IpNet>, ProviderError> {
        let senders = self.sound_reader().senders().await;
        match self.flaw {
            Flaw::AdmitsEverySender => Ok(vec!["0.0.0.0/0".parse().expect("a block")]),
            Flaw::OverlooksBlocks => senders.map(|senders| {
                senders.into_iter().filter(|sender| sender.prefix_len() == sender.max_prefix_len()).collect()
            }),
            Flaw::HidesTheOutage => Ok(senders.unwrap_or_default()),
            _ => senders,
        }
    }

    async fn keep(&self, secret: SecretString) -> Result<(), ProviderError> {
        self.sound_reader().keep(secret).await
    }
}
