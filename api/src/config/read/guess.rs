//! What was probably meant: the known name that is most similar to a mistyped one, and hints for values of a wrong type.

use strsim::damerau_levenshtein;

use crate::text::{Text, text};

/// Returns the most similar name, if one is similar enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let distance = |other: &str| damerau_levenshtein(&name, &other.to_ascii_lowercase().replace('-', "_"));
    let most = match name.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=12 => 2,
        _ => 3,
    };
    let begins = |other: &str| name.len() >= 3 && (other.starts_with(&name) || name.starts_with(other));
    let rank = |other: &&str| (distance(other), other.len());
    known.into_iter().filter(|other| distance(other) <= most || begins(other)).min_by_key(rank)
}

/// Returns the question whether this was meant.
pub(super) fn did_you_mean(name: &str) -> Text {
    text!("did you mean `{name}`?", "是否想写 `{name}`？")
}

/// Returns how a text is written.
pub(super) fn in_quotes(key: &str) -> Text {
    text!("a text is written in quotes: {key} = \"…\"", "文本需要加英文双引号：{key} = \"…\"")
}

/// Returns the last key of a path, without the place in a list.
pub(super) fn last(path: &str) -> &str {
    let key = path.rsplit('.').next().unwrap_or(path);
    key.split('[').next().unwrap_or(key)
}

/// Returns what a message of serde says, and a hint. Names that it lists are compared with the wrong one.
pub(in crate::config) fn of_serde(path: &str, message: &str) -> (Text, Option<Text>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    if is_unknown && let Some(wrong) = quoted.next() {
        let known: Vec<&str> = quoted.collect();
        let hint = nearest(wrong, known.iter().copied()).map(did_you_mean);
        let list = known.join(", ");
        let said = if message.starts_with("unknown field") {
            text!("unknown key `{wrong}`; known keys: {list}", "没有 `{wrong}` 这个配置项，可用的有：{list}")
        } else {
            text!("unknown value `{wrong}`, expected one of: {list}", "不支持 `{wrong}`，可用的值：{list}")
        };
        return (said, hint);
    }
    let is_bare = ["integer", "floating point", "float", "boolean", "datetime"]
        .iter()
        .any(|kind| message.starts_with(&format!("invalid type: {kind}")));
    let hint = (is_bare && message.ends_with("expected a string")).then(|| in_quotes(last(path)));
    (Text::foreign(message), hint)
}

/// Returns the name of a variable that is written as for a shell: `${NAME}`, and nothing else. Without braces it may be a
/// secret.
pub(super) fn shell_variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(is_of_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_recognised_and_a_different_one_is_not() {
        let known = ["listen", "public_url", "allowed_origins", "trusted_hops"];

        for (name, meant) in [
            ("listn", Some("listen")),
            ("Listen", Some("listen")),
            ("public-url", Some("public_url")),
            ("publicurl", Some("public_url")),
            ("allowed_origin", Some("allowed_origins")),
            ("trusted_hosp", Some("trusted_hops")),
            ("port", None),
            ("", None),
            ("l", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }
}
