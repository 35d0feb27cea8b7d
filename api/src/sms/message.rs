//! The messages that people receive: codes and notices, each a kind with its text in Chinese and English.

use std::borrow::Cow;
use std::fmt;

use domain::PhoneNumber;
use serde::{Deserialize, Serialize};

use super::SmsError;
use crate::error::Language;

/// One message. Its code does not print.
#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    /// A code that proves the phone.
    Code {
        /// Six digits.
        code: String,
        /// How long it is valid.
        minutes: u32,
    },
    /// A notice of a change.
    Notice(Notice),
}

/// A change that a person is notified of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// The account has another phone. Sent to the old number.
    PhoneChanged,
    /// The number was bound to another account. Sent to the account that had it.
    PhoneLeft,
    /// Two accounts were merged.
    AccountsMerged,
    /// An app was unlinked.
    OpenIdUnlinked {
        /// The app's name as on a sign-in button.
        app: String,
    },
    /// An app was linked.
    OpenIdLinked {
        /// The app's name as on a sign-in button.
        app: String,
    },
    /// A merge was undone.
    MergeUndone,
    /// The number was unbound.
    PhoneUnbound,
    /// The number was bound.
    PhoneBound,
}

/// Declares the kinds with their names.
macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $name:literal,)+) => {
        /// The kind of a message. Selects templates, and is all of a message that logs and counters may show.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$meta])* $kind,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// Returns the kind's name in settings, counters and log lines.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }
        }
    };
}

kinds! {
    /// [`Message::Code`].
    Code = "code",
    /// [`Notice::PhoneChanged`].
    PhoneChanged = "phone_changed",
    /// [`Notice::PhoneLeft`].
    PhoneLeft = "phone_left",
    /// [`Notice::AccountsMerged`].
    AccountsMerged = "accounts_merged",
    /// [`Notice::OpenIdUnlinked`].
    OpenIdUnlinked = "open_id_unlinked",
    /// [`Notice::OpenIdLinked`].
    OpenIdLinked = "open_id_linked",
    /// [`Notice::MergeUndone`].
    MergeUndone = "merge_undone",
    /// [`Notice::PhoneUnbound`].
    PhoneUnbound = "phone_unbound",
    /// [`Notice::PhoneBound`].
    PhoneBound = "phone_bound",
}

impl Notice {
    /// Returns the kind of the message.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::PhoneChanged => Kind::PhoneChanged,
            Self::PhoneLeft => Kind::PhoneLeft,
            Self::AccountsMerged => Kind::AccountsMerged,
            Self::OpenIdUnlinked { .. } => Kind::OpenIdUnlinked,
            Self::OpenIdLinked { .. } => Kind::OpenIdLinked,
            Self::MergeUndone => Kind::MergeUndone,
            Self::PhoneUnbound => Kind::PhoneUnbound,
            Self::PhoneBound => Kind::PhoneBound,
        }
    }

    /// Returns the text in English and Chinese.
    fn all_words(&self) -> [Cow<'static, str>; 2] {
        let [en, zh] = match self {
            Self::PhoneChanged => [
                "The phone number of your account was changed. If this was not you, contact us at once.",
                "您的账号已更换手机号。如非本人操作，请立即联系我们。",
            ],
            Self::PhoneLeft => [
                "Your phone number was bound to another account and removed from yours. If this was not you, contact us at once.",
                "您的手机号已绑定到其他账号，不再属于您的账号。如非本人操作，请立即联系我们。",
            ],
            Self::AccountsMerged => [
                "Two of your accounts were merged. If this was not you, contact us at once.",
                "您的两个账号已合并为一个。如非本人操作，请立即联系我们。",
            ],
            Self::OpenIdUnlinked { app } => {
                return [
                    format!("{app} was unlinked from your account. If this was not you, contact us at once.").into(),
                    format!("您的账号已解除与 {app} 的关联。如非本人操作，请立即联系我们。").into(),
                ];
            }
            Self::OpenIdLinked { app } => {
                return [
                    format!("{app} was linked to your account. If this was not you, contact us at once.").into(),
                    format!("您的账号已关联 {app}。如非本人操作，请立即联系我们。").into(),
                ];
            }
            Self::MergeUndone => [
                "The merge of your accounts was undone. If this was not you, contact us at once.",
                "您的账号合并已撤销。如非本人操作，请立即联系我们。",
            ],
            Self::PhoneUnbound => [
                "Your phone number was unbound from your account. If this was not you, contact us at once.",
                "您的手机号已从账号解绑。如非本人操作，请立即联系我们。",
            ],
            Self::PhoneBound => [
                "Your phone number was bound to an account. If this was not you, contact us at once.",
                "您的手机号已绑定账号。如非本人操作，请立即联系我们。",
            ],
        };
        [en.into(), zh.into()]
    }
}

