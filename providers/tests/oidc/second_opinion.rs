//! A second opinion on ID tokens, by the library `openidconnect`, which verifies the same rules with its own types.
//! Where the two differ, a row says which of them is stricter.

use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, IssuerUrl, Nonce};
use serde_json::{Value, json};

use crate::issuer::{Issuer, NONCE, Script, exchange, merged, now};
use crate::keys::{Key, P256, P384, RSA, public, shared, signed, unsigned};

/// The verdict on a token.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    /// Both accept it.
    Accepted,
    /// Both refuse it.
    Refused,
    /// Only our provider accepts it: the library requires a type for a claim that no login needs, or cannot tell two
    /// keys apart.
    LibraryStricter,
    /// Only the library accepts it.
    WeStricter,
}

fn library(token: &str, issuer: &str, keys: &Value) -> Option<String> {
    let algorithms = [
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::RsaSsaPssSha384,
        CoreJwsSigningAlgorithm::RsaSsaPssSha512,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        CoreJwsSigningAlgorithm::EdDsa,
    ];
    let keys: CoreJsonWebKeySet = serde_json::from_value(keys.clone()).ok()?;
    let issuer = IssuerUrl::new(issuer.to_owned()).expect("an issuer");
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new("guiyi".to_owned()), issuer, keys);
    let token: CoreIdToken = token.parse().ok()?;
    let claims = token.claims(&verifier.set_allowed_algs(algorithms), &Nonce::new(NONCE.to_owned())).ok()?;
    Some(claims.subject().to_string())
}

/// Compares the verdicts about one token.
async fn compare(issuer: &Issuer, (token, keys): (&Value, Value), expected: Verdict) {
    let text = token.as_str().expect("a token");
    let theirs = library(text, &issuer.url, &keys);
    *issuer.script() = Script { token: json!({ "id_token": text }), keys: Some(keys), ..Script::default() };

    let ours = exchange(&issuer.client()).await;

    let what = format!("{expected:?}, but the library says {theirs:?}, and we say {ours:?}");
    let ours = ours.ok().map(|proof| proof.key.open_id.as_str().to_owned());
    let verdict = match (&ours, &theirs) {
        (Some(ours), Some(theirs)) => {
            assert_eq!(ours, theirs);
            Verdict::Accepted
        }
        (None, None) => Verdict::Refused,
        (Some(_), None) => Verdict::LibraryStricter,
        (None, Some(_)) => Verdict::WeStricter,
    };
    assert_eq!(verdict, expected, "{what}: {}", String::from_utf8_lossy(&payload(text)));
}

fn payload(token: &str) -> Vec<u8> {
    let claims = token.split('.').nth(1).unwrap_or_default();
    data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap_or_default()
}

fn sound(issuer: &Issuer) -> Value {
    json!({ "iss": issuer.url, "aud": "guiyi", "sub": "Lan-0042", "iat": now(), "exp": now() + 600, "nonce": NONCE })
}

