//! All effects of faults, and the paths at which they are possible.

use crate::company::words;
use crate::push::Mishap;

words! {
    /// The faults that have a name.
    pub(crate) enum Kind {
        /// No answer.
        Hang = "hang",
        /// The connection is reset.
        Reset = "reset",
        /// HTTP 200 with an empty body, as a page in GBK.
        Empty = "empty",
        /// HTTP 200 and a page in place of JSON.
        Html = "html",
        /// The quota of the minute or the day is exceeded.
        Quota = "quota",
        /// The nickname contains raw U+0008 and U+001F.
        ControlCharacters = "control-characters",
        /// The nickname ends in the middle of an emoji.
        BadUtf8 = "bad-utf8",
        /// The errcode is a string.
        ErrcodeAsText = "errcode-as-text",
        /// The expected unionId is absent.
        LateUnionId = "late-union-id",
        /// The unionId is a different one.
        ChangedUnionId = "changed-union-id",
        /// The callback is first called by another client.
        CallbackTwice = "callback-twice",
        /// The code sent to the site is the last one that was used.
        ReplayedCode = "replayed-code",
        /// The login happens on a snapshot page.
        Snapshot = "snapshot",
        /// Another client has fetched a new global token since.
        TokenRotated = "token-rotated",
        /// A list lacks its last entry.
        ShortList = "short-list",
        /// An openId is not converted.
        Unconverted = "unconverted",
        /// The push is not sent.
        Lost = "lost",
        /// The first answer to the push is lost, and the push is sent again.
        AnswerLost = "answer-lost",
        /// The push is sent once more after it was received.
        Twice = "twice",
        /// The push is signed with another token.
        Forged = "forged",
        /// The push was signed an hour ago.
        Stale = "stale",
        /// The push is encrypted with another key.
        WrongKey = "wrong-key",
        /// The body of the push ends in the middle.
        Truncated = "truncated",
    }
}

/// The effect of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// None: the answer is only delayed.
    Nothing,
    /// Another answer, or none.
    Answer(Answer),
    /// WeChat's answer is corrupted.
    Spoilt(Spoil),
    /// The redirect back to the site is wrong.
    WayBack(WayBack),
    /// The login happens on a snapshot page.
    Snapshot,
    /// Another client has fetched a new global token since.
    TokenRotated,
    /// A push goes wrong.
    Pushed(Mishap),
}

/// An answer that replaces WeChat's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) instead: Instead,
    /// The HTTP status, if it is not the usual one.
    pub(crate) status: Option<u16>,
}

/// The content that replaces WeChat's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instead {
    /// This error, in WeChat's format.
    Errcode(i64),
    /// This text.
    Body(String),
    /// A page.
    Html,
    /// An empty body.
    Empty,
    /// The error of an exceeded quota.
    Quota,
    /// No answer.
    Hang,
    /// A reset of the connection.
    Reset,
}

/// The corruption of a JSON answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    ControlCharacters,
    BadUtf8,
    ErrcodeAsText,
    LateUnionId,
    ChangedUnionId,
    ShortList,
    Unconverted,
}

/// The change to a code on its way back to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayBack {
    CallbackTwice,
    ReplayedCode,
}

/// The word for the delivery of pushes, in place of a path.
pub(crate) const PUSH: &str = "push";

/// The page where a browser logs in with an official account.
const AUTHORIZE: &str = "/connect/oauth2/authorize";
/// The paths that send codes back to a site.
const WAYS_BACK: [&str; 3] = [AUTHORIZE, "/connect/confirm", "/connect/l/qrconnect"];
const WITH_NICKNAME: [&str; 3] = ["/sns/userinfo", "/cgi-bin/user/info", "/cgi-bin/user/info/batchget"];
const CONVERSION: &str = "/cgi-bin/changeopenid";
const WITH_LIST: [&str; 4] = [CONVERSION, "/cgi-bin/user/get", "/cgi-bin/user/info/batchget", "/cgi-bin/getcallbackip"];
const WITHOUT_TOKEN: [&str; 3] = ["/cgi-bin/token", "/cgi-bin/stable_token", "/cgi-bin/gettoken"];

