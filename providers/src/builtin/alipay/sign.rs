//! RSA2, which is Alipay's name for `SHA256withRSA`: keys as its tools write them, and signatures of requests and answers.
//!
//! <https://opendocs.alipay.com/common/02kf5q>

use data_encoding::BASE64;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};

use crate::{ErrorKind, ProviderError};

/// The key that signs requests. `Debug` prints its public part.
#[derive(Debug)]
pub(super) struct PrivateKey(RsaKeyPair);

impl PrivateKey {
    /// Parses a key in PKCS#8, as for Java, or in PKCS#1, as for other languages.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let der = der(text)?;
        RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).ok().map(Self)
    }

    /// Returns the signature in base64.
    pub(super) fn sign(&self, message: &str) -> Result<String, ProviderError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.map(|()| BASE64.encode(&signature)).map_err(|_| {
            ProviderError::new(ErrorKind::Unavailable, "the operating system has no randomness to sign with").unspent()
        })
    }

    /// Returns whether `public` is the other half of this key.
    pub(super) fn belongs_to(&self, public: &PublicKey) -> bool {
        self.0.public().as_ref() == public.0
    }
}

/// The key that verifies answers, in PKCS#1.
#[derive(Debug)]
pub(super) struct PublicKey(Vec<u8>);

impl PublicKey {
    /// The shortest key that RSA2 takes: 2048 bits.
    const MIN_LEN: usize = 256;

    /// Parses a `SubjectPublicKeyInfo` (RFC 5280 section 4.1).
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::of_info(&der(text)?)
    }

    /// Parses one in DER.
    pub(super) fn of_info(info: &[u8]) -> Option<Self> {
        let info = whole(element(SEQUENCE, info)?)?;
        let (algorithm, rest) = element(SEQUENCE, info)?;
        let key = whole(element(BIT_STRING, rest)?)?.strip_prefix(&[0])?;
        let is_rsa = algorithm == RSA_ENCRYPTION && key.len() > Self::MIN_LEN;
        is_rsa.then_some(whole(element(SEQUENCE, key)?)?).map(|_| Self(key.to_vec()))
    }

    /// Returns whether the signature, in base64, is Alipay's.
    pub(super) fn verifies(&self, message: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0);
        let signature = BASE64.decode(signature.trim().as_bytes());
        signature.is_ok_and(|signature| key.verify(message.as_bytes(), &signature).is_ok())
    }
}

/// The tags of DER (X.690) in a public key.
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// The object identifier `rsaEncryption`, and no parameters (RFC 3279 section 2.3.1).
const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Decodes base64, with or without line breaks and the lines around it in a PEM file.
pub(super) fn der(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let base64: String = lines.collect();
    BASE64.decode(base64.as_bytes()).ok()
}

