//! The configuration: every mistake is reported at once, no secret is shown, and production is strict.

use api::config::{self, Config, Mistake, Source};
use api::error::Language;
use api::service::Parts;
use api::{App, clock};
use domain::AppName;

fn source(demo: bool, overrides: toml::Table) -> Source {
    Source { demo, overrides, ..Source::default() }
}

fn mistakes(demo: bool, overrides: toml::Table) -> Vec<String> {
    let error = Parts::load(&source(demo, overrides), providers::builtin::ALL).expect_err("mistakes");
    error.mistakes.iter().map(said).collect()
}

fn demo() -> Config {
    config::load(&source(true, toml::Table::new())).expect("the demo is valid")
}

#[test]
fn a_pooler_of_transactions_is_for_postgresql() {
    let of = |url: &str| {
        let settings = toml::toml! { [database] pooler = "transaction" };
        let mut settings: toml::Table = settings;
        settings["database"].as_table_mut().expect("a table").insert("url".to_owned(), url.into());
        config::load(&source(true, settings)).map_err(|error| error.mistakes.iter().map(said).collect::<Vec<_>>())
    };

    for url in ["sqlite://guiyi.db", "mysql://a@b/c"] {
        let refused = of(url).expect_err("a mistake");
        assert_eq!(refused, ["database.pooler: `transaction` is for PostgreSQL only"], "{url}");
    }
    assert!(of("postgres://a@b/c").is_ok());
}

#[test]
fn the_defaults_and_the_demo_are_sound() {
    let defaults = config::load(&source(false, toml::Table::new())).expect("the defaults are valid");

    assert_eq!((defaults.apps.len(), defaults.public_url().as_str()), (0, "http://127.0.0.1:8000"));
    let parts = App::builder(demo()).check().expect("the demo is valid");
    let names: Vec<_> = parts.apps.all().iter().map(|app| app.name.as_str()).collect();
    assert_eq!(names, ["shop", "club", "outlet", "site", "app", "mini"]);
}

#[test]
fn the_demos_apps_are_the_sandboxs_apps() {
    let sandbox = sandbox::Sandbox::from_toml(sandbox::DEMO).expect("the seed is valid");
    let config = demo();

    for app in sandbox.apps() {
        let name: AppName = app.name.parse().expect("a name");
        let ours = config.apps.iter().find(|ours| ours.name == name).expect("the same app");
        let value = |key: &str| ours.provider.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        assert_eq!(ours.kind, app.kind.as_str());
        assert_eq!(value("app_id"), Some(app.app_id));
        assert_eq!(value("app_secret"), Some(app.secret));
        assert_eq!(value("union_scope"), app.union_scope);
    }
}

#[test]
fn the_demos_orders_hang_on_the_sandboxs_open_ids() {
    let sandbox = sandbox::Sandbox::from_toml(sandbox::DEMO).expect("the seed is valid");
    let known: Vec<_> = ["shop", "club", "outlet"]
        .iter()
        .flat_map(|app| sandbox.people().into_iter().map(move |person| (*app, person.id)))
        .filter_map(|(app, person)| Some((app.to_owned(), sandbox.open_id(app, &person)?)))
        .collect();

    for line in include_str!("../demo/orders.jsonl").lines() {
        let order: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| order[key].as_str().expect(key).to_owned();
        assert!(known.contains(&(text("app"), text("openId"))), "{line}");
    }
}

#[test]
fn a_body_has_a_limit_whatever_the_configuration_says() {
    let overrides = toml::toml! { http = { body_limit_kib = 4097, orders_body_limit_kib = 16385 } };

    let found = mistakes(true, overrides);

    let expected = ["http.body_limit_kib: must be at most 4096", "http.orders_body_limit_kib: must be at most 16384"];
    assert_eq!(found, expected);
}

