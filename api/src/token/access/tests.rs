//! Tokens that are refused: RFC 8725 (JSON Web Token best current practices), section by section.

mod keys;

use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};

use super::*;
use crate::token::Keys;

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);
const ISSUER: &str = "https://id.example.com";

fn tokens_of(secrets: &[&str], (issuer, audience): (&str, &str)) -> AccessTokens {
    let keys = Keys::derive(&secrets.iter().map(|secret| (*secret).into()).collect::<Vec<_>>());
    AccessTokens::new(keys.signing(), (issuer.to_owned(), audience.to_owned()), TimeDelta::minutes(15))
}

fn tokens(secrets: &[&str]) -> AccessTokens {
    tokens_of(secrets, (ISSUER, "guiyi"))
}

fn issue(tokens: &AccessTokens) -> (String, Verified) {
    let verified = Verified { session: SessionId::new(NOW), user: UserId::new(NOW) };
    (tokens.issue(verified.user, verified.session, NOW).0, verified)
}

fn key() -> SigningKey {
    Keys::derive(&["one".into()]).signing()[0].clone()
}

/// A header like that of an issued token.
fn header() -> Value {
    json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": key_id(&key()) })
}

/// Claims like those of an issued token.
fn claims() -> Value {
    let (token, _) = issue(&tokens(&["one"]));
    let claims = token.split('.').nth(1).expect("claims");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64url")).expect("JSON")
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().expect("an object").remove(member);
    object
}

fn encoded(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Signs any header and claims with the valid key, so that only the content can cause a refusal.
fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = key().sign(message.as_bytes());
    format!("{message}.{}", encoded(&signature.to_bytes()))
}

fn verify(header: &Value, claims: &Value) -> Option<Verified> {
    tokens(&["one"]).verify(&signed(header.to_string().as_bytes(), claims.to_string().as_bytes()), NOW)
}

#[test]
fn what_the_other_tests_spoil_is_sound_before() {
    assert!(verify(&header(), &claims()).is_some());
}

/// Also for a replica whose clock is a minute behind: without leeway (RFC 7519 section 4.1.5) a millisecond has a new token refused.
#[test]
fn a_token_names_its_session_and_account_until_it_expires() {
    let tokens = tokens(&["one"]);
    let (token, verified) = issue(&tokens);

    assert_eq!(tokens.verify(&token, NOW.plus(TimeDelta::seconds(899))), Some(verified));
    assert_eq!(tokens.verify(&token, NOW.plus(TimeDelta::seconds(900))), None);
    assert_eq!(tokens.verify(&token, NOW.minus(TimeDelta::seconds(60))), Some(verified));
    assert_eq!(tokens.verify(&token, NOW.minus(TimeDelta::seconds(61))), None);
}

#[test]
fn a_remembered_token_expires_and_a_refused_one_is_not_remembered() {
    let tokens = tokens(&["one"]);
    let (token, verified) = issue(&tokens);
    let (later, _) = tokens.issue(verified.user, verified.session, NOW.plus(TimeDelta::minutes(30)));

    assert_eq!(tokens.verify(&later, NOW), None, "not valid yet");
    assert_eq!(tokens.remembered().len(), 0);
    for _ in 0..2 {
        assert_eq!(tokens.verify(&token, NOW), Some(verified));
    }
    assert_eq!(tokens.remembered().len(), 1);
    assert_eq!(tokens.verify(&token, NOW.plus(TimeDelta::minutes(15))), None);
    assert_eq!(tokens.verify(&later, NOW.plus(TimeDelta::minutes(30))), Some(verified));
}

#[test]
fn rfc8725_3_1_an_unsigned_token_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let message = format!(
            "{}.{}",
            encoded(with(header(), "alg", json!(alg)).to_string().as_bytes()),
            encoded(claims().to_string().as_bytes())
        );
        for token in [format!("{message}."), message.clone(), format!("{message}.{}", encoded(&[0; 64]))] {
            assert_eq!(tokens(&["one"]).verify(&token, NOW), None, "{token}");
        }
    }
    let (token, _) = issue(&tokens(&["one"]));
    let (message, _) = token.rsplit_once('.').expect("a signature");
    assert_eq!(tokens(&["one"]).verify(&format!("{message}."), NOW), None);
}

