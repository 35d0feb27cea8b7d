//! Logins at issuers of known products, by the shapes of their answers in `shapes/`: the names and types of the fields
//! are those of each product's public documentation, all values are invented. In a shape, placeholders such as
//! `@issuer` stand for the values that differ in each login.

use serde_json::{Value, json};

use crate::issuer::{Issuer, NONCE, Script, TOKEN, exchange, merged, now};
use crate::keys::{P384, RSA, public, text};

const SHAPES: [(&str, &str); 8] = [
    ("authing", include_str!("shapes/authing.json")),
    ("casdoor", include_str!("shapes/casdoor.json")),
    ("casdoor-standard", include_str!("shapes/casdoor-standard.json")),
    ("entra", include_str!("shapes/entra.json")),
    ("entra-v1", include_str!("shapes/entra-v1.json")),
    ("google", include_str!("shapes/google.json")),
    ("keycloak", include_str!("shapes/keycloak.json")),
    ("logto", include_str!("shapes/logto.json")),
];

/// Replaces the placeholders.
fn filled(shape: &Value, issuer: &str) -> Value {
    let digest = if shape["header"]["alg"] == "ES384" { &ring::digest::SHA384 } else { &ring::digest::SHA256 };
    let hash = ring::digest::digest(digest, TOKEN.as_bytes());
    let mut filled = shape.to_string().replace("@issuer", issuer).replace("@nonce", NONCE).replace("@client", "guiyi");
    filled = filled.replace("@at_hash", &text(&hash.as_ref()[..hash.as_ref().len() / 2]));
    filled = filled.replace("@access_token", TOKEN);
    for (name, time) in [("\"@now\"", now()), ("\"@end\"", now() + 3600)] {
        filled = filled.replace(name, &time.to_string());
    }
    serde_json::from_str(&filled).expect("JSON")
}

#[tokio::test]
async fn a_person_signs_in_at_every_known_product() {
    for (product, shape) in SHAPES {
        let shape: Value = serde_json::from_str(shape).expect("JSON");
        let issuer = Issuer::new(Script::default()).await;
        let shape = filled(&shape, &issuer.url);
        let which = if shape["header"]["alg"] == "ES384" { P384 } else { RSA };
        let key = merged(public((which, "first")), &shape["key"]);
        // The document has only fields that the product's document has.
        for (name, of) in [("discovery", "/.well-known/openid-configuration"), ("token", "/token")] {
            assert!(shape[name].is_object(), "{product} has no {of}");
        }
        *issuer.script() = Script {
            signs: (which, "first"),
            keys: Some(json!({ "keys": [key] })),
            header: merged(json!({ "kid": key["kid"] }), &shape["header"]),
            userinfo: shape["userinfo"].clone(),
            ..Script::default()
        };
        issuer.script().whole(&shape);

        let proof = exchange(&issuer.client()).await.unwrap_or_else(|error| panic!("{product}: {error}"));

        assert_eq!(json!(proof.key.open_id.as_str()), shape["person"]["open_id"], "{product}");
        assert_eq!(json!(proof.profile.nickname), shape["person"]["nickname"], "{product}");
        assert_eq!(json!(proof.profile.avatar_url), shape["person"]["avatar_url"], "{product}");
    }
}

#[test]
fn every_shape_names_its_sources() {
    for (product, shape) in SHAPES {
        let shape: Value = serde_json::from_str(shape).expect("JSON");
        let sources = shape["sources"].as_array().expect(product);

        assert!(
            !sources.is_empty()
                && sources.iter().all(|url| url.as_str().is_some_and(|url| url.starts_with("https://")))
        );
    }
}