#[tokio::test]
async fn claims_are_judged_as_a_library_judges_them_but_for_those_that_are_not_read() {
    let issuer = Issuer::new(Script::default()).await;
    let now = now();
    for (claims, expected) in [
        (json!({}), Verdict::Accepted),
        (json!({ "aud": ["guiyi"], "azp": "guiyi", "auth_time": now, "amr": ["pwd"] }), Verdict::Accepted),
        (json!({ "email_verified": "true", "updated_at": "2026-01-02T03:04:05.678Z" }), Verdict::Accepted),
        (json!({ "address": { "country": "CN" }, "locale": "zh-CN", "acr": "1" }), Verdict::Accepted),
        (json!({ "iss": "https://evil.example.com" }), Verdict::Refused),
        (json!({ "iss": format!("{}/", issuer.url) }), Verdict::Refused),
        (json!({ "iss": null }), Verdict::Refused),
        (json!({ "iss": [issuer.url] }), Verdict::Refused),
        (json!({ "aud": "another-client" }), Verdict::Refused),
        (json!({ "aud": "guiyi " }), Verdict::Refused),
        (json!({ "aud": ["guiyi", "another-client"], "azp": "guiyi" }), Verdict::Refused),
        (json!({ "aud": [] }), Verdict::Refused),
        (json!({ "aud": null }), Verdict::Refused),
        (json!({ "aud": { "guiyi": true } }), Verdict::Refused),
        (json!({ "exp": now }), Verdict::Refused),
        (json!({ "exp": now - 3600 }), Verdict::Refused),
        (json!({ "exp": 0 }), Verdict::Refused),
        (json!({ "exp": -1 }), Verdict::Refused),
        (json!({ "exp": null }), Verdict::Refused),
        (json!({ "exp": [] }), Verdict::Refused),
        (json!({ "nonce": "of-another-login" }), Verdict::Refused),
        (json!({ "nonce": NONCE.to_uppercase() }), Verdict::Refused),
        (json!({ "nonce": null }), Verdict::Refused),
        (json!({ "nonce": [NONCE] }), Verdict::Refused),
        (json!({ "sub": null }), Verdict::Refused),
        (json!({ "sub": 42 }), Verdict::Refused),
        (json!({ "sub": ["Lan-0042"] }), Verdict::Refused),
        // Types that the library requires.
        (json!({ "address": [] }), Verdict::LibraryStricter),
        (json!({ "locale": {} }), Verdict::LibraryStricter),
        (json!({ "gender": 1 }), Verdict::LibraryStricter),
        (json!({ "acr": 1 }), Verdict::LibraryStricter),
        (json!({ "amr": "pwd" }), Verdict::LibraryStricter),
        (json!({ "auth_time": [] }), Verdict::LibraryStricter),
        (json!({ "updated_at": "2024-01-01 00:00:00" }), Verdict::LibraryStricter),
        (json!({ "email_verified": 1 }), Verdict::LibraryStricter),
        (json!({ "iat": null }), Verdict::LibraryStricter),
        // Rules that the library leaves to its callers.
        (json!({ "azp": "another-client" }), Verdict::WeStricter),
        (json!({ "iat": now + 3600 }), Verdict::WeStricter),
        (json!({ "nbf": now + 3600 }), Verdict::WeStricter),
        (json!({ "sub": "" }), Verdict::WeStricter),
        (json!({ "sub": " Lan-0042" }), Verdict::WeStricter),
    ] {
        let token = signed((0, "first"), &json!({}), &merged(sound(&issuer), &claims));

        compare(&issuer, (&token, json!({ "keys": [public((0, "first"))] })), expected).await;
    }
}

#[tokio::test]
async fn headers_are_judged_as_a_library_judges_them() {
    let issuer = Issuer::new(Script::default()).await;
    for (header, expected) in [
        (json!({}), Verdict::Accepted),
        (json!({ "typ": "JWT" }), Verdict::Accepted),
        (json!({ "typ": "jwt" }), Verdict::Accepted),
        (json!({ "kid": null }), Verdict::Accepted),
        (json!({ "jku": "https://evil.example.com", "x5t": "a", "x5c": ["MIIB"] }), Verdict::Accepted),
        (json!({ "alg": "none" }), Verdict::Refused),
        (json!({ "alg": "HS256" }), Verdict::Refused),
        (json!({ "alg": "RS256" }), Verdict::Refused),
        (json!({ "alg": "ES256" }), Verdict::Refused),
        (json!({ "alg": "ES512" }), Verdict::Refused),
        (json!({ "alg": "eddsa" }), Verdict::Refused),
        (json!({ "alg": null }), Verdict::Refused),
        (json!({ "alg": "RSA-OAEP", "enc": "A128GCM" }), Verdict::Refused),
        (json!({ "kid": "second" }), Verdict::Refused),
        (json!({ "typ": "at+jwt" }), Verdict::Refused),
        (json!({ "cty": "JWT" }), Verdict::Refused),
        (json!({ "crit": ["exp"] }), Verdict::Refused),
    ] {
        let token = signed((0, "first"), &header, &sound(&issuer));

        compare(&issuer, (&token, json!({ "keys": [public((0, "first"))] })), expected).await;
    }
}