/// Algorithm confusion: the public key as the secret of an HMAC.
#[test]
fn rfc8725_3_1_a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let public = key().verifying_key().to_bytes();
    let secrets = [public.to_vec(), encoded(&public).into_bytes(), b"one".to_vec()];
    for alg in ["HS256", "HS384", "HS512"] {
        for secret in &secrets {
            let head = with(header(), "alg", json!(alg));
            let message =
                format!("{}.{}", encoded(head.to_string().as_bytes()), encoded(claims().to_string().as_bytes()));
            let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key").chain_update(&message).finalize();
            let token = format!("{message}.{}", encoded(&mac.into_bytes()));

            assert_eq!(tokens(&["one"]).verify(&token, NOW), None, "{alg}");
        }
    }
}

#[test]
fn rfc8725_3_2_no_algorithm_but_ours_is_accepted_even_with_a_sound_signature() {
    for alg in [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "HS256", "Ed25519",
        "Ed448", "eddsa", "RSA-OAEP", "dir",
    ] {
        assert_eq!(verify(&with(header(), "alg", json!(alg)), &claims()), None, "{alg}");
    }
    assert_eq!(verify(&with(header(), "alg", json!(["EdDSA"])), &claims()), None);
    assert_eq!(verify(&without(header(), "alg"), &claims()), None);
}

#[test]
fn rfc8725_3_3_a_changed_byte_is_noticed_wherever_it_is() {
    let tokens = tokens(&["one"]);
    let (token, _) = issue(&tokens);

    for at in 0..token.len() {
        for replacement in ['A', 'B', '_', '.'] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, &replacement.to_string());
            if changed != token {
                assert_eq!(tokens.verify(&changed, NOW), None, "{replacement} at {at}");
            }
        }
        assert_eq!(tokens.verify(&token[..at], NOW), None, "cut at {at}");
    }
}

#[test]
fn rfc8725_3_3_trailing_bytes_padding_and_more_parts_are_refused() {
    let tokens = tokens(&["one"]);
    let (token, _) = issue(&tokens);
    let parts: Vec<_> = token.split('.').collect();

    for spoiled in [
        format!("{token}."),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}A"),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}\0"),
        format!(".{token}"),
        format!("{token}.{}", parts[2]),
        format!("{}.{}.{}.{}.{}", parts[0], parts[1], parts[1], parts[1], parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        token.replace('-', "+").replace('_', "/") + "==",
    ] {
        assert_eq!(tokens.verify(&spoiled, NOW), None, "{spoiled:?}");
    }
}

/// Libraries disagree on which of two members with the same name counts.
#[test]
fn rfc8725_3_4_a_member_that_stands_twice_or_text_after_the_json_is_refused() {
    let (head, body) = (header().to_string(), claims().to_string());
    let twice = |json: &str, member: &str| format!("{},{member}}}", json.trim_end_matches('}'));

    for member in [r#""alg":"EdDSA""#, r#""typ":"at+jwt""#, r#""kid":"x""#] {
        assert_eq!(tokens(&["one"]).verify(&signed(twice(&head, member).as_bytes(), body.as_bytes()), NOW), None);
    }
    for name in ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"] {
        let member = format!("\"{name}\":{}", claims()[name]);
        let token = signed(head.as_bytes(), twice(&body, &member).as_bytes());
        assert_eq!(tokens(&["one"]).verify(&token, NOW), None, "{name}");
    }
    for after in ["{}", "x", ",", "\0"] {
        let token = signed(format!("{head}{after}").as_bytes(), body.as_bytes());
        assert_eq!(tokens(&["one"]).verify(&token, NOW), None);
        let token = signed(head.as_bytes(), format!("{body}{after}").as_bytes());
        assert_eq!(tokens(&["one"]).verify(&token, NOW), None);
    }
}

