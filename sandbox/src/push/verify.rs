//! URL verification, by which an address proves that it knows the token before WeChat pushes to it. It does not verify the
//! encryption; only the first push does.

use reqwest::{Method, Request};

use crate::dice;

use super::client::{Answer, Failure, send};
use super::letter::signed;
use super::{Courier, Settings};

impl Courier {
    /// Asks the address of the settings to repeat a random text. `now` is in Unix seconds.
    ///
    /// # Errors
    ///
    /// If the answer is not HTTP 200 with exactly the text: no quotes, no line end.
    pub async fn verify(&self, settings: &Settings, now: i64) -> Result<(), NotVerified> {
        let echostr = u64::from_le_bytes(dice::bytes()).to_string();
        let (mut url, _) = signed(settings, now);
        url.query_pairs_mut().append_pair("echostr", &echostr);
        let Answer { status, body } = send(Request::new(Method::GET, url), self.patience).await?;
        match status {
            200 if body == echostr => Ok(()),
            200 => Err(NotVerified::Echo { expected: echostr, body }),
            _ => Err(NotVerified::Status(status)),
        }
    }
}

/// Why an address failed the verification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// There was no answer.
    #[error("the address did not answer")]
    NoAnswer(#[from] Failure),
    /// The answer was not HTTP 200.
    #[error("the address answered HTTP {0} instead of 200")]
    Status(u16),
    /// The answer was another text.
    #[error("the address answered {body:?} instead of {expected}")]
    Echo {
        /// The expected text.
        expected: String,
        /// The answer, up to 4096 bytes.
        body: String,
    },
}
