//! Reads the text of the search for people: which keys it can be, and which nicknames it can begin.
//! The text comes from a person at a support desk, so it has spaces, full-width characters and words around the key.

use crate::order::OrderNo;
use crate::text::is_invisible;
use crate::words::words;
use crate::{ExternalId, OpenId, PhoneNumber, UnionId, UserId};

/// The longest text, in characters: more than the longest key with a word before it.
pub const LONGEST: usize = 300;
/// The longest nickname that an account keeps, in characters.
const LONGEST_NICKNAME: usize = 64;

words! {
    /// What a search has found a person by. The order is that of the answer: a key names one person, a nickname does not.
    SearchKey {
        /// The id of the account.
        UserId = "USER_ID",
        /// The id of an account that was merged into it.
        FormerId = "FORMER_ID",
        /// The active phone.
        Phone = "PHONE",
        /// A number that the person changed away from, and that is still reserved for them.
        KeptPhone = "KEPT_PHONE",
        /// An openId.
        OpenId = "OPEN_ID",
        /// A unionId.
        UnionId = "UNION_ID",
        /// The company's own id.
        ExternalId = "EXTERNAL_ID",
        /// The number of an order that one of the openIds placed.
        OrderNo = "ORDER_NO",
        /// The beginning of the nickname.
        Nickname = "NICKNAME",
    }
}

/// Text that nothing can be searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSearch {
    /// It shows nothing.
    #[error("the text is empty")]
    Empty,
    /// It is longer than any key.
    #[error("the text is longer than {LONGEST} characters")]
    TooLong,
}

/// What a text can be. Each field that is present is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The id of an account.
    pub user: Option<UserId>,
    /// A phone number.
    pub phone: Option<PhoneNumber>,
    /// An openId.
    pub open_id: Option<OpenId>,
    /// A unionId.
    pub union_id: Option<UnionId>,
    /// An id of the company's.
    pub external_id: Option<ExternalId>,
    /// Order numbers: the text as it is, and without what surrounds it.
    pub order_nos: Vec<OrderNo>,
    /// Beginnings of nicknames: the text as it is, and other spellings of it. None begins another one.
    pub prefixes: Vec<String>,
}

impl Search {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// [`BadSearch`] if the text shows nothing, or is longer than [`LONGEST`] characters.
    pub fn read(text: &str) -> Result<Self, BadSearch> {
        if text.chars().count() > LONGEST {
            return Err(BadSearch::TooLong);
        }
        // What separates words stays a space, so that a line break does not join two of them.
        let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        let shown: String = spaced.filter(|c| !is_invisible(*c)).collect();
        let shown = shown.trim();
        if shown.is_empty() {
            return Err(BadSearch::Empty);
        }
        let narrow: String = shown.chars().map(narrow).collect();
        let core = core(&narrow);
        let key: String = core.split_whitespace().collect();
        Ok(Self {
            user: key.to_ascii_lowercase().parse().ok(),
            phone: PhoneNumber::parse_verified(core).ok(),
            open_id: key.parse().ok(),
            union_id: key.parse().ok(),
            external_id: key.parse().ok(),
            order_nos: order_nos(&[shown, core, &key]),
            prefixes: prefixes(shown, &narrow),
        })
    }
}

/// Returns the part of a text that can be a key: the longest one between characters that no key has, as in `手机：138 0000 0001（微信）`.
fn core(narrow: &str) -> &str {
    if narrow.is_ascii() {
        return narrow;
    }
    let around = |c: char| c == ' ' || ":;,()[]<>{}\"'=#".contains(c);
    let parts = narrow.split(|c: char| !c.is_ascii()).map(|part| part.trim_matches(around));
    // Of two equally long ones the first: what follows it is a remark.
    parts.rev().max_by_key(|part| part.len()).unwrap_or_default()
}

/// Returns the narrow form of a full-width character, and one sign for all dashes.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

