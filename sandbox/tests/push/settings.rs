//! Tests of the validation of push settings.

use sandbox::push::{Form, Mistake, Mode, Settings};

use crate::receiver::{AES_KEY, TOKEN, form};

#[test]
fn every_mistake_is_named_at_once() {
    let form =
        Form { url: "ftp://a.example".to_owned(), token: "a".to_owned(), aes_key: Some("k".to_owned()), ..form() };

    let mistakes = Settings::new(form).unwrap_err();

    assert_eq!(
        mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>(),
        [
            "url must be an http or https address",
            "token must be 3 to 32 letters, digits, - and _",
            "aes_key must be 43 characters of base64",
        ]
    );
}

#[test]
fn an_address_is_of_http_or_https() {
    let good = ["http://127.0.0.1:8000/push", "https://app.example.test", "http://[::1]/push?tenant=1"];
    let bad = ["", "app.example.test/push", "/push", "ftp://app.example.test/", "http://", "mailto:a@example.test"];

    let of = |url: &str| Settings::new(Form { url: url.to_owned(), ..form() }).map(|_| ());

    assert_eq!(good.map(of), [const { Ok(()) }; 3]);
    assert_eq!(bad.map(of), [(); 6].map(|()| Err(vec![Mistake::Url])));
}

#[test]
fn a_token_is_3_to_32_letters_digits_dashes_and_underscores() {
    let (longest, longer) = ("a".repeat(32), "a".repeat(33));

    let of = |token: &str| Settings::new(Form { token: token.to_owned(), ..form() }).map(|_| ());

    assert_eq!(["abc", "A1b", "a_-b", &longest].map(of), [const { Ok(()) }; 4]);
    assert_eq!(["", "ab", &longer, "a b", "兰心吗"].map(of), [(); 5].map(|()| Err(vec![Mistake::Token])));
}

#[test]
fn only_plain_mode_needs_no_key() {
    let modes = [Mode::Plain, Mode::Compatible, Mode::Secure];

    let settings = modes.map(|mode| Settings::new(Form { mode, aes_key: None, ..form() }).map(|_| ()));

    let missing = || Err(vec![Mistake::NoAesKey]);
    assert_eq!(settings, [Ok(()), missing(), missing()]);
    assert_eq!(Mistake::NoAesKey.to_string(), "aes_key is required except in plain mode");
}

#[test]
fn neither_token_nor_key_prints() {
    let form = form();

    let printed = format!("{form:?} {:?}", Settings::new(form.clone()).unwrap());

    assert!(printed.contains("/push") && !printed.contains(TOKEN) && !printed.contains(AES_KEY), "{printed}");
}
