//! Baidu as an upstream that does everything wrong: each error word and number with its kind, refusals in the other
//! format and to the other request, ids of earlier years, and pictures at other addresses.

use providers::ErrorKind::{
    self, CodeRejected, ConsentRequired, Misconfigured, RateLimited, Unavailable, UnexpectedAnswer,
};

use crate::upstream::{CODE, Vendor, exchange, refusal};

/// Returns the error of a login whose profile request is answered with this body.
async fn refusal_of_the_person(body: &str) -> providers::ProviderError {
    let body = body.to_owned();
    let (provider, upstream) =
        Vendor::BAIDU.serve(|_| (), move |good| if good.contains("openid") { body.clone() } else { good }).await;
    let error = exchange(&provider).await.expect_err("a refusal");
    assert_eq!(upstream.calls().len(), 2, "no request is retried");
    error
}

#[tokio::test]
async fn both_requests_are_as_documented_and_the_portrait_becomes_an_address() {
    let (provider, upstream) = Vendor::BAIDU.serve(|_| (), |good| good).await;

    let proof = exchange(&provider).await.expect("a proof");

    let back = "https%3A%2F%2Fshop.example.com%2Fback%3Ffrom%3Da+b";
    let query = "grant_type=authorization_code&client_id=app-1&client_secret=s3cret-of-the-app";
    let expected = [
        format!("GET /oauth/2.0/token?{query}&code={CODE}&redirect_uri={back} []"),
        "GET /rest/2.0/passport/users/getInfo?access_token=t0ken-of-this-login&get_unionid=1 []".to_owned(),
    ];
    assert_eq!(upstream.calls(), expected);
    let picture = "https://himg.bdimg.com/sys/portrait/item/e2c1776c";
    assert_eq!(proof.profile, domain::Profile::new("Lan", picture));
}