impl Wrong {
    /// Returns whether it always has an effect. The others need an answer of a certain form.
    pub(super) const fn is_certain(&self) -> bool {
        match self {
            Self::Nothing | Self::Answer(_) | Self::Snapshot => true,
            Self::Spoilt(_) | Self::WayBack(_) | Self::TokenRotated | Self::Pushed(_) => false,
        }
    }
}

impl Kind {
    pub(super) const fn wrong(self) -> Wrong {
        match self {
            Self::Hang => answer(Instead::Hang),
            Self::Reset => answer(Instead::Reset),
            Self::Empty => answer(Instead::Empty),
            Self::Html => answer(Instead::Html),
            Self::Quota => answer(Instead::Quota),
            Self::ControlCharacters => Wrong::Spoilt(Spoil::ControlCharacters),
            Self::BadUtf8 => Wrong::Spoilt(Spoil::BadUtf8),
            Self::ErrcodeAsText => Wrong::Spoilt(Spoil::ErrcodeAsText),
            Self::LateUnionId => Wrong::Spoilt(Spoil::LateUnionId),
            Self::ChangedUnionId => Wrong::Spoilt(Spoil::ChangedUnionId),
            Self::CallbackTwice => Wrong::WayBack(WayBack::CallbackTwice),
            Self::ReplayedCode => Wrong::WayBack(WayBack::ReplayedCode),
            Self::Snapshot => Wrong::Snapshot,
            Self::TokenRotated => Wrong::TokenRotated,
            Self::ShortList => Wrong::Spoilt(Spoil::ShortList),
            Self::Unconverted => Wrong::Spoilt(Spoil::Unconverted),
            Self::Lost => Wrong::Pushed(Mishap::Lost),
            Self::AnswerLost => Wrong::Pushed(Mishap::AnswerLost),
            Self::Twice => Wrong::Pushed(Mishap::Twice),
            Self::Forged => Wrong::Pushed(Mishap::Forged),
            Self::Stale => Wrong::Pushed(Mishap::Stale),
            Self::WrongKey => Wrong::Pushed(Mishap::WrongKey),
            Self::Truncated => Wrong::Pushed(Mishap::Truncated),
        }
    }

    /// Returns why this is impossible at a path, if it is.
    pub(super) fn misfit(self, path: &str) -> Option<&'static str> {
        let below = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        let (fits, why_not) = match self {
            Self::Hang | Self::Reset | Self::Empty | Self::Html | Self::Quota => {
                (path != PUSH, "a push has no such fault")
            }
            Self::ControlCharacters | Self::BadUtf8 => {
                (WITH_NICKNAME.contains(&path), "the answers of this path have no nickname")
            }
            Self::ErrcodeAsText => {
                (below(&["/sns/", "/cgi-bin/", "/wxa/"]), "the answers of this path have no errcode")
            }
            Self::LateUnionId | Self::ChangedUnionId => {
                (below(&["/sns/", "/cgi-bin/user/"]), "the answers of this path have no unionid")
            }
            Self::CallbackTwice | Self::ReplayedCode => {
                (WAYS_BACK.contains(&path), "this path does not redirect to a site")
            }
            Self::Snapshot => (path == AUTHORIZE, "only /connect/oauth2/authorize shows a snapshot page"),
            Self::TokenRotated => {
                let takes_token = below(&["/cgi-bin/", "/wxa/"]) && !WITHOUT_TOKEN.contains(&path);
                (takes_token, "calls of this path have no global token")
            }
            Self::ShortList => (WITH_LIST.contains(&path), "the answers of this path have no list"),
            Self::Unconverted => (path == CONVERSION, "only /cgi-bin/changeopenid converts openIds"),
            Self::Lost
            | Self::AnswerLost
            | Self::Twice
            | Self::Forged
            | Self::Stale
            | Self::WrongKey
            | Self::Truncated => (path == PUSH, "only a push has this fault"),
        };
        (!fits).then_some(why_not)
    }
}

const fn answer(instead: Instead) -> Wrong {
    Wrong::Answer(Answer { instead, status: None })
}