/// Returns the content of a DER element with this tag, and what follows it.
fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = bytes.split_first_chunk()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        // The first byte tells how many bytes the length has; no key here needs more than two.
        let (length, rest) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(length, _)| length.len() <= 2)?;
        (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

/// Returns the content of an element that nothing follows.
fn whole<'a>((content, rest): (&'a [u8], &[u8])) -> Option<&'a [u8]> {
    rest.is_empty().then_some(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::example_keys::{ALIPAY_PRIVATE, ALIPAY_PUBLIC, APP_PRIVATE, APP_PUBLIC};
    use super::*;

    const MESSAGE: &str = "app_id=2014072300007148&charset=utf-8&method=alipay.system.oauth.token";

    /// The signature of the message by `openssl dgst -sha256 -sign`.
    const SIGNATURE: &str = "\
        FJzNskE1AW8WgOtVoglkFvG6SxJQG4E/8mCsV9I7A3LYc51l6EkoYaWRzZRTWt4Y/odcsl70ZhrJ6flw/WilbuX9KzqSZkX6UxJJ\
        CIXR5bEqAVsOVKvw2DY0ygtTmqZ1la70qgx3ugq85iV1nMcbC0R7DumccGETrdlY8eFyPx9aYx4r/4KDUBSRiq6bm4LA4P4y2X3W\
        uDPzr8JhQb7qcSU8rbXRlLQnzILPN1ECQVL49a/K2qIerqCLwsa+KdQnYEouqsAxAhplQgjs+vpopw2v1BF6PhgeA/D9U2zx1tiV\
        dwrc6MADNSQVn6aTZA5wXWElGDAysTRLb9RrhG5fxQ==";

    /// The app's private key in PKCS#1.
    const APP_PRIVATE_1: &str = "\
        MIIEpAIBAAKCAQEAhPLT3FexAhlZh5l2cLoh4fViERFUbgPCwi6qXwfO+oLe4tS3Y6VqfQQhzu3ui4OiBgnMAwkB5zlynfi08BcW\
        ZNb3/EkkDVtKCPPNcI2ZDl5RyQIuo5eBR/upJMJVrWr6jUuycZazRaZxIqtJTGFZMPpIaBO38Zt9FQKr83zCVwLpYDBRh9fq5JDf\
        ZWnjDPTdeWwCRcOO5jk+B5Tw6iamweXSxoxJzaHBIdmwb1/uDB6KcThJt6O3U5rqyerJohTJ8dgp39Rp9IgK8A8YROnX7bIPZxuw\
        vYiHMQZee40iznjN13YGbGvOgD6dQJnaphvawTDHsnvZ3SFn76eWfJF1TwIDAQABAoIBAAO/A+aVjKX5KONVQ60cJuWYZdGtTKpn\
        mLlNWfz2L12HtS1saQPPHsJfDMTT7NYpjgs1g3YibtdLxcWwbbNw3cSsT1iLMboz9FDEQz8EqRIVPktiWwYTuCTbG9eup34MzE/m\
        7iRH5s1I9K8mvG4BNY4tFJU6Lli0f5XJTtG8QOL1ZlBzMi1D0CUr5dmd+4S+MumxPm4mTQeisZP3aMvPPfGHdo9wmIkcUsjDKbLe\
        45cadNjleEJA19NI3NvlsZqoj65ckAwOi90TPL/9b1DIk+b5SZ4jOuTCxfvAP+w6ijyRz2CpEOlyfGRjdSO+jn40rOgYhy1KbL4Y\
        Q1xVTExAgOECgYEAuWETxpcYaCfIAChT9bwyVgSuxJ0LCxUxgi1xOql8f3io9Udaq1lnk4cFrOrnPSZBbGKcjq+EAfU7wLLlB0EZ\
        umZUffhn7U93NtXgwoBOjEkFmsuSFoQfwwLeqT7I+O3mP2u/9WMX4Jd3E07l7NRA1GYD/cWYCULXjzfQ8UmDpRUCgYEAt5iAi52q\
        PmVZvEd1s0SxM71b0IEQbS7H+0CWY+xfmxKEA+kJsoyxCxMShG/ffTyjdHdGXD+bckFBwV3UwQlAmuCBfT0y1CAbex4hH3znic+T\
        a6FVtHjydaThg9HGCjVoDQ/JEloAILX4Txdzqj+UWuejL4TKBoDTiJnNr4UyEdMCgYEAmQUR/t5gDjGwPLkNPQ2g+zIYVUFQiVBw\
        MoVyLrsSgmJGDVld9YzyG2vb+nVYdThrzpzDoGAu9jLIpPLGbKuHIj8vxV/T4aazwDbhtYuVyuTH1JPvPdjIIv/ubgPefuRZJ8a4\
        iETIw+IjL3P0BP7bmLew2bxOGG7tYlHvjgxht1UCgYEAsez4ftXgfDHKol36oi5rMQJNbab23Wkd49A3L0WPbgCmsgdxH3mbxmjI\
        ZFLrGzreCevh41q9ch/t8tDVc/JcivwSYeYiUVOAbnPHk/V/ip4Bd6hWH92q0/pjl1WAALq7SRVIPyG7x/eyWiwXKyIMy4B7NH0T\
        MPQ+jL7JiFWkLYMCgYAf1KIAhvxJLEwWVim/8UU4rb36OEWNpGh7qZa0e++H+ec4qSjtqbCuT05gUoTslA4peASiAuFg3s3onel9\
        nCOUeQ1n2XLIAPVdKskgg3vfTGXjuyYJi9cgdfJthCwPS9CoF+7HUaiEyQHXyugiffkMf0NeH6pkWewc+8IBA6HvSQ==";

    fn public(text: &str) -> PublicKey {
        PublicKey::parse(text).expect("a key")
    }

    #[test]
    fn a_request_is_signed_as_openssl_signs_it_by_a_key_in_any_form() {
        let pem = format!("-----BEGIN RSA PRIVATE KEY-----\r\n{APP_PRIVATE_1}\r\n-----END RSA PRIVATE KEY-----\r\n");
        let in_lines: Vec<_> = APP_PRIVATE.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();

        for text in [APP_PRIVATE, APP_PRIVATE_1, &pem, &in_lines.join("\n")] {
            let key = PrivateKey::parse(text).expect("a key");

            assert_eq!(key.sign(MESSAGE).expect("a signature"), SIGNATURE);
            assert!(key.belongs_to(&public(APP_PUBLIC)) && !key.belongs_to(&public(ALIPAY_PUBLIC)));
            let shown = format!("{key:?}");
            assert!(!shown.contains("prime") && !shown.contains(&APP_PRIVATE[..40]), "{shown}");
        }
    }

    #[test]
    fn only_the_signature_of_the_key_for_the_message_is_verified() {
        let key = public(APP_PUBLIC);

        assert!(key.verifies(MESSAGE, SIGNATURE) && key.verifies(MESSAGE, &format!(" {SIGNATURE}\n")));
        assert!(!key.verifies(&format!("{MESSAGE} "), SIGNATURE));
        assert!(!public(ALIPAY_PUBLIC).verifies(MESSAGE, SIGNATURE));
        for wrong in ["", "AA==", &SIGNATURE[4..], "no base64"] {
            assert!(!key.verifies(MESSAGE, wrong), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let cut = |text: &str| text[..text.len() - 4].to_owned();

        for text in ["", "key", ALIPAY_PUBLIC, &cut(APP_PRIVATE), &format!("{APP_PRIVATE}AAAA")] {
            assert!(PrivateKey::parse(text).is_none(), "{text}");
        }
        for text in ["", "key", "MAA=", ALIPAY_PRIVATE, APP_PRIVATE_1, &cut(APP_PUBLIC), &format!("{APP_PUBLIC}AAAA")] {
            assert!(PublicKey::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_byte_breaks_no_parser(at in 0_usize..294, byte: u8) {
            let mut der = BASE64.decode(APP_PUBLIC.as_bytes()).expect("base64");
            der[at] = byte;

            let parsed = PublicKey::parse(&BASE64.encode(&der));

            // A key other than the app's own does not verify the app's signatures.
            let is_same = BASE64.encode(&der) == APP_PUBLIC;
            prop_assert_eq!(parsed.is_some_and(|key| key.verifies(MESSAGE, SIGNATURE)), is_same);
        }

        #[test]
        fn any_bytes_and_any_text_are_parsed_without_a_panic(bytes: Vec<u8>, text: String) {
            for text in [BASE64.encode(&bytes), text] {
                prop_assert!(PublicKey::parse(&text).is_none() && PrivateKey::parse(&text).is_none());
            }
        }
    }
}