#[tokio::test]
async fn every_word_has_its_kind_with_any_status() {
    let kinds: [(ErrorKind, &[&str]); 3] = [
        (CodeRejected, &["invalid_grant"]),
        (Misconfigured, &["invalid_client", "unauthorized_client", "invalid_scope", "redirect_uri_mismatch"]),
        (UnexpectedAnswer, &["expired_token", "invalid_request", "unsupported_grant_type", "INVALID_GRANT", "moon"]),
    ];
    for (kind, words) in kinds {
        for (word, status) in words.iter().flat_map(|word| [200, 400, 401, 403].map(|status| (word, status))) {
            let body = format!(r#"{{"error":"{word}","error_description":"words of it"}}"#);

            let error = refusal(&Vendor::BAIDU, status, &body).await;

            assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{status} {word}");
            assert_eq!(error.detail, format!("Baidu answered {word}: words of it"));
        }
    }
}

#[tokio::test]
async fn every_number_has_its_kind_at_both_requests_as_a_number_and_as_a_text() {
    let kinds: [(ErrorKind, &[i64]); 6] = [
        (CodeRejected, &[110, 111]),
        (ConsentRequired, &[6]),
        (RateLimited, &[4, 17, 18, 19]),
        (Unavailable, &[1, 2]),
        (Misconfigured, &[5, 101]),
        (UnexpectedAnswer, &[3, 7, 100, 104, 210, -1, 336_000]),
    ];
    for (kind, numbers) in kinds {
        for number in numbers {
            for written in [number.to_string(), format!("\"{number}\"")] {
                let body = format!(r#"{{"error_code":{written},"error_msg":"words of it"}}"#);

                for error in [refusal(&Vendor::BAIDU, 200, &body).await, refusal_of_the_person(&body).await] {
                    assert_eq!((error.kind, error.code_is_unspent()), (kind, false), "{written}: {error}");
                    assert_eq!(error.detail, format!("Baidu answered {number}: words of it"));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_that_cannot_be_read_blames_no_person() {
    for number in ["1e400", "9223372036854775808", "true", "[]", "{}", "\"moon\"", "1.5"] {
        let body = format!(r#"{{"error_code":{number},"error_msg":"words of it"}}"#);

        for error in [refusal(&Vendor::BAIDU, 200, &body).await, refusal_of_the_person(&body).await] {
            assert_eq!((error.kind, error.code_is_unspent()), (UnexpectedAnswer, false), "{number}: {error}");
        }
    }
}

#[tokio::test]
async fn a_refusal_counts_even_beside_a_result_and_zero_is_none() {
    let both = r#"{"access_token":"t0ken-of-this-login","error":"invalid_grant"}"#;
    assert_eq!(refusal(&Vendor::BAIDU, 200, both).await.kind, CodeRejected);
    let both = r#"{"openid":"o-1","unionid":"U-1","error_code":"110","error_msg":"words of it"}"#;
    assert_eq!(refusal_of_the_person(both).await.kind, CodeRejected);

    for none in
        [r#""error_code":0,"#, r#""error_code":"0","#, r#""error_code":null,"#, r#""error":"","#, r#""error":null,"#]
    {
        let (provider, _) = Vendor::BAIDU.serve(|_| (), |good| good.replacen('{', &format!("{{{none}"), 1)).await;

        let proof = exchange(&provider).await.unwrap_or_else(|error| panic!("{none}: {error}"));

        assert_eq!(proof.key.open_id.as_str(), "o-1", "{none}");
    }
}

#[tokio::test]
async fn the_code_and_any_other_code_in_the_words_are_not_repeated() {
    for code in [CODE, "ANXxSNjwQDugOnqeikRMu2bKaXCdlLxn"] {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"Invalid authorization code: {code}"}}"#);

        let error = refusal(&Vendor::BAIDU, 400, &body).await;

        assert_eq!(error.detail, "Baidu answered invalid_grant: Invalid authorization code: …");
    }
    let error = refusal_of_the_person(r#"{"error_code":110,"error_msg":"token t0ken-of-this-login"}"#).await;
    assert_eq!(error.detail, "Baidu answered 110: token …");
}

#[tokio::test]
async fn an_id_of_earlier_years_is_no_openid() {
    for (body, wrong) in [
        (r#"{"userid":"2097322476","unionid":"U-1","username":"Lan"}"#, "`openid` is missing or empty"),
        (r#"{"openid":"","userid":"2097322476","unionid":"U-1"}"#, "`openid` is missing or empty"),
        (r#"{"openid":"o-1","userid":"2097322476"}"#, "`unionid` is missing or empty"),
        (r#"{"openid":2097322476,"unionid":"U-1"}"#, "`openid` is a number, not a text"),
        (r#"{"openid":"o-1","openid":"o-2","unionid":"U-1"}"#, "`openid`"),
        (r#"{"openid":"null","unionid":"U-1"}"#, "`openid` is not usable"),
        (r#"{"response":{"openid":"o-1","unionid":"U-1"}}"#, "`openid` is missing or empty"),
    ] {
        let error = refusal_of_the_person(body).await;

        assert_eq!((error.kind, error.code_is_unspent()), (UnexpectedAnswer, false), "{body}");
        assert!(error.detail.contains(wrong), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_picture_that_leads_elsewhere_is_none() {
    for portrait in ["../../x", "https://evil.example/x.png", "", "a b", "a#b", "%2e%2e", "\\\"><script>"] {
        let body = format!(r#"{{"openid":"o-1","unionid":"U-1","username":"t***e","portrait":"{portrait}"}}"#);
        let answer = move |good: String| if good.contains("openid") { body.clone() } else { good };
        let (provider, _) = Vendor::BAIDU.serve(|_| (), answer).await;

        let proof = exchange(&provider).await.expect("a proof");

        assert_eq!(proof.profile, domain::Profile::new("t***e", ""), "{portrait}");
    }
}

#[tokio::test]
async fn a_token_with_any_characters_arrives_as_it_is() {
    let token = "1.a&b=c#d e%2F+";
    let answer = move |good: String| good.replace("t0ken-of-this-login", token);
    let (provider, upstream) = Vendor::BAIDU.serve(|_| (), answer).await;

    exchange(&provider).await.expect("a proof");

    let call = upstream.calls()[1].clone();
    assert!(call.contains("?access_token=1.a%26b%3Dc%23d+e%252F%2B&get_unionid=1 "), "{call}");
}
