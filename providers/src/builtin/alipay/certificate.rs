//! Certificates (公钥证书): the keys in them, and the numbers by which requests and answers name them.
//!
//! <https://opendocs.alipay.com/common/057k53> (signing with certificates), and `AntCertificationUtil` of Alipay's SDK for
//! Java: a number is the MD5 hash of the issuer's name (RFC 2253) and the serial number in decimal; that of the roots has
//! one hash for each root with an RSA signature, in the order of the file.

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode, oid::ObjectIdentifier};

use super::sign::{PublicKey, der};

/// The arc of the signature algorithms of RSA (PKCS#1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];

const END: &str = "-----END CERTIFICATE-----";

/// One certificate.
#[derive(Debug)]
pub(super) struct NumberedKey {
    /// The number that names it.
    pub(super) number: String,
    /// Its key.
    pub(super) key: PublicKey,
}

impl NumberedKey {
    /// Parses the first certificate of a PEM file, which may have those of its issuers behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let certificate = all(text)?.into_iter().next()?;
        let key = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
        Some(Self { number: number(&certificate), key: PublicKey::of_info(&key)? })
    }
}

/// Returns the number that names the roots of a PEM file: those with an RSA signature.
pub(super) fn roots(text: &str) -> Option<String> {
    let is_rsa = |oid: &ObjectIdentifier| oid.as_bytes().starts_with(RSA);
    let numbers: Vec<_> =
        all(text)?.iter().filter(|root| is_rsa(&root.signature_algorithm().oid)).map(number).collect();
    (!numbers.is_empty()).then(|| numbers.join("_"))
}

/// Parses every certificate of a PEM file.
fn all(text: &str) -> Option<Vec<Certificate>> {
    let blocks = text.split(END).filter(|block| !block.trim().is_empty());
    blocks.map(|block| Certificate::from_der(&der(block)?).ok()).collect()
}

fn number(certificate: &Certificate) -> String {
    let certificate = certificate.tbs_certificate();
    // The order of RFC 2253 begins with the last part of the name.
    let name = format!("{}{}", certificate.issuer(), decimal(certificate.serial_number().as_bytes()));
    HEXLOWER.encode(&Md5::digest(name.as_bytes()))
}

/// Formats a number of up to 20 bytes, the most significant first.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u32];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = *digit * 256 + carry;
            (*digit, carry) = (value % 10, value / 10);
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::example_keys::{ALIPAY_CERTIFICATE, APP_CERTIFICATE, APP_PRIVATE, ROOT_CERTIFICATES};
    use super::super::sign::PrivateKey;
    use super::*;

    /// Computed by `openssl x509 -issuer -nameopt RFC2253`, `openssl x509 -serial` and `md5sum`.
    const ROOTS: &str = "3846d1ae3f7363d1aa847764156e5b1e_96cf3e999441b5f06bc569647edb4545";

    #[test]
    fn a_certificate_has_the_number_that_openssl_and_md5sum_compute() {
        let numbers =
            [APP_CERTIFICATE, ALIPAY_CERTIFICATE].map(|text| NumberedKey::parse(text).expect("a certificate").number);

        assert_eq!(numbers, ["f402f118462526d567ad9374bfdaa8a0", "abf5bb028c4725101d426f4fb0174f0d"]);
        assert_eq!(roots(ROOT_CERTIFICATES).as_deref(), Some(ROOTS));
        let in_windows = ROOT_CERTIFICATES.replace('\n', "\r\n");
        assert_eq!(roots(&in_windows).as_deref(), Some(ROOTS));
    }

    #[test]
    fn the_key_of_a_certificate_is_the_other_half_of_the_private_one() {
        let app = PrivateKey::parse(APP_PRIVATE).expect("a key");

        assert!(app.belongs_to(&NumberedKey::parse(APP_CERTIFICATE).expect("a certificate").key));
        assert!(!app.belongs_to(&NumberedKey::parse(ALIPAY_CERTIFICATE).expect("a certificate").key));
    }

    #[test]
    fn a_serial_number_is_written_in_decimal() {
        for (bytes, written) in [
            (&[] as &[u8], "0"),
            (&[0], "0"),
            (&[0, 255], "255"),
            (&[1, 0], "256"),
            (&[0xff; 20], "1461501637330902918203684832716283019655932542975"),
        ] {
            assert_eq!(decimal(bytes), written);
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let cut = &APP_CERTIFICATE[..APP_CERTIFICATE.len() / 2];

        for text in ["", "certificate", APP_PRIVATE, cut, &format!("{APP_CERTIFICATE}{cut}")] {
            assert!(NumberedKey::parse(text).is_none(), "{text}");
            assert!(roots(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_and_any_wrong_byte_are_parsed_without_a_panic(at in 0_usize..900, byte: u8, text: String) {
            let mut wrong = der(APP_CERTIFICATE).expect("a certificate");
            let at = at % wrong.len();
            wrong[at] = byte;
            let wrong = data_encoding::BASE64.encode(&wrong);

            drop((NumberedKey::parse(&wrong), roots(&wrong), roots(&text)));
            prop_assert!(NumberedKey::parse(&text).is_none());
        }
    }
}