#[tokio::test]
async fn keys_are_chosen_as_a_library_chooses_them_but_for_those_it_cannot_tell_apart() {
    let issuer = Issuer::new(Script::default()).await;
    let sole = |key: Key| json!({ "keys": [public(key)] });
    let with = |key: Key, more: Value| merged(public(key), &more);
    let (first, second) = ((0, "first"), (1, "second"));
    for (signs, header, keys, expected) in [
        (first, json!({}), json!({ "keys": [public(first), public(second)] }), Verdict::Accepted),
        (second, json!({}), json!({ "keys": [public(first), public(second)] }), Verdict::Accepted),
        ((P256, "first"), json!({}), sole((P256, "first")), Verdict::Accepted),
        ((P384, "first"), json!({}), sole((P384, "first")), Verdict::Accepted),
        ((RSA, "first"), json!({}), sole((RSA, "first")), Verdict::Accepted),
        ((RSA, "first"), json!({ "alg": "RS384" }), sole((RSA, "first")), Verdict::Accepted),
        ((RSA, "first"), json!({ "alg": "RS512" }), sole((RSA, "first")), Verdict::Accepted),
        ((RSA, "first"), json!({ "alg": "PS256" }), sole((RSA, "first")), Verdict::Accepted),
        ((RSA, "first"), json!({ "alg": "PS384" }), sole((RSA, "first")), Verdict::Accepted),
        ((RSA, "first"), json!({ "alg": "PS512" }), sole((RSA, "first")), Verdict::Accepted),
        (first, json!({}), json!({ "keys": [{ "kty": "AKP", "kid": "x" }, public(first)] }), Verdict::Accepted),
        (first, json!({}), json!({ "keys": [with(first, json!({ "use": "sig" }))] }), Verdict::Accepted),
        (first, json!({}), json!({ "keys": [with(first, json!({ "use": "enc" }))] }), Verdict::Refused),
        (first, json!({}), json!({ "keys": [] }), Verdict::Refused),
        (first, json!({}), sole((1, "first")), Verdict::Refused),
        (first, json!({}), sole((RSA, "first")), Verdict::Refused),
        ((P256, "first"), json!({}), sole((P384, "first")), Verdict::Refused),
        // Two keys that one name matches.
        (first, json!({}), json!({ "keys": [public((1, "first")), public(first)] }), Verdict::LibraryStricter),
        (first, json!({ "kid": null }), json!({ "keys": [public(second), public(first)] }), Verdict::LibraryStricter),
        (first, json!({}), json!({ "keys": [with(first, json!({ "kid": null }))] }), Verdict::LibraryStricter),
    ] {
        let token = signed(signs, &header, &sound(&issuer));

        compare(&issuer, (&token, keys), expected).await;
    }
}

#[tokio::test]
async fn what_is_not_signed_by_the_issuer_is_refused_by_both() {
    let issuer = Issuer::new(Script::default()).await;
    let claims = sound(&issuer);
    let good = signed((0, "first"), &json!({}), &claims);
    let good = good.as_str().expect("a token");
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let tokens = [
        unsigned(&claims),
        shared(&claims),
        json!(format!("{message}.")),
        json!(message),
        json!(format!("{good}.")),
        json!(format!("{good}.e30.e30")),
        json!(format!("{message}.{signature}AA")),
        json!(format!("{message}.{}", signature.chars().rev().collect::<String>())),
        json!(format!("{message}.{signature}=")),
        json!(format!(" {good}")),
        json!("a.b.c"),
        json!("..."),
    ];
    for token in tokens {
        compare(&issuer, (&token, json!({ "keys": [public((0, "first"))] })), Verdict::Refused).await;
    }
}