#[test]
fn rfc8725_3_4_what_is_huge_or_deep_is_refused() {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let long = "a".repeat(MAX_LENGTH);
    let (head, body) = (header(), claims());

    assert_eq!(verify(&head, &with(body.clone(), "x", json!(long))), None);
    assert_eq!(tokens(&["one"]).verify(&"a.".repeat(1 << 20), NOW), None);
    assert_eq!(tokens(&["one"]).verify(&signed(deep.as_bytes(), body.to_string().as_bytes()), NOW), None);
    assert_eq!(tokens(&["one"]).verify(&signed(head.to_string().as_bytes(), deep.as_bytes()), NOW), None);
}

#[test]
fn rfc8725_3_6_a_compressed_token_is_refused() {
    assert_eq!(verify(&with(header(), "zip", json!("DEF")), &claims()), None);
}

#[test]
fn rfc8725_3_7_json_that_is_not_utf_8_is_refused() {
    let body = claims().to_string();
    let utf16: Vec<u8> = body.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let bytes = [b"\xef\xbb\xbf", body.as_bytes()].concat();
    let unknown = [body.trim_end_matches('}').as_bytes(), b",\"x\":\"\xe9\"}"].concat();
    let known = without(claims(), "jti").to_string();
    let known = [known.trim_end_matches('}').as_bytes(), b",\"jti\":\"\xe9\"}"].concat();

    for claims in [utf16, bytes, unknown, known] {
        assert_eq!(tokens(&["one"]).verify(&signed(header().to_string().as_bytes(), &claims), NOW), None);
    }
}

#[test]
fn rfc8725_3_8_a_token_of_another_issuer_is_refused() {
    let ours = tokens(&["one"]);
    let (other, _) = issue(&tokens_of(&["one"], ("https://other.example.com", "guiyi")));

    assert_eq!(ours.verify(&other, NOW), None);
    for issuer in [json!(""), json!(null), json!([ISSUER]), json!([ISSUER, "x"]), json!(format!("{ISSUER}/")), json!(1)]
    {
        assert_eq!(verify(&header(), &with(claims(), "iss", issuer.clone())), None, "{issuer}");
    }
    assert_eq!(verify(&header(), &without(claims(), "iss")), None);
}

#[test]
fn rfc8725_3_8_a_subject_that_is_no_account_is_refused() {
    let session = claims()["sid"].clone();
    for subject in [json!(""), json!(null), json!("x"), session, json!("usr_"), json!(7), json!(["usr_"])] {
        assert_eq!(verify(&header(), &with(claims(), "sub", subject.clone())), None, "{subject}");
    }
    assert_eq!(verify(&header(), &without(claims(), "sub")), None);
}

#[test]
fn rfc8725_3_9_a_token_for_another_audience_is_refused() {
    let ours = tokens(&["one"]);
    let (other, _) = issue(&tokens_of(&["one"], (ISSUER, "another api")));

    assert_eq!(ours.verify(&other, NOW), None);
    for audience in [json!(""), json!(null), json!(["another"]), json!(["guiyi", "another"]), json!("Guiyi")] {
        assert_eq!(verify(&header(), &with(claims(), "aud", audience.clone())), None, "{audience}");
    }
    assert_eq!(verify(&header(), &without(claims(), "aud")), None);
}

