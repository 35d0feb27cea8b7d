//! The planted secrets, and the search for them in every encoding in which they may leak.

use data_encoding::BASE64;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{CODE, SECRET, TOKEN};

/// The code verifier of a browser login: 43 to 128 unreserved characters (RFC 7636).
pub(super) const VERIFIER: &str = "pl4nted-ver1fier-Zm9yLXRoZS1jb250cmFjdC1vbmx5-0001";

/// Returns the planted secrets that the text contains.
pub(super) fn all_in(text: &str) -> Vec<&'static str> {
    all_of(text, &[SECRET, CODE, TOKEN, VERIFIER])
}

/// Returns those of the secrets that the text contains: plain, percent-encoded, inside base64, or as decimal bytes.
pub(super) fn all_of(text: &str, secrets: &[&'static str]) -> Vec<&'static str> {
    let lower = text.to_ascii_lowercase();
    // The two letters that only base64url has.
    let standard = text.replace('-', "+").replace('_', "/");
    let holds = |secret: &str| {
        lower.contains(&secret.to_ascii_lowercase())
            || lower.contains(&utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().to_ascii_lowercase())
            || text.contains(numbers(secret).as_str())
            || (0..3).any(|before| standard.contains(&in_base64(before, secret)))
    };
    secrets.iter().copied().filter(|secret| holds(secret)).collect()
}

/// Formats the secret as `Debug` prints the bytes of a body.
fn numbers(secret: &str) -> String {
    format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned()
}

/// Encodes the secret in base64, `before` bytes after a multiple of three, without the ends, which depend on the
/// neighbouring bytes.
fn in_base64(before: usize, secret: &str) -> String {
    let whole = BASE64.encode(&[&[0; 3][..before], secret.as_bytes()].concat());
    whole[4..whole.len() - 4].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_shape() {
        let basic = |user: &str| format!("Basic {}", BASE64.encode(format!("{user}:{SECRET}").as_bytes()));

        for text in [
            format!("secret={SECRET}&x"),
            SECRET.to_uppercase(),
            SECRET.replace('-', "%2d"),
            basic("a"),
            basic("ab"),
            basic("abc"),
            format!("{:?}", format!("x{SECRET}y").as_bytes()),
        ] {
            assert_eq!(all_in(&text), [SECRET], "{text}");
        }
        assert_eq!(all_in(&SECRET[1..]), [""; 0]);
    }
}
