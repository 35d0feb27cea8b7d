//! The keys of the scripted issuer, and the ID tokens that they sign. By number: two for Ed25519, one for P-256, one for
//! P-384, and one for RSA.

use std::sync::OnceLock;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use serde_json::{Value, json};

use crate::issuer::{SECRET, merged};

pub(crate) const P256: usize = 2;
pub(crate) const P384: usize = 3;
pub(crate) const RSA: usize = 4;

/// A key by number, with its key id.
pub(crate) type Key = (usize, &'static str);

/// Public example keys, for tests only: of RFC 8037 (appendix A.1), and the second of RFC 8032 (section 7.1).
const ED25519: [&str; 2] = [
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7",
];

/// The public example key of RFC 7515 (appendix A.2), for tests only.
pub(crate) const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1\
    Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KX\
    BdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM\
    Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ";
/// Its private part: d, p, q, dp, dq and qi.
const RSA_PRIVATE: [&str; 6] = [
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ\
     1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt\
     4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOop\
     znQ",
    "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcm\
     nPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
    "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-T\
     nBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
    "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2\
     zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
    "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-\
     kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
    "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOP\
     LUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U",
];

fn bytes(base64url: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(base64url.as_bytes()).expect("base64url")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn ed25519(which: usize) -> Ed25519KeyPair {
    let pkcs8 = BASE64.decode(ED25519[which].as_bytes()).expect("base64");
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).expect("a key")
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, made: &OnceLock<Vec<u8>>) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let generate = || EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key").as_ref().to_vec();
    EcdsaKeyPair::from_pkcs8(algorithm, made.get_or_init(generate), &random).expect("a key")
}

fn p256() -> EcdsaKeyPair {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, &MADE)
}

fn p384() -> EcdsaKeyPair {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, &MADE)
}

fn rsa() -> RsaKeyPair {
    let [d, p, q, dp, dq, qi] = RSA_PRIVATE.map(bytes);
    let public_key = PublicKeyComponents { n: bytes(RSA_N), e: vec![1, 0, 1] };
    RsaKeyPair::from_components(&KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi }).expect("a key")
}

/// Returns the public key as a JSON Web Key.
pub(crate) fn public((which, id): Key) -> Value {
    let point = |curve: &str, key: &EcdsaKeyPair| {
        let (x, y) = key.public_key().as_ref()[1..].split_at(if curve == "P-256" { 32 } else { 48 });
        json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y), "kid": id })
    };
    match which {
        P256 => point("P-256", &p256()),
        P384 => point("P-384", &p384()),
        RSA => json!({ "kty": "RSA", "n": RSA_N, "e": "AQAB", "kid": id }),
        _ => {
            let x = text(ed25519(which).public_key().as_ref());
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": id })
        }
    }
}

/// Returns an ID token that the key has signed, with overrides for its header.
pub(crate) fn signed((which, id): Key, header: &Value, claims: &Value) -> Value {
    let usual = ["EdDSA", "EdDSA", "ES256", "ES384", "RS256"][which];
    let header = merged(json!({ "alg": usual, "kid": id }), header);
    let message = message(&header, claims);
    let signature = sign(which, header["alg"].as_str().unwrap_or(usual), message.as_bytes());
    json!(format!("{message}.{}", text(&signature)))
}

pub(crate) fn message(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| text(part.to_string().as_bytes())).join(".")
}

/// Signs with the key, by the algorithm if it fits the key.
pub(crate) fn sign(which: usize, algorithm: &str, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let padding: &dyn RsaEncoding = match algorithm {
        "RS384" => &RSA_PKCS1_SHA384,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "PS384" => &RSA_PSS_SHA384,
        "PS512" => &RSA_PSS_SHA512,
        _ => &RSA_PKCS1_SHA256,
    };
    match which {
        P256 => p256().sign(&random, message).expect("a signature").as_ref().to_vec(),
        P384 => p384().sign(&random, message).expect("a signature").as_ref().to_vec(),
        RSA => {
            let key = rsa();
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(padding, &random, message, &mut signature).expect("a signature");
            signature
        }
        _ => ed25519(which).sign(message).as_ref().to_vec(),
    }
}

/// Returns an ID token that is signed with a shared secret.
pub(crate) fn with_secret(secret: &[u8], claims: &Value) -> Value {
    let message = message(&json!({ "alg": "HS256", "kid": "first" }), claims);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    json!(format!("{message}.{}", text(signature.as_ref())))
}

/// Returns an ID token that is signed with the client's secret.
pub(crate) fn shared(claims: &Value) -> Value {
    with_secret(SECRET.as_bytes(), claims)
}

/// Returns an ID token that is not signed.
pub(crate) fn unsigned(claims: &Value) -> Value {
    json!(format!("{}.", message(&json!({ "alg": "none" }), claims)))
}
