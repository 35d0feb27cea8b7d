//! The name and the picture of a person: as an upstream tells them, and as the person chose them.
//! A profile proves nothing: no rule about keys reads it.

use unicode_segmentation::UnicodeSegmentation;

use crate::text::{is_invisible, is_null_mark};

/// The longest nickname we keep, in characters; WeChat's own limit is far lower.
const MAX_NICKNAME: usize = 64;
/// The longest picture address we keep, in bytes.
const MAX_AVATAR_URL: usize = 512;
/// What WeChat puts in place of a nickname that it does not tell (since 2022-11-08).
const ANONYMOUS: &str = "微信用户";

/// A nickname and a picture, where the upstream told them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// At most 64 characters, without control characters.
    pub nickname: Option<String>,
    /// An `http` or `https` address of at most 512 bytes.
    pub avatar_url: Option<String>,
}

/// The name and the picture that a person chose. They are shown in place of those of an upstream, and no login, import or
/// event changes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnWords {
    /// At most 64 characters, without control characters.
    pub nickname: Option<String>,
    /// An `https` address of at most 512 bytes.
    pub avatar_url: Option<String>,
}

/// Why a person cannot have a name or a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOwnWords {
    /// The name is longer than 64 characters.
    #[error("a nickname has at most {MAX_NICKNAME} characters")]
    LongNickname,
    /// The name shows nothing, or stands for no name.
    #[error("a nickname must show something, and must not stand for no name")]
    NoNickname,
    /// The address is not of the web, or insecure, or too long.
    #[error("a picture is an https address of at most {MAX_AVATAR_URL} bytes")]
    NoPicture,
}

impl OwnWords {
    /// Reads a name that a person typed. Invisible characters are removed, as from the name of an upstream. A name that
    /// is too long is refused instead of being truncated.
    pub fn read_nickname(text: &str) -> Result<String, BadOwnWords> {
        let shown = text.chars().filter(|c| !is_invisible(*c)).collect::<String>();
        if shown.trim().chars().count() > MAX_NICKNAME {
            return Err(BadOwnWords::LongNickname);
        }
        Profile::new(text, "").nickname.ok_or(BadOwnWords::NoNickname)
    }

    /// Reads the address of a picture that a person chose.
    pub fn read_avatar_url(text: &str) -> Result<String, BadOwnWords> {
        let host = text.strip_prefix("https://").unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = text.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(c));
        // A name and a password before the host would be shown to everybody.
        let is_sound = !host.is_empty() && !host.contains('@') && is_plain && text.len() <= MAX_AVATAR_URL;
        if is_sound { Ok(text.to_owned()) } else { Err(BadOwnWords::NoPicture) }
    }

    /// Returns the profile that is shown: what the person chose, else what the upstream told last.
    #[must_use]
    pub fn over(self, told: Profile) -> Profile {
        Profile { nickname: self.nickname.or(told.nickname), avatar_url: self.avatar_url.or(told.avatar_url) }
    }
}

impl Profile {
    /// Cleans the profile of an upstream or of a file. A nickname that shows nothing, or that stands for no nickname, is absent, so
    /// that it never replaces a real one.
    #[must_use]
    pub fn new(nickname: &str, avatar_url: &str) -> Self {
        let nickname = visible(nickname);
        if nickname == ANONYMOUS {
            return Self::default();
        }
        let is_web = ["https://", "http://"].iter().any(|scheme| avatar_url.starts_with(scheme));
        Self {
            nickname: (!nickname.is_empty() && !is_null_mark(&nickname)).then_some(nickname),
            avatar_url: (is_web && avatar_url.len() <= MAX_AVATAR_URL && !avatar_url.contains(char::is_control))
                .then(|| avatar_url.to_owned()),
        }
    }
}

/// Removes what does not show or changes the direction of other text, and cuts the rest at a border of what a reader takes for one
/// character (UAX #29): never within an emoji or between a letter and its accent.
fn visible(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let mut clean = String::new();
    let mut length = 0;
    for character in text.trim().graphemes(true) {
        // A joiner or a variation selector with nothing to join or vary.
        let shows = character.chars().any(|c| !matches!(c, JOINER | '\u{FE00}'..='\u{FE0F}'));
        let character = character.trim_end_matches(JOINER);
        length += character.chars().count();
        if length > MAX_NICKNAME {
            break;
        }
        if shows {
            clean.push_str(character);
        }
    }
    clean.trim().to_owned()
}

