//! Forged ID tokens, and keys in all the forms in which issuers publish them.

use providers::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use crate::issuer::{Issuer, Script, exchange, merged};
use crate::keys::{Key, P256, P384, RSA, RSA_N, message, public, sign, signed, text, unsigned, with_secret};

async fn outcome(script: Script) -> Result<String, ProviderError> {
    let issuer = Issuer::new(script).await;
    exchange(&issuer.client()).await.map(|proof| proof.key.open_id.as_str().to_owned())
}

/// Returns the error of a login, which must fail with an unexpected answer.
async fn refusal(script: Script) -> String {
    let error = outcome(script).await.expect_err("a refusal");
    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer, "{error}");
    error.detail
}

const WRONG: &str = "the ID token's signature is wrong";
const UNKNOWN: &str = "the ID token's header: `kid` is a key that the issuer does not publish";

#[tokio::test]
async fn every_accepted_algorithm_verifies_with_its_kind_of_key() {
    for (key, algorithms) in [
        (0, ["EdDSA"].as_slice()),
        (P256, &["ES256"]),
        (P384, &["ES384"]),
        (RSA, &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
    ] {
        for algorithm in algorithms {
            let (header, signs) = (json!({ "alg": algorithm }), (key, "first"));

            let person = outcome(Script { signs, shows: signs, header, ..Script::default() }).await;

            assert_eq!(person.expect(algorithm), "Lan-0042");
        }
    }
}

#[tokio::test]
async fn a_signature_of_another_key_or_another_text_is_wrong() {
    fn cut(claims: &Value) -> Value {
        let token = signed((0, "first"), &json!({}), claims);
        json!(token.as_str().expect("a token")[..].rsplit_once('.').expect("parts").0.to_owned() + ".")
    }
    fn of_other_claims(claims: &Value) -> Value {
        let signature = sign(0, "EdDSA", b"another text");
        json!(format!("{}.{}", message(&json!({ "alg": "EdDSA", "kid": "first" }), claims), text(&signature)))
    }
    for id_token in [cut, of_other_claims] {
        assert_eq!(refusal(Script { id_token: Some(id_token), ..Script::default() }).await, WRONG);
    }
    assert_eq!(refusal(Script { signs: (1, "first"), ..Script::default() }).await, WRONG);
}

#[tokio::test]
async fn an_algorithm_that_does_not_fit_the_key_finds_no_key() {
    // A PKCS #1 signature under the name of PSS.
    fn other_padding(claims: &Value) -> Value {
        let message = message(&json!({ "alg": "PS256", "kid": "first" }), claims);
        json!(format!("{message}.{}", text(&sign(RSA, "RS256", message.as_bytes()))))
    }
    for (key, algorithm) in
        [(0, "ES256"), (0, "RS256"), (P256, "EdDSA"), (P256, "ES384"), (P384, "ES256"), (RSA, "EdDSA")]
    {
        let signs = (key, "first");
        let header = json!({ "alg": algorithm });

        assert_eq!(refusal(Script { signs, shows: signs, header, ..Script::default() }).await, UNKNOWN, "{algorithm}");
    }
    let shows = (RSA, "first");
    assert_eq!(refusal(Script { shows, id_token: Some(other_padding), ..Script::default() }).await, WRONG);
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    fn with_modulus(claims: &Value) -> Value {
        with_secret(RSA_N.as_bytes(), claims)
    }
    fn with_key(claims: &Value) -> Value {
        with_secret(public((RSA, "first")).to_string().as_bytes(), claims)
    }
    for id_token in [with_modulus, with_key] {
        let told = refusal(Script { shows: (RSA, "first"), id_token: Some(id_token), ..Script::default() }).await;

        assert!(told.starts_with("the ID token's header: `alg` is an algorithm that is not accepted"), "{told}");
    }
}

#[tokio::test]
async fn no_algorithm_but_those_of_the_list_is_accepted() {
    for name in
        ["none", "None", "NONE", "HS256", "hs256", "ES512", "ES256K", "eddsa", "RS1", "RSA-OAEP", "dir", " RS256"]
    {
        let told = refusal(Script { header: json!({ "alg": name }), ..Script::default() }).await;

        assert!(told.starts_with("the ID token's header: `alg` is "), "{name}: {told}");
    }
    for alg in [json!(null), json!(5), json!(["RS256"]), json!({}), json!("")] {
        let told = refusal(Script { header: json!({ "alg": alg }), ..Script::default() }).await;

        assert!(told.starts_with("the ID token's header: `alg` is "), "{alg}: {told}");
    }
    assert!(refusal(Script { id_token: Some(unsigned), ..Script::default() }).await.contains("`alg` is none"));
}

#[tokio::test]
async fn a_token_of_another_type_or_with_extensions_is_refused() {
    for (header, name) in [
        (json!({ "typ": "at+jwt" }), "typ"),
        (json!({ "typ": "logout+jwt" }), "typ"),
        (json!({ "typ": "application/at+jwt" }), "typ"),
        (json!({ "typ": 5 }), "typ"),
        (json!({ "crit": ["b64"], "b64": false }), "crit"),
        (json!({ "crit": [] }), "crit"),
        (json!({ "cty": "JWT" }), "cty"),
        (json!({ "enc": "A128GCM" }), "enc"),
    ] {
        let told = refusal(Script { header: header.clone(), ..Script::default() }).await;

        assert!(told.starts_with(&format!("the ID token's header: `{name}` ")), "{header}: {told}");
    }
    for kind in ["JWT", "jwt", "application/jwt"] {
        assert!(outcome(Script { header: json!({ "typ": kind }), ..Script::default() }).await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn a_key_in_the_token_itself_is_not_used() {
    let header = json!({ "jwk": public((1, "first")), "jku": "https://evil.example.com/keys", "x5c": ["MIIB"] });

    assert_eq!(refusal(Script { signs: (1, "first"), header, ..Script::default() }).await, WRONG);
}

#[tokio::test]
async fn keys_that_cannot_be_read_or_are_for_something_else_are_skipped() {
    let good = |more: Value| merged(public((P256, "first")), &more);
    let others = [
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "first" }),
        json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "first" }),
        json!({ "kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "first" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "first" }),
        json!({ "kty": "RSA", "x5c": ["MIIB"], "kid": "first" }),
        json!({ "kty": "RSA", "n": 5, "e": [], "kid": "first" }),
        json!({ "kid": "first" }),
        json!({}),
        json!(5),
        json!(null),
        good(json!({ "x": "not base64url!" })),
        good(json!({ "x": "AAAA".repeat(40) })),
        good(json!({ "use": "enc" })),
        good(json!({ "alg": "ECDH-ES" })),
        good(json!({ "alg": "ES384" })),
        public((0, "first")),
        good(json!({ "use": "sig", "alg": "ES256", "key_ops": 5, "x5c": 5, "x5t": null, "issuer": {}, "nbf": "x" })),
    ];
    let script = || Script { signs: (P256, "first"), keys: Some(json!({ "keys": others })), ..Script::default() };

    assert_eq!(outcome(script()).await.expect("a person"), "Lan-0042");

    let without = &others[..others.len() - 1];
    let told = refusal(Script { keys: Some(json!({ "keys": without })), ..script() }).await;
    assert_eq!(told, UNKNOWN);
}

#[tokio::test]
async fn keys_may_share_an_id_or_have_none() {
    let key = |key: Key, id: Value| merged(public(key), &json!({ "kid": id }));
    let (first, second) = ((0, "first"), (1, "first"));
    let named = json!("first");
    for (keys, header) in [
        // Two keys with the same id.
        ([key(second, named.clone()), key(first, named.clone())], json!({})),
        // Keys without an id, or with an id that is not a string.
        ([key(second, json!(null)), key(first, json!(null))], json!({})),
        ([key(second, json!(5)), key(first, json!(""))], json!({})),
        // A token without an id.
        ([key(second, json!("a")), key(first, json!("b"))], json!({ "kid": null })),
        ([key(second, json!("a")), key(first, json!("b"))], json!({ "kid": 5 })),
    ] {
        let keys = json!({ "keys": keys });
        let person = outcome(Script { header, keys: Some(keys.clone()), ..Script::default() }).await;

        assert_eq!(person.unwrap_or_else(|error| panic!("{keys}: {error}")), "Lan-0042");
    }
    let others = json!({ "keys": [key(first, json!("a")), key(second, json!("b"))] });
    assert_eq!(refusal(Script { keys: Some(others), ..Script::default() }).await, UNKNOWN);
}

#[tokio::test]
async fn integers_may_have_leading_zeros_or_lack_them() {
    let long = {
        let n = data_encoding::BASE64URL_NOPAD.decode(RSA_N.as_bytes()).expect("base64url");
        merged(public((RSA, "first")), &json!({ "n": text(&[&[0], n.as_slice()].concat()), "e": "AAEAAQ==" }))
    };
    let script = Script { signs: (RSA, "first"), keys: Some(json!({ "keys": [long] })), ..Script::default() };

    assert_eq!(outcome(script).await.expect("a person"), "Lan-0042");
}

#[tokio::test]
async fn a_key_set_that_is_none_is_named() {
    for (keys, detail) in [
        (json!({}), "the issuer's key set: `keys` is missing or empty"),
        (json!({ "keys": {} }), "the issuer's key set: `keys` is not a list"),
        (json!([]), "the issuer's key set is not a JSON object"),
    ] {
        assert_eq!(refusal(Script { keys: Some(keys), ..Script::default() }).await, detail);
    }
    assert_eq!(refusal(Script { keys: Some(json!({ "keys": [] })), ..Script::default() }).await, UNKNOWN);
}
