//! What a person wants to be called and look like.
//! A profile proves nothing: no rule reads it.

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

impl Profile {
    /// Cleans what an upstream said; an empty or anonymous profile becomes no profile, so that it never overwrites a real one.
    #[must_use]
    pub fn new(nickname: &str, avatar_url: &str) -> Self {
        let clean: String = nickname.chars().filter(|c| !c.is_control()).collect();
        let clean: String = clean.trim().chars().take(MAX_NICKNAME).collect();
        if clean == ANONYMOUS {
            return Self::default();
        }
        let is_web = ["https://", "http://"].iter().any(|scheme| avatar_url.starts_with(scheme));
        Self {
            nickname: (!clean.is_empty()).then_some(clean),
            avatar_url: (is_web && avatar_url.len() <= MAX_AVATAR_URL && !avatar_url.contains(char::is_control))
                .then(|| avatar_url.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anonymous_profile_is_no_profile() {
        assert_eq!(Profile::new("微信用户", "https://thirdwx.qlogo.cn/grey/132"), Profile::default());
        assert_eq!(Profile::new(" ", ""), Profile::default());
    }

    #[test]
    fn emoji_stay_and_control_characters_go() {
        assert_eq!(Profile::new("兰\u{8}心🌿\u{1f}", "").nickname.as_deref(), Some("兰心🌿"));
    }

    #[test]
    fn only_web_addresses_are_pictures() {
        assert_eq!(Profile::new("a", "javascript:alert(1)").avatar_url, None);
    }
}