/// Joins emoji, as in a family; it shows nothing by itself.
const JOINER: char = '\u{200D}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anonymous_profile_is_no_profile() {
        assert_eq!(Profile::new("微信用户", "https://thirdwx.qlogo.cn/grey/132"), Profile::default());
        assert_eq!(Profile::new(" ", ""), Profile::default());
    }

    #[test]
    fn a_name_that_shows_nothing_is_no_name() {
        for name in ["\u{200B}", "\u{3164}", "\u{200D}", "\u{FE0F}", "\u{2800}", "\u{202E}", "\u{FFFD}", " \u{FEFF} \t"]
        {
            assert_eq!(Profile::new(name, "").nickname, None, "{}", name.escape_unicode());
        }
    }

    #[test]
    fn a_mark_for_no_value_is_no_name_and_an_odd_name_is_one() {
        let marks = "\\N null NULL (NULL) [null] [NULL] <null> <nil> undefined #N/A N/A NaN None \"null\" {} [] \"\" / ***** - # #REF!";
        for name in marks.split_whitespace() {
            assert_eq!(Profile::new(name, "").nickname, None, "{name}");
        }
        for name in [".", "0", "…", "NA", "Null Null", "Nan", "O'Neil", "兰", "'兰", "#兰!", "(null)兰"] {
            assert_eq!(Profile::new(name, "").nickname.as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_is_never_cut_within_what_a_reader_takes_for_one_character() {
        let family = "👩‍👩‍👧‍👦";
        let flag = "🇨🇳";
        let accented = "e\u{301}";
        for character in [family, flag, accented, "❤️"] {
            let cut = Profile::new(&character.repeat(100), "").nickname.expect("a name");

            assert!(cut.chars().count() <= MAX_NICKNAME, "{cut}");
            assert_eq!(cut.replace(character, ""), "", "{cut}");
        }
        assert_eq!(Profile::new("a\u{202E}b\u{200B}c\u{200D}", "").nickname.as_deref(), Some("abc"));
    }

    #[test]
    fn emoji_stay_and_control_characters_go() {
        assert_eq!(Profile::new("兰\u{8}心🌿\u{1f}", "").nickname.as_deref(), Some("兰心🌿"));
    }

    #[test]
    fn only_web_addresses_are_pictures() {
        assert_eq!(Profile::new("a", "javascript:alert(1)").avatar_url, None);
    }

    #[test]
    fn a_name_of_ones_own_is_cleaned_and_never_cut() {
        let read = OwnWords::read_nickname;

        assert_eq!(read(" 兰\u{8}心🌿\u{200B} ").as_deref(), Ok("兰心🌿"));
        assert_eq!(read(&"兰".repeat(64)), Ok("兰".repeat(64)));
        assert_eq!(read(&"兰".repeat(65)), Err(BadOwnWords::LongNickname));
        assert_eq!(read(&format!("  {}\u{200B}", "a".repeat(64))), Ok("a".repeat(64)));
        for nothing in ["", " \u{3000}", "\u{200B}", "null", "微信用户", "{}"] {
            assert_eq!(read(nothing), Err(BadOwnWords::NoNickname), "{}", nothing.escape_unicode());
        }
    }

    #[test]
    fn a_picture_of_ones_own_is_a_secure_address() {
        let read = OwnWords::read_avatar_url;
        let long = format!("https://a.example/{}", "x".repeat(512 - 18));

        for sound in ["https://img.example.com/a.png?w=1#x", "https://[::1]/a", "https://a.example", &long] {
            assert_eq!(read(sound).as_deref(), Ok(sound));
        }
        for bad in [
            "",
            "https://",
            "https:///a.png",
            "http://a.example/a.png",
            "HTTPS://a.example/a.png",
            "javascript:alert(1)",
            "data:image/png;base64,AA",
            "wxfile://tmp_1.jpg",
            "http://tmp/1.jpg",
            "https://name:password@a.example/",
            "https://a.example/a b",
            "https://a.example/\"onerror=x",
            "https://a.example/图.png",
            " https://a.example/",
            &format!("{long}x"),
        ] {
            assert_eq!(read(bad), Err(BadOwnWords::NoPicture), "{bad}");
        }
    }

    #[test]
    fn what_a_person_chose_is_shown_before_what_an_upstream_tells() {
        let told = || Profile::new("Lan", "https://a.example/told.png");
        let own = OwnWords { nickname: Some("Orchid".to_owned()), avatar_url: None };

        let shown = own.over(told());

        assert_eq!(shown, Profile { nickname: Some("Orchid".to_owned()), ..told() });
        assert_eq!(OwnWords::default().over(told()), told());
    }
}