/// Keys come from the configuration, regardless of the token's header.
#[test]
fn rfc8725_3_10_a_key_is_looked_up_among_ours_only() {
    let attacker = Keys::derive(&["attacker".into()]).signing()[0].clone();
    let jwk =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(attacker.verifying_key().as_bytes()), "alg": "EdDSA" });
    let by_attacker = |head: &Value| {
        let message = format!("{}.{}", encoded(head.to_string().as_bytes()), encoded(claims().to_string().as_bytes()));
        format!("{message}.{}", encoded(&attacker.sign(message.as_bytes()).to_bytes()))
    };
    let brought = [
        header(),
        with(header(), "kid", json!(key_id(&attacker))),
        with(header(), "jwk", jwk),
        with(header(), "jku", json!("https://attacker.example/jwks.json")),
        with(header(), "x5u", json!("https://attacker.example/chain.pem")),
        with(header(), "x5c", json!([encoded(b"a certificate")])),
    ];

    for head in &brought {
        assert_eq!(tokens(&["one"]).verify(&by_attacker(head), NOW), None, "{head}");
    }
    // Issued tokens carry none of these members either.
    for head in &brought[1..] {
        assert_eq!(verify(head, &claims()), None, "{head}");
    }
    for kid in [json!(""), json!("../../etc/passwd"), json!("' OR 1=1 --"), json!(null), json!(1)] {
        assert_eq!(verify(&with(header(), "kid", kid.clone()), &claims()), None, "{kid}");
    }
    assert_eq!(verify(&without(header(), "kid"), &claims()), None);
}

/// RFC 7515 section 4.1.11: a critical extension that is not understood makes the token invalid.
#[test]
fn a_token_with_a_critical_extension_is_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("x"), json!(["http://example.com/UNDEFINED"])] {
        let head = with(with(header(), "crit", crit.clone()), "b64", json!(false));
        assert_eq!(verify(&head, &claims()), None, "{crit}");
        assert_eq!(verify(&with(header(), "crit", crit.clone()), &claims()), None, "{crit}");
    }
}

#[test]
fn rfc8725_3_11_a_token_of_another_type_is_refused() {
    for kind in [json!("JWT"), json!("jwt"), json!("application/at+jwt"), json!("AT+JWT"), json!("id+jwt"), json!(null)]
    {
        assert_eq!(verify(&with(header(), "typ", kind.clone()), &claims()), None, "{kind}");
    }
    assert_eq!(verify(&without(header(), "typ"), &claims()), None);
}

/// All other tokens of the service: refresh token, service token, session id.
#[test]
fn rfc8725_3_12_no_token_of_another_kind_verifies() {
    let session = SessionId::new(NOW).to_string();
    let refresh = crate::token::RefreshToken::random().text();
    for token in [session, refresh, format!("gys_{}", crate::random::token()), String::new(), "a.b.c".to_owned()] {
        assert_eq!(tokens(&["one"]).verify(&token, NOW), None, "{token}");
    }
}

#[test]
fn a_token_without_a_time_or_with_a_strange_one_is_refused() {
    for name in ["exp", "nbf", "iat", "sid", "jti"] {
        assert_eq!(verify(&header(), &without(claims(), name)), None, "{name}");
    }
    let in_a_minute = NOW.millis() / 1_000 + 60;
    for name in ["exp", "nbf"] {
        for time in [json!(null), json!(in_a_minute.to_string()), json!(1e300), json!([in_a_minute]), json!(true)] {
            assert_eq!(verify(&header(), &with(claims(), name, time.clone())), None, "{name}: {time}");
        }
    }
    assert_eq!(verify(&header(), &with(claims(), "nbf", json!(in_a_minute + 1))), None);
    assert_eq!(verify(&header(), &with(claims(), "exp", json!(in_a_minute - 60))), None);
    assert_eq!(verify(&header(), &with(claims(), "exp", json!(-1))), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_text_verifies_that_we_did_not_sign(
        text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,90}"],
        head in any::<Vec<u8>>(),
        body in any::<Vec<u8>>(),
    ) {
        prop_assert_eq!(tokens(&["one"]).verify(&text, NOW), None);
        // A correctly signed token with arbitrary content is refused too.
        prop_assert_eq!(tokens(&["one"]).verify(&signed(&head, &body), NOW), None);
        prop_assert_eq!(tokens(&["one"]).verify(&signed(header().to_string().as_bytes(), &body), NOW), None);
    }
}
