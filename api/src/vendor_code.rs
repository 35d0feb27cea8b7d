//! Codes of other services in error messages.

/// The longest code of any service is shorter, in bytes.
const MAX_CODE: usize = 64;

/// Returns the code if it looks like one. Anything else may repeat a number or a text, and is left out.
pub(crate) fn shown(code: &str) -> &str {
    let is_mark = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    let has_letter = code.bytes().any(|byte| byte.is_ascii_alphabetic());
    if code.len() <= MAX_CODE && has_letter && code.bytes().all(is_mark) { code } else { "a code that is none" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_code_is_repeated() {
        assert_eq!(shown("isv.SOMETHING_NEW"), "isv.SOMETHING_NEW");
        for other in ["", "13800000001", "+8613800000001", "Throttling.User 13800000001", &"x".repeat(65)] {
            assert_eq!(shown(other), "a code that is none", "{other}");
        }
    }
}
