//! Helpers for signed calls to other services and for keyed hashes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Url;

/// Returns the HMAC-SHA256 (RFC 2104) of a message.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

/// Returns the host as in the `Host` header, with the port unless it is the scheme's default.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_hash_is_that_of_the_standard() {
        let hash = hmac_sha256(b"Jefe", b"what do ya want for nothing?");

        assert_eq!(HEXLOWER.encode(&hash), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn the_schemes_own_port_is_left_out() {
        let authorities = ["https://a.example/", "https://a.example:443/", "http://a.example:8080/"]
            .map(|url| authority(&Url::parse(url).expect("a URL")));

        assert_eq!(authorities, ["a.example", "a.example", "a.example:8080"]);
    }
}
