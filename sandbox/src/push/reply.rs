//! The account's answer to a push (被动回复): a text to the person, encrypted as the push was.

use super::settings::{Secrecy, Settings};

impl Settings {
    /// Returns the text of an answer; `None` if it is no text message. WeChat shows it in the chat.
    pub(crate) fn text_of(&self, answer: &str) -> Option<String> {
        let encrypted = section(answer, "Encrypt");
        let message = match (&self.secrecy, encrypted) {
            (Secrecy::Compatible(key) | Secrecy::Secure(key), Some(encrypted)) => key.decrypt(encrypted)?,
            _ => answer.to_owned(),
        };
        let is_text = section(&message, "MsgType") == Some("text");
        is_text.then(|| section(&message, "Content").map(str::to_owned)).flatten()
    }
}

/// Returns the content of an element that is written as a section.
fn section<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}><![CDATA["))?;
    rest.split_once(&format!("]]></{name}>")).map(|(content, _)| content)
}
