//! What providers of OAuth 2 (RFC 6749) upstreams share: addresses with parameters, PKCE, and the upstream's words in errors.

use data_encoding::BASE64URL_NOPAD;
use secrecy::ExposeSecret;
use url::Url;

use crate::KeptSecrets;

/// The longest excerpt of an upstream's own words in an error, in characters.
const MAX_WORDS: usize = 160;
/// The length from which a word with a digit in it is treated as a possible code or token.
const SUSPICIOUS: usize = 16;

/// Returns the address of `path`, which begins with a slash, below the path that `base` has.
///
/// ```
/// let base = "https://proxy.example/github/".parse()?;
///
/// assert_eq!(providers::oauth::below(&base, "/user").as_str(), "https://proxy.example/github/user");
/// # Ok::<(), url::ParseError>(())
/// ```
#[must_use]
pub fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// Builds an address of the upstream with `parameters` appended to those that it already has (RFC 6749 section 3.1).
#[must_use]
pub fn address(endpoint: &Url, parameters: &[(&str, &str)]) -> String {
    let mut url = endpoint.clone();
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

/// Returns the S256 hash of the code verifier, which goes into the authorize URL as `code_challenge`, with `S256` as
/// `code_challenge_method` (RFC 7636 section 4.2).
#[must_use]
pub fn code_challenge(kept: &KeptSecrets) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, kept.code_verifier.expose_secret().as_bytes());
    BASE64URL_NOPAD.encode(hash.as_ref())
}

/// Shortens an upstream's words, removes line breaks and every secret that was sent, and redacts anything else that looks
/// like a code or a token: an upstream may quote one that Guiyi has never seen.
///
/// `secrets` are the values that were sent. Those of at most five bytes are not removed: they occur in other words.
#[must_use]
pub fn words<'a>(said: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let clean: String = said.chars().filter(|c| !c.is_control()).collect();
    let known = secrets.into_iter().filter(|secret| secret.len() > 5);
    let clean = known.fold(clean, |text, secret| text.replace(secret, "…"));
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=%".contains(c);
    let harmless = |word: &str| word.len() < SUSPICIOUS || !word.contains(|c: char| c.is_ascii_digit());
    let mut shown = String::new();
    for piece in clean.split_inclusive(|c| !in_token(c)) {
        let word = piece.trim_end_matches(|c| !in_token(c));
        shown.push_str(if harmless(word) { word } else { "…" });
        shown.push_str(&piece[word.len()..]);
    }
    shown.chars().take(MAX_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_repeated_and_secrets_are_not() {
        let said =
            "the code c0de-1 of \"5ecret\"\n was\u{7} refused (code_challenge_method, see https://id.example/e#a1)";

        assert_eq!(
            words(said, ["c0de-1", "5ecret"]),
            "the code … of \"…\" was refused (code_challenge_method, see https://id.example/e#a1)"
        );
    }

    #[test]
    fn an_unknown_token_is_not_repeated() {
        assert_eq!(words("invalid token: eyJhbGciOiJFZERTQSJ9.e30.c2ln, go", []), "invalid token: …, go");
    }

    #[test]
    fn the_code_challenge_is_the_one_of_rfc_7636() {
        let kept =
            KeptSecrets { nonce: "n".into(), code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into() };

        assert_eq!(code_challenge(&kept), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn an_address_keeps_the_parameters_that_it_had() {
        let endpoint = "https://id.example/authorize?tenant=hemu".parse().expect("an address");

        assert_eq!(address(&endpoint, &[("state", "a b&c")]), "https://id.example/authorize?tenant=hemu&state=a+b%26c");
    }
}
