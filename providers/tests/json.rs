//! Random bytes against the reader of upstreams' answers.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};
use providers::JsonAnswer;
use serde_json::json;

/// Pieces that have a meaning in JSON, whole and broken.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\\u".to_owned()),
        Just("\\ud83c".to_owned()),
        Just("\\udf3f".to_owned()),
        Just("\\u00".to_owned()),
        Just("{\"a\":".to_owned()),
        Just("},".to_owned()),
        Just("[1e999]".to_owned()),
        Just("\u{feff}".to_owned()),
        "\\PC",
        "[\u{0}-\u{1f}]",
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), text in pieces()) {
        for body in [bytes.as_slice(), text.as_bytes()] {
            if let Ok(answer) = JsonAnswer::read("the answer", body) {
                let _ = (answer.text("a"), answer.needed_number("a"), answer.needed_seconds("a"), answer.needed_object("a"));
            }
        }
    }

    #[test]
    fn whatever_a_text_has_in_it_the_fields_beside_it_are_read(broken in pieces()) {
        // A quote would end the string.
        let broken = broken.replace('"', "").trim_end_matches('\\').to_owned();
        let body = format!("{{\"name\":\"{broken}\",\"openid\":\"oLan\",\"unread\":\"{broken}\"}}");

        let answer = JsonAnswer::read("the answer", body.as_bytes());

        prop_assert!(answer.is_ok(), "{}", body);
        prop_assert_eq!(answer.expect("it was read").needed_text("openid").expect("a text"), "oLan");
    }

    #[test]
    fn a_sound_text_is_read_to_the_letter(text in any::<String>()) {
        let body = json!({ "a": text, text.as_str(): 1 }).to_string();
        let answer = JsonAnswer::read("the answer", body.as_bytes()).expect("an object");

        if text != "a" {
            prop_assert_eq!(answer.text("a"), Some(text.clone()).filter(|text| !text.trim().is_empty()));
            prop_assert_eq!(answer.needed_number(&text).expect("a number"), 1);
        }
    }
}