#[test]
fn every_mistake_is_named_with_its_path() {
    let overrides = toml::toml! {
        mode = "prod"
        default_app = "nowhere"
        surprise = 1
        [http]
        listen = "here"
        body_limit_kib = -1
        port = 80
        [database]
        url = { env = "GUIYI_TEST_A_VARIABLE_THAT_IS_NOT_SET" }
        [tokens]
        access_minutes = "many"
        [log]
        format = "xml"
        [[apps]]
        name = "a b"
        kind = "wechat-mobile"
        [[apps]]
        kind = "wechat-mobile"
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r"
    database.url: the environment variable GUIYI_TEST_A_VARIABLE_THAT_IS_NOT_SET is not set
    mode: unknown value `prod`, expected one of: development, production; did you mean `production`?
    apps[0].name: the app name contains a character that is not allowed
    apps[1].name: is missing
    http.body_limit_kib: invalid value: integer, expected u32
    http.listen: invalid socket address syntax
    http.port: unknown key `port`; known keys: listen, public_url, allowed_origins, client_address, trusted_hops, body_limit_kib, orders_body_limit_kib, request_timeout_seconds, drain_seconds, shutdown_seconds, connections, sockets
    tokens.access_minutes: invalid type: string, expected u32
    log.format: unknown value `xml`, expected one of: text, json
    surprise: is not a setting
    default_app: there is no app named `nowhere`; a mistake in [[apps]] may be the reason
    tokens.secret_keys: production needs a key, the same on every replica
    http.public_url: production needs an https address
    apps[0].app_id: is missing
    apps[0].app_secret: is missing
    apps[1].app_id: is missing
    apps[1].app_secret: is missing
    ");
}

/// A mistake does not hide another one: neither in the same key nor in a setting that depends on it.
#[test]
fn one_run_names_the_mistakes_that_others_could_hide() {
    let overrides = toml::toml! {
        mode = "prod"
        default_app = "nowhere"
        surpise = "${SURPRISE}"
        [http]
        public_url = "http://id.example.com"
        [sms]
        provider = "${SMS_PROVIDER}"
        sender = "${X}"
        [[apps]]
        name = "shop"
        title = 7
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
        app_secrt = "${SHOP_SECRET}"
    };
    let environment = vec![("GUIYI_SHOP_PORT_OF_CALL".to_owned(), "x".into())];
    let source = Source { environment, ..source(false, overrides) };

    let error = Parts::load(&source, providers::builtin::ALL).expect_err("mistakes");

    insta::assert_snapshot!(error.in_language(Language::En), @r#"
    the configuration has 13 mistake(s):
      apps[0].app_secrt: `${SHOP_SECRET}` is not replaced by the variable; write { env = "SHOP_SECRET" }
      sms.provider: `${SMS_PROVIDER}` is not replaced by the variable; write { env = "SMS_PROVIDER" }
      sms.sender: `${X}` is not replaced by the variable; write { env = "X" }
      surpise: `${SURPRISE}` is not replaced by the variable; write { env = "SURPRISE" }
      mode: unknown value `prod`, expected one of: development, production; did you mean `production`?
      apps[0].title: invalid type: integer, expected a string; a text is written in quotes: title = "…"
      sms.provider: unknown key `provider`; known keys: sender, language, signature, notices, budget, aliyun, tencent, huawei, http
      surpise: is not a setting
      default_app: there is no app named `nowhere`; a mistake in [[apps]] may be the reason
      tokens.secret_keys: production needs a key, the same on every replica
      http.public_url: production needs an https address
      apps[0].app_secrt: unknown key `app_secrt`; known keys: app_id, app_secret, union_scope, open_url, api_url; did you mean `app_secret`?
      apps[0].app_secret: is missing
    warning: GUIYI_SHOP_PORT_OF_CALL: is not a setting, and nothing refers to it
    "#);
    assert!(error.in_language(Language::ZhCn).contains("\n警告：GUIYI_SHOP_PORT_OF_CALL："));
}

#[test]
fn the_mistakes_of_all_apps_are_named_with_their_paths() {
    let overrides = toml::toml! {
        default_app = ""
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
        union_scop = "hemu"
        [[apps]]
        name = "club"
        kind = "wechat"
        [[apps]]
        name = "outlet"
        kind = "wechat-website"
        app_id = "null"
        app_secret = "s"
        api_url = "http://api.weixin.qq.com"
        [[apps]]
        name = "mini"
        kind = "wechat-mini-program"
        app_id = "wx0000000000000002"
        app_secret = "s"
        [[apps]]
        name = "mini2"
        kind = "wechat-mini-program"
        app_id = "wx0000000000000002"
        app_secret = "s"
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r"
    apps[0].union_scop: unknown key `union_scop`; known keys: app_id, app_secret, union_scope, open_url, api_url; did you mean `union_scope`?
    apps[0].app_secret: is missing
    apps[1].kind: must be one of wechat-official-account, wechat-website, wechat-mobile, wechat-mini-program, wecom, oidc, github, google, microsoft, apple, douyin, douyin-mini-program, wechat-platform-official-account, wechat-platform-mini-program, wecom-customer, wecom-third-party, feishu, dingtalk, alipay, qq, weibo, line, baidu
    apps[2].app_id: the app id is a placeholder for no value
    apps[2].api_url: must be https; plain http is possible only to this machine
    apps[4].app_id: apps[3] has the same id
    ");
}

#[test]
fn production_refuses_what_is_for_trying_out() {
    let found = mistakes(true, toml::toml! { mode = "production" });

    insta::assert_snapshot!(found.join("\n"), @r"
    console.demo_operators: anyone may be such an operator: not allowed in production
    tokens.secret_keys: the demo company's key is public
    sandbox.enabled: the sandbox proves no identity: not allowed in production
    http.public_url: production needs an https address
    ");
    let logged = toml::toml! {
        mode = "production"
        [sms]
        sender = "log"
    };
    insta::assert_snapshot!(mistakes(false, logged).join("\n"), @r"
    tokens.secret_keys: production needs a key, the same on every replica
    sms.sender: others can read codes in the log: not allowed in production
    http.public_url: production needs an https address
    ");
}

/// Loads a production configuration that is valid except for `section`.
fn in_production(section: &str) -> Result<Parts, Vec<String>> {
    let text = format!(
        r#"
        mode = "production"
        http.public_url = "https://id.example.com"
        tokens.secret_keys = ["planted-key-planted-key-planted-key"]
        {section}
        "#
    );
    let loaded = Parts::load(&source(false, toml::from_str(&text).expect("TOML")), providers::builtin::ALL);
    loaded.map_err(|error| error.mistakes.iter().map(said).collect())
}

/// Returns the mistake in English, and checks that it is also reported in Chinese.
fn said(mistake: &Mistake) -> String {
    let chinese = [Some(&mistake.said), mistake.expected.as_ref()].into_iter().flatten();
    for text in chinese.map(|text| text.in_language(Language::ZhCn)) {
        assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "no Chinese: {text}");
    }
    mistake.to_string()
}

const GATEWAY: &str = r#"
    sms.sender = "http"
    sms.http = { url = "https://sms.example.com/", fields = { to = "{number}", text = "{text}" } }
"#;

#[test]
fn production_refuses_limits_that_are_none() {
    let absurd = "
        [phone]
        fresh_login_minutes = 1000000
        fresh_number_days = 10000
        code_minutes = 1440
        resend_seconds = 0
        codes_per_number = 1000000
        codes_per_account = 1000000
        codes_per_device = 1000000
        codes_per_address = 0
        codes_per_app = 0
        tries_per_code = 1000000
        tries_per_device = 1000000
        tries_per_number = 1000000
    ";

    insta::assert_snapshot!(in_production(absurd).expect_err("mistakes").join("\n"), @r"
    phone.fresh_login_minutes: must be 1 to 60 in production: a login that can merge accounts must be recent
    phone.fresh_number_days: must be 1 to 365 in production: carriers reassign a cancelled number after 90 days
    phone.code_minutes: must be 1 to 10 in production: NIST SP 800-63B-4 limits the life of a code to ten minutes
    phone.resend_seconds: must be 30 to 3600 in production: more frequent codes harass the recipient and cost money
    phone.codes_per_number: must be 1 to 30 in production: more is never needed, and harasses the number's owner
    phone.codes_per_account: must be 1 to 100 in production: a higher limit allows SMS pumping
    phone.codes_per_device: must be 1 to 100 in production: a higher limit allows SMS pumping
    phone.codes_per_address: must be 1 to 10000 in production: without a limit one network can use up the budget
    phone.codes_per_app: must be 1 to 10000000 in production: without a limit one app can use up the budget
    phone.tries_per_code: must be 1 to 10 in production: a code has six digits, and every try guesses one of a million
    phone.tries_per_device: must be 1 to 50 in production: a code has six digits, and every try guesses one of a million
    phone.tries_per_number: must be 1 to 100 in production: a code has six digits, and every try guesses one of a million
    ");
    let in_development = config::load(&source(false, toml::from_str(absurd).expect("TOML")));
    assert!(in_development.is_ok());
    assert!(in_production("").is_ok());
}

#[test]
fn production_wants_a_budget_where_messages_cost_something() {
    let without = in_production(GATEWAY).expect_err("a mistake");

    assert_eq!(
        without,
        ["sms.budget.daily_cents: production needs a budget: without one, attackers decide what SMS cost"]
    );
    assert!(in_production(&format!("{GATEWAY}\nsms.budget.daily_cents = 100000")).is_ok());
}

#[test]
fn production_wants_a_human_check_before_the_code_of_a_login() {
    let with = |more: &str| in_production(&format!("{GATEWAY}\nsms.budget.daily_cents = 100000\n{more}"));
    let captcha = r#"human_check = { kind = "http", url = "https://captcha.example.com/siteverify", secret = "s" }"#;

    for login in ["existing", "open"] {
        let login = format!("phone.login = \"{login}\"");
        let refused = with(&login).expect_err("a mistake");
        let said =
            "phone.login: production needs [human_check]: anyone can request the code of a login, and it costs money";
        assert_eq!(refused, [said]);
        assert!(with(&format!("{login}\n{captcha}")).is_ok());
        assert!(with(&format!("{login}\nphone.login_without_human_check = true")).is_ok());
    }
    assert!(with("phone.login = \"off\"").is_ok());
}

#[test]
fn messages_that_cost_money_without_a_human_check_are_a_warning() {
    let with = |more: &str| {
        let parts = in_production(&format!("{GATEWAY}\nsms.budget.daily_cents = 100000\n{more}")).expect("sound");
        parts.warnings().iter().map(|warning| warning.path.clone()).collect::<Vec<_>>()
    };

    assert_eq!(with(""), ["human_check.kind"]);
    let captcha = r#"human_check = { kind = "http", url = "https://captcha.example.com/siteverify", secret = "s" }"#;
    assert_eq!(with(captcha), [""; 0]);
    assert_eq!(in_production("").expect("sound").warnings(), []);
}

#[test]
fn groups_of_operators_need_an_app_that_tells_them() {
    let settings = |role: &str, claim: &str| -> toml::Table {
        let app = "name = 'staff', kind = 'oidc', issuer = 'https://id.example.com', client_id = 'guiyi', client_secret = 's3cret'";
        let text =
            format!("apps = [{{ {app}{claim} }}]\n[console]\napps = ['staff']\n[console.groups]\nsupport = '{role}'");
        text.parse().expect("TOML")
    };
    let claim = ", groups_claim = 'groups'";

    let untold = "console.groups: no app of console.apps tells groups; set groups_claim in its [[apps]]";
    assert_eq!(mistakes(false, settings("agent", "")), [untold]);
    let unknown = mistakes(false, settings("boss", claim));
    assert!(unknown.len() == 1 && unknown[0].starts_with("console.groups.support: "), "{unknown:?}");
    let blank = mistakes(false, settings("agent", ", groups_claim = ' '"));
    assert_eq!(blank, ["apps[0].groups_claim: must not be blank"]);
}

#[test]
fn where_sms_are_sent_to_and_who_tells_people_from_programs_is_checked() {
    let wrong = toml::toml! {
        [phone]
        countries = ["CN", "China"]
        prefixes_without_sms = ["+861349", "1349", "+", "+86x"]
        [human_check]
        kind = "http"
        url = "http://captcha.example.com/siteverify"
        min_score = 1.5
        timeout_seconds = 60
    };

    insta::assert_snapshot!(mistakes(false, wrong).join("\n"), @r"
    phone.countries: an entry is not the code of a country with phone numbers, such as CN (ISO 3166-1 alpha-2)
    phone.prefixes_without_sms[1]: is not the beginning of a number with its country code, such as +861349
    phone.prefixes_without_sms[2]: is not the beginning of a number with its country code, such as +861349
    phone.prefixes_without_sms[3]: is not the beginning of a number with its country code, such as +861349
    human_check.url: must be https; plain http is possible only to this machine
    human_check.secret: is missing
    human_check.min_score: must be 0 to 1
    human_check.timeout_seconds: must be 1 to 10
    ");
    let empty = toml::toml! {
        phone.countries = []
        human_check.kind = "http"
    };
    insta::assert_snapshot!(mistakes(false, empty).join("\n"), @r#"
    phone.countries: is empty, so no code can be sent; for that use sms.sender = "none"
    human_check.url: is missing
    human_check.secret: is missing
    "#);
}

#[test]
fn where_pictures_are_stored_is_checked() {
    let wrong = toml::toml! {
        pictures = { store = "s3", limit_kib = 20_000, decoders = 0, s3 = {
            endpoint = "http://s3.example.com", bucket = "Shop_Pictures", prefix = "/a?" } }
    };

    insta::assert_snapshot!(mistakes(false, wrong).join("\n"), @r"
    pictures.limit_kib: must be 1 to 16384
    pictures.decoders: must be 1 to 64
    pictures.s3.endpoint: must be https; plain http is possible only to this machine
    pictures.s3.region: is missing
    pictures.s3.access_key_id: is missing
    pictures.s3.bucket: must have 3 to 63 characters of a-z, 0-9, `.` and `-`
    pictures.s3.secret_access_key: is missing
    pictures.s3.prefix: must be up to 128 of A-Z, a-z, 0-9, `-`, `_`, `.` and `/`, and not begin with `/`
    ");
    let nowhere = toml::toml! { pictures.store = "s3" };
    assert_eq!(mistakes(false, nowhere)[0], "pictures.s3.endpoint: is missing");
    for (folder, mistake) in [("", "is missing"), ("/nowhere/at/all", "is not a folder that exists")] {
        let folder = toml::toml! { pictures = { store = "folder", folder = folder } };
        assert_eq!(mistakes(false, folder), [format!("pictures.folder: {mistake}")]);
    }
}

#[test]
fn a_secret_may_stand_in_a_file_and_no_secret_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "planted-app-secret\n").expect("a file");
    let mut overrides = toml::toml! {
        [database]
        url = "postgres://guiyi:planted-password@db/guiyi"
        [tokens]
        secret_keys = ["planted-key-planted-key-planted-key"]
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
    };
    let app = overrides["apps"][0].as_table_mut().expect("an app");
    app.insert("app_secret".to_owned(), toml::toml! { file = (file.display().to_string()) }.into());

    let config = config::load(&source(false, overrides)).expect("sound");

    assert_eq!(config.apps[0].provider["app_secret"].as_str(), Some("planted-app-secret"));
    let parts = App::builder(config.clone()).with_clock(clock::Clock::default()).check().expect("sound");
    let shown = format!("{config:?} {parts:?}");
    assert!(!shown.contains("planted"), "{shown}");
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let overrides = toml::toml! {
        mode = "planted-1, expected"
        [tokens]
        secret_keys = "planted-2"
        audience = 1
        access_minutes = "planted-3\", expected \"planted-4"
        [[apps]]
        name = "shop"
        kind = "wechat-mobile"
        app_secret = ["planted-5"]
        return_to = "planted-6"
    };

    let found = mistakes(false, overrides);

    assert_eq!(found.len(), 7, "{found:#?}");
    let repeated: Vec<_> =
        found.iter().filter(|mistake| mistake.contains("planted") && !mistake.starts_with("mode")).collect();
    assert!(repeated.is_empty(), "{repeated:#?}");
}

#[test]
fn a_mistake_in_the_file_is_told_by_its_line_and_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("guiyi.toml");
    for broken in ["[tokens]\nsecret_keys = [\"planted-1\" \"planted-2\"]\n", "[tokens]\nsecret_keys = [\"planted-3]\n"]
    {
        std::fs::write(&file, broken).expect("a file");

        let error = config::load(&Source { file: Some(file.clone()), ..Source::default() }).expect_err("a mistake");

        let text = error.to_string();
        assert!(text.contains("guiyi.toml:2") && !text.contains("planted"), "{text}");
    }
}

#[test]
fn a_number_in_the_place_of_a_secret_is_not_repeated_and_zeros_are_refused() {
    let overrides = toml::toml! {
        default_app = ""
        [http]
        request_timeout_seconds = 0
        [tokens]
        audience = " "
        [database]
        url = "postgress://guiyi:planted@db/guiyi"
        [log]
        filter = "info,a=b=c"
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
        app_secret = 314_159_265
        return_to = ["javascript:alert(1)", "//evil.example"]
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r#"
    tokens.audience: is empty
    http.request_timeout_seconds: must be at least 1
    database.url: must begin with sqlite:, postgres:, mysql: or mariadb:
    log.filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
    apps[0].return_to[0]: is neither a web address nor a path; such as https://shop.example.com/signed-in, or /signed-in below http.public_url
    apps[0].return_to[1]: is neither a web address nor a path; such as https://shop.example.com/signed-in, or /signed-in below http.public_url
    apps[0].app_secret: invalid type: integer, expected a string; a text is written in quotes: app_secret = "…"
    "#);
}

#[test]
fn every_mistake_in_the_keys_that_all_apps_have_is_named() {
    let overrides = toml::toml! {
        default_app = ""
        [[apps]]
        title = 1
        kind = ["x"]
        return_to = "https://shop.example.com/"
        state = "maybe"
        js_pages = ["https://shop.example.com/", "https://shop.example.com", "http://shop.example.com/", "https://shop.example.com/?x"]
        [[apps.files]]
        name = "../x.txt"
        content = ""
        [[apps.files]]
        path = "y.txt"
        content = "\u{feff}y"
        [[apps.files]]
        name = "playground/x.txt"
        content = "x\u{200b}"
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r#"
    apps[0].kind: invalid type: sequence, expected a string
    apps[0].return_to: invalid type: string, expected a sequence
    apps[0].state: unknown value `maybe`, expected one of: required, optional, bound
    apps[0].title: invalid type: integer, expected a string; a text is written in quotes: title = "…"
    apps[0].name: is missing
    apps[0].js_pages[1]: is not the address of a page, such as https://shop.example.com/
    apps[0].js_pages[2]: must be https; plain http is possible only to this machine
    apps[0].js_pages[3]: must have no query and no fragment
    apps[0].files[0].name: must consist of letters, digits, `_`, `-` and `.`, with single slashes between and no `..`
    apps[0].files[0].content: is empty
    apps[0].files[1].path: unknown key `path`; known keys: name, content
    apps[0].files[1].name: is missing
    apps[0].files[1].content: has a character that is not printable ASCII or the end of a line
    apps[0].files[2].name: lies below a path of the service
    apps[0].files[2].content: has a character that is not printable ASCII or the end of a line
    "#);
}

#[test]
fn every_mistake_in_the_settings_of_pushes_is_named_and_no_secret_is_shown() {
    let overrides = toml::toml! {
        default_app = ""
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
        app_secret = "s"
        [apps.push]
        token = "a token with spaces"
        aes_keys = ["secret-that-is-too-short", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"]
        relay_to = "http://crm.example.com/wechat"
        relay = "some"
        passed_on_secret = "whsec_secret"
        mode = "secure"
        [[apps]]
        name = "developers"
        kind = "github"
        client_id = "c"
        client_secret = "s"
        push = { token = "sandboxtoken01" }
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @"
    apps[0].push.mode: unknown key `mode`; known keys: token, aes_keys, check_senders, passed_on_secret, relay_to, relay, relay_also, relay_never
    apps[0].push.relay: unknown value `some`, expected one of: others, all
    apps[0].push.token: must be the token of the push settings: 3 to 32 letters and digits
    apps[0].push.aes_keys[0]: must be an EncodingAESKey: 43 characters of base64
    apps[0].push.passed_on_secret: must be whsec_ and the base64 of 24 to 64 bytes
    apps[0].push.relay_to: must be an https address; plain http is possible only within your own network
    apps[1].push: apps of this kind are sent no pushes
    ");
}

#[test]
fn a_receiver_of_ones_own_is_reached_by_https_or_within_the_network() {
    let is_accepted = |to: &str| {
        let mut overrides = toml::toml! {
            default_app = ""
            [[apps]]
            name = "shop"
            kind = "wechat-official-account"
            app_id = "wx0000000000000001"
            app_secret = "s"
            push = { token = "sandboxtoken01", aes_keys = ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"] }
        };
        overrides["apps"][0]["push"].as_table_mut().expect("a table").insert("relay_to".to_owned(), to.into());
        Parts::load(&source(false, overrides), providers::builtin::ALL).is_ok()
    };

    for to in [
        "https://crm.example.com/wechat?x=1",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "http://10.0.0.7/wechat",
        "http://192.168.1.1/",
        "http://[fd00::1]/",
        "http://crm:8080/wechat",
        "http://crm.internal/",
    ] {
        assert!(is_accepted(to), "{to}");
    }
    for to in ["http://crm.example.com/", "http://203.0.113.7/", "http://[2001:db8::1]/", "ftp://crm/", "crm", ""] {
        assert!(!is_accepted(to), "{to}");
    }
}

#[test]
fn a_host_apps_logins_have_no_state_to_be_required() {
    let mini = |state: &str| {
        let mut overrides = toml::toml! {
            default_app = ""
            [[apps]]
            name = "mini"
            kind = "wechat-mini-program"
            app_id = "wx0000000000000002"
            app_secret = "s"
        };
        overrides["apps"][0].as_table_mut().expect("an app").insert("state".to_owned(), state.into());
        Parts::load(&source(false, overrides), providers::builtin::ALL)
            .map(|_| ())
            .map_err(|error| error.mistakes.len())
    };

    assert_eq!(["optional", "required", "bound"].map(mini), [Ok(()), Err(1), Err(1)]);
}

#[test]
fn a_domain_file_has_a_plain_name_and_plain_content() {
    let files = [
        ("MP_verify_x.txt", true),
        ("wx/MP_verify_x.txt", true),
        ("a-b_c.1/d.txt", true),
        (".well-known/security.txt", true),
        ("/x.txt", false),
        ("x.html", false),
        ("x.TXT", false),
        ("a//x.txt", false),
        ("a/./x.txt", false),
        ("a/../x.txt", false),
        ("a..txt", false),
        ("{x}.txt", false),
        ("*.txt", false),
        ("x%20y.txt", false),
        ("graphql/x.txt", false),
        ("", false),
    ];

    for (name, is_sound) in files {
        assert_eq!(name.parse::<config::FileName>().is_ok(), is_sound, "{name}");
    }
    for (content, is_sound) in [
        ("x".repeat(4096), true),
        ("x".repeat(4097), false),
        ("a line\r\nanother\n".to_owned(), true),
        ("a\tb".to_owned(), false),
        ("茶".to_owned(), false),
        ("\0".to_owned(), false),
    ] {
        assert_eq!(content.parse::<config::FileContent>().is_ok(), is_sound, "{content:?}");
    }
}

#[test]
fn one_file_has_one_content_whichever_app_it_is_for() {
    let mut overrides = toml::toml! {
        default_app = ""
        [[apps]]
        name = "shop"
        kind = "wechat-mobile"
        app_id = "wx0000000000000001"
        app_secret = "s"
        files = [{ name = "a.txt", content = "a" }, { name = "b.txt", content = "b" }]
        [[apps]]
        name = "club"
        kind = "wechat-mobile"
        app_id = "wx0000000000000002"
        app_secret = "s"
        files = [{ name = "c.txt", content = "c" }, { name = "b.txt", content = "B" }, { name = "a.txt", content = "a" }]
    };

    assert_eq!(
        mistakes(false, overrides.clone()),
        ["apps[1].files[1].name: another file has the same name and other content"]
    );
    overrides["apps"][1]["files"][1]["content"] = "b".into();
    assert!(config::load(&source(false, overrides)).is_ok());
}

#[test]
fn in_production_no_issuer_is_on_this_machine_however_it_is_written() {
    for issuer in [
        "https://localhost",
        "https://localhost./",
        "https://id.localhost/",
        "https://127.1/",
        "https://2130706433/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "http://127.0.0.1:9000",
    ] {
        let app = format!(
            "[[apps]]\nname = \"staff\"\nkind = \"oidc\"\nclient_id = \"guiyi\"\npublic = true\nissuer = \"{issuer}\""
        );

        let found = in_production(&app).expect_err("a mistake");

        assert_eq!(found, ["apps[0].issuer: is an address of this machine: not allowed in production"], "{issuer}");
    }
    let plain = "[[apps]]\nname = \"staff\"\nkind = \"oidc\"\nclient_id = \"guiyi\"\npublic = true\nissuer = \"http://id.example.com\"";
    let found = in_production(plain).expect_err("a mistake");
    assert_eq!(found, ["apps[0].issuer: must be https; plain http is possible only to this machine"]);
}

#[test]
fn in_production_no_upstream_and_no_page_is_on_this_machine() {
    let overrides = toml::toml! {
        mode = "production"
        default_app = ""
        [http]
        public_url = "https://login.example.com"
        [tokens]
        secret_keys = ["a-key-of-this-test-a-key-of-this-test"]
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wx0000000000000001"
        api_url = "http://127.0.0.1:8001"
        open_url = "https://localhost:8001"
        js_pages = ["https://shop.example.com/", "http://127.0.0.1:3000/"]
    };

    let found = mistakes(false, overrides.clone());

    insta::assert_snapshot!(found.join("\n"), @r"
    apps[0].js_pages[1]: production needs an https address
    apps[0].api_url: is an address of this machine: not allowed in production
    apps[0].open_url: is an address of this machine: not allowed in production
    apps[0].app_secret: is missing
    ");
    let in_development = toml::Table::from_iter([("mode".to_owned(), "development".into())]);
    let found = mistakes(false, overrides.into_iter().chain(in_development).collect());
    assert_eq!(found, ["apps[0].app_secret: is missing"]);
}

#[test]
fn the_console_has_apps_that_there_are_times_within_limits_and_the_root_of_its_host() {
    let found = mistakes(
        true,
        toml::toml! {
            [http]
            public_url = "https://example.com/id"
            [console]
            apps = ["site", "staff"]
            session_hours = 25
            idle_minutes = 0
            [support]
            four_eyes = ["merge"]
            request_hours = 169
        },
    );

    insta::assert_snapshot!(found.join("\n"), @r"
    console.session_hours: must be 1 to 24
    console.idle_minutes: must be 1 to 1440
    support.request_hours: must be 1 to 168
    console.apps[1]: there is no app named `staff`
    http.public_url: has a path: the console needs the root of its host
    ");
    let unknown = toml::toml! { support = { four_eyes = ["merge", "everything"] } };
    let found = mistakes(false, unknown);
    assert!(found[0].starts_with("support.four_eyes[1]: ") && found.len() == 1, "{found:?}");
}

#[test]
fn the_metrics_have_an_address_of_their_own_or_none() {
    let nowhere = toml::toml! {
        [metrics]
        listen = ""
    };

    for (address, mistake) in [
        ("here", "metrics.listen: invalid socket address syntax"),
        ("127.0.0.1:8000", "metrics.listen: is where the API listens"),
    ] {
        let mut overrides = nowhere.clone();
        overrides["metrics"]["listen"] = address.into();
        assert_eq!(mistakes(false, overrides), [mistake]);
    }
    assert!(config::load(&source(false, nowhere)).is_ok());
}

#[test]
fn only_the_chosen_sms_sender_has_to_be_complete_and_every_mistake_in_it_is_named() {
    let overrides = toml::toml! {
        [sms]
        sender = "aliyun"
        signature = " "
        [sms.budget]
        price_cents = 7
        daily_cents = 5
        utc_offset_minutes = 900
        [sms.aliyun]
        endpoint = "http://dysmsapi.aliyuncs.com"
        access_key_secret = 1
        region = "cn-hangzhou"
        [sms.aliyun.templates]
        code = { id = "", params = { code = "{cod}" } }
        phone_left = { id = "SMS_1", params = { app = "{app}" } }
        phone_lost = { id = "SMS_2" }
        [sms.tencent]
        region = ""
        [line_check]
        checker = "aliyun"
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r#"
    sms.aliyun.access_key_secret: invalid type: integer, expected a string; a text is written in quotes: access_key_secret = "…"
    sms.aliyun.region: unknown key `region`; known keys: endpoint, access_key_id, access_key_secret, sign_name, templates
    sms.aliyun.templates.phone_lost: unknown key `phone_lost`; known keys: code, phone_changed, phone_left, accounts_merged, open_id_unlinked, open_id_linked, merge_undone, phone_unbound, phone_bound; did you mean `phone_left`?
    sms.budget.price_cents: must be at least 1, and at most the budget of a day
    sms.budget.utc_offset_minutes: must be -840 to 840
    sms.signature: is empty
    sms.aliyun.endpoint: must be https; plain http is possible only to this machine
    sms.aliyun.access_key_id: is missing
    sms.aliyun.sign_name: is missing
    sms.aliyun.templates.code.id: is missing
    sms.aliyun.templates.code.params.code: has an unknown placeholder: {cod}
    sms.aliyun.templates.code.params: has no {code}
    line_check.aliyun.access_key_id: is missing
    line_check.aliyun.access_key_secret: is missing
    line_check.aliyun.auth_code: is missing
    "#);
}

#[test]
fn a_sender_at_huawei_cloud_needs_its_application_channel_and_template() {
    let overrides = toml::toml! {
        [sms]
        sender = "huawei"
        [sms.huawei]
        app_key = "a, b"
        signature = "Hemu"
        [sms.huawei.templates]
        code = { id = "8ff55eac", params = ["{minutes}"] }
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r"
    sms.huawei.signature: unknown key `signature`; known keys: endpoint, app_key, app_secret, sender, notice_sender, sign_name, templates
    sms.huawei.sender: is missing
    sms.huawei.app_key: has characters that no key has
    sms.huawei.app_secret: is missing
    sms.huawei.templates.code.params: has no {code}
    ");
    let sound = toml::toml! {
        [sms]
        sender = "huawei"
        [sms.huawei]
        app_key = "c8RWg3ggEcyd4D3p94bf3Y7x1Ile"
        app_secret = "s"
        sender = "csms12345678"
        [sms.huawei.templates]
        code = { id = "8ff55eac", params = ["{code}"] }
    };
    assert!(config::load(&source(false, sound)).is_ok());
}

#[test]
fn a_gateway_needs_an_address_a_number_and_a_text() {
    let overrides = toml::toml! {
        [sms]
        sender = "http"
        [sms.http]
        success_pointer = "code"
        bearer = "a b"
        [sms.http.fields]
        mobile = "{phone}"
    };

    let found = mistakes(false, overrides);

    insta::assert_snapshot!(found.join("\n"), @r"
    sms.http.url: is missing
    sms.http.fields.mobile: has an unknown placeholder: {phone}
    sms.http.fields: has neither {number} nor {national}
    sms.http.success_pointer: is not a JSON pointer such as /code
    sms.http.bearer: has characters that no header has
    ");
}

#[test]
fn a_database_on_a_server_needs_a_secret() {
    let table = |text: &str| text.parse::<toml::Table>().expect("a table");
    let found = mistakes(false, table("[database]\nurl = \"postgres://guiyi@localhost/guiyi\""));

    let expected = "tokens.secret_keys: a database on a server needs a key: phone numbers are encrypted with it, and it must be the \
                    same at every start";
    assert_eq!(found, [expected]);
}
