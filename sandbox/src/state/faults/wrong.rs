//! Everything that can go wrong with a call, and at which paths it can.
//! How it is ordered is in `order`; how it is done, in `http::faulty`.

use crate::company::words;

words! {
    /// The faults that have a word.
    pub(crate) enum Kind {
        /// No answer ever comes.
        Hang = "hang",
        /// The connection is reset.
        Reset = "reset",
        /// HTTP 200 and no byte, as a page in GBK.
        Empty = "empty",
        /// HTTP 200 and a page where JSON is due.
        Html = "html",
        /// The limit of the minute or of the day is reached.
        Quota = "quota",
        /// The nickname holds U+0008 and U+001F as they are.
        ControlCharacters = "control-characters",
        /// The nickname ends in the middle of an emoji.
        BadUtf8 = "bad-utf8",
        /// The errcode comes in quotes.
        ErrcodeAsText = "errcode-as-text",
        /// The unionId that is due is not there.
        LateUnionId = "late-union-id",
        /// The unionId is another one.
        ChangedUnionId = "changed-union-id",
        /// The call-back is called by somebody else first.
        CallbackTwice = "callback-twice",
        /// The code that goes back to the site is the last one that was used.
        ReplayedCode = "replayed-code",
        /// The login happens on a snapshot page.
        Snapshot = "snapshot",
        /// Somebody else has taken a new global token since.
        TokenRotated = "token-rotated",
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Nothing: the answer is only late.
    Nothing,
    /// Another answer comes, or none.
    Answer(Answer),
    /// The answer of WeChat is spoilt on its way.
    Spoilt(Spoil),
    /// The browser's way back to the site is not as it should be.
    WayBack(WayBack),
    /// The login happens on a snapshot page.
    Snapshot,
    /// Somebody else has taken a new global token since.
    TokenRotated,
}

/// An answer in place of WeChat's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) instead: Instead,
    /// The HTTP status, where it is not the usual one.
    pub(crate) status: Option<u16>,
}

/// What comes in place of WeChat's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instead {
    /// This error, in WeChat's manner.
    Errcode(i64),
    /// This text.
    Body(String),
    /// Some page.
    Html,
    /// Not a byte.
    Empty,
    /// The error of a limit that is reached.
    Quota,
    /// Nothing, ever.
    Hang,
    /// The end of the connection.
    Reset,
}

/// What becomes of JSON on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    ControlCharacters,
    BadUtf8,
    ErrcodeAsText,
    LateUnionId,
    ChangedUnionId,
}

/// What becomes of a code on its way back to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayBack {
    CallbackTwice,
    ReplayedCode,
}

/// Where a browser logs in with an official account.
const AUTHORIZE: &str = "/connect/oauth2/authorize";
/// Where codes go back to a site.
const WAYS_BACK: [&str; 3] = [AUTHORIZE, "/connect/confirm", "/connect/l/qrconnect"];
const WITH_NICKNAME: [&str; 3] = ["/sns/userinfo", "/cgi-bin/user/info", "/cgi-bin/user/info/batchget"];
const WITHOUT_TOKEN: [&str; 3] = ["/cgi-bin/token", "/cgi-bin/stable_token", "/cgi-bin/gettoken"];

impl Wrong {
    /// Whether it shows, whatever the call turns out to be. The others need an answer of a certain form.
    pub(super) const fn is_certain(&self) -> bool {
        match self {
            Self::Nothing | Self::Answer(_) | Self::Snapshot => true,
            Self::Spoilt(_) | Self::WayBack(_) | Self::TokenRotated => false,
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
        }
    }

    /// Why this can never happen at a path, if it cannot.
    pub(super) fn misfit(self, path: &str) -> Option<&'static str> {
        let below = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        let (fits, why_not) = match self {
            Self::Hang | Self::Reset | Self::Empty | Self::Html | Self::Quota => (true, ""),
            Self::ControlCharacters | Self::BadUtf8 => {
                (WITH_NICKNAME.contains(&path), "there is no nickname in the answers of this path")
            }
            Self::ErrcodeAsText => (below(&["/sns/", "/cgi-bin/", "/wxa/"]), "this path answers without errcodes"),
            Self::LateUnionId | Self::ChangedUnionId => {
                (below(&["/sns/", "/cgi-bin/user/"]), "there is no unionid in the answers of this path")
            }
            Self::CallbackTwice | Self::ReplayedCode => (WAYS_BACK.contains(&path), "this path sends nobody back"),
            Self::Snapshot => (path == AUTHORIZE, "only /connect/oauth2/authorize shows a snapshot page"),
            Self::TokenRotated => {
                let takes_token = below(&["/cgi-bin/", "/wxa/"]) && !WITHOUT_TOKEN.contains(&path);
                (takes_token, "no global token is brought to this path")
            }
        };
        (!fits).then_some(why_not)
    }
}

const fn answer(instead: Instead) -> Wrong {
    Wrong::Answer(Answer { instead, status: None })
}
