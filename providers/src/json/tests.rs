//! Tests of `JsonAnswer`.

use super::*;

fn read(text: &str) -> JsonAnswer {
    JsonAnswer::read("the answer", text.as_bytes()).expect("an object")
}

fn detail<T: fmt::Debug>(outcome: Result<T, ProviderError>) -> String {
    let error = outcome.expect_err("an error");
    assert_eq!(error.kind, ErrorKind::UnexpectedAnswer);
    error.detail
}

#[test]
fn what_is_not_asked_for_may_be_anything() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for unread in ["null", "true", "1e999", "-0", "\"\\ud83c\"", "[]", "{\"a\":{}}", &deep] {
        let answer = read(&format!("{{\"unread\":{unread},\"openid\":\"oLan\",\"unread\":5}}"));

        assert_eq!(answer.needed_text("openid").expect("a text"), "oLan", "{unread}");
        assert_eq!(answer.text("unread"), None);
    }
}

#[test]
fn a_byte_order_mark_and_blanks_before_the_object_are_skipped() {
    for before in ["\u{feff}", "\u{feff}\r\n", "  "] {
        assert_eq!(read(&format!("{before}{{\"a\":\"b\"}}")).text("a").as_deref(), Some("b"));
    }
}

#[test]
fn what_is_no_object_is_named() {
    for body in ["", "[]", "[\"oLan\"]", "null", "5", "\"{}\"", "<html>", "{\"a\":", "{\"a\":\"x", "{} {}", "{a:1}"] {
        let error = JsonAnswer::read("the answer of /token", body.as_bytes());

        assert_eq!(detail(error), "the answer of /token is not a JSON object", "{body}");
    }
}

#[test]
fn broken_characters_become_the_one_that_stands_for_them() {
    let answer = JsonAnswer::read("the answer", b"\xef\xbb\xbf{\"a\":\"x\xff\x08\\ud83c\",\"b\":\"\\ud83c\\udf3f\"}");
    let answer = answer.expect("an object");

    assert_eq!(answer.text("a").as_deref(), Some("x\u{fffd}\u{fffd}\u{fffd}"));
    assert_eq!(answer.text("b").as_deref(), Some("🌿"));
    assert!(answer.needed::<domain::OpenId>("a").is_err(), "an open id is never mended");
}

#[test]
fn what_is_needed_and_wrong_is_named_without_its_value() {
    for (value, problem) in [
        ("5", "is a number, not a text"),
        ("true", "is a boolean, not a text"),
        ("[\"pl4nted\"]", "is a list, not a text"),
        ("{\"pl4nted\":1}", "is an object, not a text"),
        ("null", "is missing or empty"),
        ("\"  \"", "is missing or empty"),
        ("1e999", "cannot be represented"),
        ("\"pl4nted\",\"openid\":\"oLan\"", "occurs twice, with different values"),
        ("\"pl4nted é\"", "is not usable: the open id contains a character that is not allowed"),
    ] {
        let answer = read(&format!("{{\"openid\":{value}}}"));

        let told = detail(answer.needed::<domain::OpenId>("openid"));

        assert_eq!(told, format!("the answer: `openid` {problem}"));
        assert!(!format!("{answer:?}").contains("pl4nted"));
    }
    assert_eq!(detail(read("{}").needed_text("openid")), "the answer: `openid` is missing or empty");
    assert_eq!(read("{\"openid\":\"oLan\",\"openid\":\"oLan\"}").needed_text("openid").expect("a text"), "oLan");
}

#[test]
fn a_number_may_be_a_text_or_have_a_fraction_of_zero() {
    for value in ["7200", "\"7200\"", "\" 7200 \"", "7200.0", "7.2e3", "\"7200.0\""] {
        let answer = read(&format!("{{\"n\":{value}}}"));

        assert_eq!(answer.needed_number("n").expect("a number"), 7200, "{value}");
        assert_eq!(answer.needed_seconds("n").expect("seconds"), 7200, "{value}");
    }
    for value in ["null", "\"\"", "\" \""] {
        assert_eq!(read(&format!("{{\"n\":{value}}}")).whole_number("n").expect("no number"), None, "{value}");
    }
    assert_eq!(read("{\"n\":3599.9}").needed_seconds("n").expect("seconds"), 3599);
    assert_eq!(read("{\"n\":-1}").needed_number("n").expect("a number"), -1);
}

#[test]
fn what_is_no_usable_number_is_named() {
    for value in ["true", "[]", "{}", "\"x\"", "1e30", "1e999", "7200.5", "\"0x10\"", "\"NaN\"", "18446744073709551615"]
    {
        let told = detail(read(&format!("{{\"n\":{value}}}")).needed_number("n"));

        assert!(told.starts_with("the answer: `n` "), "{told}");
    }
    assert_eq!(detail(read("{\"n\":-1}").seconds("n")), "the answer: `n` is negative");
}

#[test]
fn an_object_inside_is_read_in_the_same_way() {
    let answer = read(r#"{"phone":{"number":5,"unread":1e999},"list":[{"a":"x"},5,[],{"a":"y"}],"text":"{}"}"#);
    let phone = answer.needed_object("phone").expect("an object");

    assert_eq!(detail(phone.needed_text("number")), "the answer: `phone`: `number` is a number, not a text");
    let list = answer.needed_objects("list").expect("a list");
    assert_eq!(list.iter().filter_map(|one| one.text("a")).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(detail(answer.needed_object("text")), "the answer: `text` is not an object");
    assert_eq!(detail(answer.needed_objects("phone")), "the answer: `phone` is not a list");
}

#[test]
fn data_of_an_unknown_sender_is_read_to_the_letter() {
    let exact = |text: &[u8]| JsonAnswer::read_exactly("the data", text).is_some();

    assert!(exact(b"{\"nickName\":\"\\ud83c\"}"));
    for broken in [
        b"{\"a\":1,\"a\":1}".as_slice(),
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\x08\"}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\\'\"}",
        b"[]",
    ] {
        assert!(!exact(broken), "{}", String::from_utf8_lossy(broken));
    }
}