fn order_nos(texts: &[&str]) -> Vec<OrderNo> {
    let mut numbers: Vec<OrderNo> = Vec::new();
    for number in texts.iter().filter_map(|text| OrderNo::parse(text).ok()) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// Returns the spellings of a beginning: tables compare nicknames exactly, and people who type do not care about capitals.
fn prefixes(shown: &str, narrow: &str) -> Vec<String> {
    let lower = narrow.to_lowercase();
    let mut letters = lower.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let mut prefixes: Vec<String> = Vec::new();
    for prefix in [shown.to_owned(), narrow.to_owned(), capital, narrow.to_uppercase(), lower] {
        let is_known = prefixes.iter().any(|known| prefix.starts_with(known) || known.starts_with(&prefix));
        if !is_known && prefix.chars().count() <= LONGEST_NICKNAME {
            prefixes.push(prefix);
        }
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Option<String> {
        Search::read(text).expect("a search").phone.map(|number| number.e164().to_owned())
    }

    fn open_id(text: &str) -> Option<String> {
        Search::read(text).expect("a search").open_id.map(String::from)
    }

    fn order_nos(text: &str) -> Vec<String> {
        Search::read(text).expect("a search").order_nos.iter().map(|number| number.as_str().to_owned()).collect()
    }

    #[test]
    fn a_number_is_found_in_every_spelling_and_among_words() {
        for text in [
            "13800000001",
            " 138 0000 0001\n",
            "138\t0000\t0001",
            "１３８０００００００１",
            "手机：138 0000 0001",
            "手机号 138-0000-0001（微信同号）",
            "电话（+86）138–0000–0001，谢谢",
            "\u{202A}+86 138 0000 0001\u{202C}",
            "+8613800000001(微信)",
        ] {
            assert_eq!(phone(text).as_deref(), Some("+8613800000001"), "{}", text.escape_unicode());
        }
        // Prefixes beyond those in the metadata: an account may have such a number.
        assert_eq!(phone("16000000001").as_deref(), Some("+8616000000001"));
        assert_eq!(phone("兰"), None);
    }

    #[test]
    fn a_key_is_found_among_spaces_and_words() {
        for text in ["oLan_-1", " oLan_-1 ", "微信号：oLan_-1", "ｏＬａｎ＿－１", "oLan\n_-1", "『oLan_-1』"]
        {
            assert_eq!(open_id(text).as_deref(), Some("oLan_-1"), "{text}");
        }
        assert_eq!(open_id("兰"), None);
        let id = "usr_0199c2d4c5f07d1e8a3b5f6d7e8f9a0b";
        for text in [id.to_owned(), id.to_uppercase(), format!("用户 {id}。")] {
            let user = Search::read(&text).expect("a search").user;
            assert_eq!(user.map(|user| user.to_string()).as_deref(), Some(id), "{text}");
        }
    }

    #[test]
    fn an_order_number_may_have_words_of_its_own() {
        assert_eq!(order_nos("T-1"), ["T-1"]);
        assert_eq!(order_nos("订单号：T-1"), ["订单号：T-1", "T-1"]);
        assert_eq!(order_nos("2025 001"), ["2025 001", "2025001"]);
    }

    #[test]
    fn a_beginning_of_a_nickname_is_searched_in_few_spellings() {
        let prefixes = |text| Search::read(text).expect("a search").prefixes;

        assert_eq!(prefixes(" 兰\u{200B}心 "), ["兰心"]);
        assert_eq!(prefixes("lan"), ["lan", "Lan", "LAN"]);
        assert_eq!(prefixes("ＬＡＮ w"), ["ＬＡＮ w", "LAN w", "Lan w", "LAN W", "lan w"]);
        assert_eq!(prefixes(&"兰".repeat(65)), [""; 0]);
    }

    #[test]
    fn what_shows_nothing_or_is_too_long_is_refused() {
        for text in ["", " ", "\u{3000}\u{200B}", "\n\t"] {
            assert_eq!(Search::read(text), Err(BadSearch::Empty), "{}", text.escape_unicode());
        }
        assert!(Search::read(&"兰".repeat(LONGEST)).is_ok());
        assert_eq!(Search::read(&"兰".repeat(LONGEST + 1)), Err(BadSearch::TooLong));
    }
}