impl Message {
    /// Returns the kind of the message.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Code { .. } => Kind::Code,
            Self::Notice(notice) => notice.kind(),
        }
    }

    /// Returns the whole text in a language, without a signature.
    #[must_use]
    pub fn text(&self, language: Language) -> Cow<'static, str> {
        let [en, zh] = match self {
            Self::Code { code, minutes } => [
                format!("Your code is {code}. It is valid for {minutes} minutes. Do not share it with anyone.").into(),
                format!("您的验证码是 {code}，{minutes} 分钟内有效，请勿告知他人。").into(),
            ],
            Self::Notice(notice) => notice.all_words(),
        };
        match language {
            Language::En => en,
            Language::ZhCn => zh,
        }
    }

    /// Returns the code; empty for a notice.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Code { code, .. } => code,
            Self::Notice(_) => "",
        }
    }

    /// Returns the value of a placeholder in the settings; empty where the message has none.
    pub(super) fn blank(&self, name: &str) -> Option<Cow<'_, str>> {
        match (name, self) {
            ("code", message) => Some(message.code().into()),
            ("minutes", Self::Code { minutes, .. }) => Some(minutes.to_string().into()),
            ("app", Self::Notice(Notice::OpenIdUnlinked { app } | Notice::OpenIdLinked { app })) => Some(app.into()),
            ("minutes" | "app", _) => Some("".into()),
            ("kind", message) => Some(message.kind().name().into()),
            _ => None,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({})", self.kind().name())
    }
}

/// Returns whether messages have a placeholder of this name.
#[must_use]
pub(crate) fn is_blank(name: &str) -> bool {
    Message::Notice(Notice::PhoneBound).blank(name).is_some()
}

/// Returns the number as carriers in China write it: without the country code for Chinese numbers, without the plus for
/// others. Without its plus, a number of North America such as +1 310 555 1234 is the mobile number 13105551234 of
/// mainland China, and the message would reach that phone: such numbers have no such form.
pub(super) fn national(number: &PhoneNumber) -> Result<&str, SmsError> {
    if let Some(domestic) = domestic(number) {
        return Ok(domestic);
    }
    let digits = number.e164().trim_start_matches('+');
    let is_read_as_domestic = digits.len() == 11 && digits.starts_with('1') && !digits.starts_with("12");
    if is_read_as_domestic {
        let detail = "the carrier would read the foreign number as one of mainland China";
        return Err(SmsError::Rejected(detail.to_owned()));
    }
    Ok(digits)
}

/// Returns a number of mainland China without its country code.
#[must_use]
pub(crate) fn domestic(number: &PhoneNumber) -> Option<&str> {
    number.e164().strip_prefix("+86")
}

/// Fills the placeholders of a pattern, such as `{code}`. Inserted values are not expanded again.
///
/// # Errors
///
/// Returns the first placeholder that `value` does not know.
pub(crate) fn fill<'a>(pattern: &'a str, value: impl Fn(&'a str) -> Option<Cow<'a, str>>) -> Result<String, String> {
    let mut filled = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
        filled.push_str(before);
        filled.push_str(&value(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_once_and_unknown_ones_are_named() {
        let message = Message::Code { code: "{code}".to_owned(), minutes: 5 };
        let filled = |pattern| fill(pattern, |name| message.blank(name));

        assert_eq!(filled("a {code} in {minutes}, {app}{kind}").as_deref(), Ok("a {code} in 5, code"));
        assert_eq!(filled("{app}{code"), Err("code".to_owned()));
        assert_eq!(filled("{surname}"), Err("surname".to_owned()));
    }

    #[test]
    fn a_code_does_not_print_and_its_text_has_it() {
        let message = Message::Code { code: "314159".to_owned(), minutes: 5 };

        assert_eq!(format!("{message:?}"), "Message(code)");
        assert_eq!(message.text(Language::ZhCn), "您的验证码是 314159，5 分钟内有效，请勿告知他人。");
        assert_eq!(
            message.text(Language::En),
            "Your code is 314159. It is valid for 5 minutes. Do not share it with anyone."
        );
    }

    #[test]
    fn a_number_of_china_is_written_without_its_country() {
        let written = ["+8613800000001", "+85251234567"].map(|number| PhoneNumber::parse(number).expect("a number"));

        assert_eq!(written.each_ref().map(|number| national(number).ok()), [Some("13800000001"), Some("85251234567")]);
    }

    #[test]
    fn a_number_that_would_be_one_of_china_without_its_plus_has_no_such_form() {
        let american = PhoneNumber::parse("+13105551234").expect("a number");

        assert_eq!(national(&american).map_err(|error| error.name()), Err("rejected"));
    }
}
