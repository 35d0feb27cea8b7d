//! The layers of the configuration: defaults, demo, file, environment, command line. Each overrides the previous ones.

use std::ffi::OsString;
use std::path::Path;

use api::config::{self, Config, Source};
use secrecy::ExposeSecret;
use tempfile::TempDir;

/// The layers, in their order.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Layer {
    Defaults,
    Demo,
    File,
    Environment,
    CommandLine,
}

use Layer::{CommandLine, Defaults, Demo, Environment, File};

/// The values a layer sets: a scalar, a list and a secret.
type Said = (String, Vec<String>, Vec<String>);

impl Layer {
    /// Returns the values of this layer in these tests.
    fn says(self) -> Said {
        let own = |name: &str| (name.to_owned(), vec![name.to_owned()], vec![key_of(name)]);
        match self {
            Defaults => (String::new(), vec![], vec![]),
            Demo => (
                "shop".to_owned(),
                ["shop", "club", "outlet", "site", "app", "mini"].map(str::to_owned).to_vec(),
                vec!["demo-key-of-the-demo-company-not-a-secret".to_owned()],
            ),
            File => own("filed"),
            Environment => own("exported"),
            CommandLine => own("typed"),
        }
    }

    fn put_into(self, source: &mut Source, folder: &Path) {
        let (name, _, keys) = self.says();
        let app = format!("[{{ name = '{name}', kind = 'wechat-mobile' }}]");
        match self {
            Defaults => {}
            Demo => source.demo = true,
            File => {
                let file = folder.join("guiyi.toml");
                let text = format!("default_app = '{name}'\napps = {app}\n[tokens]\nsecret_keys = ['{}']\n", keys[0]);
                std::fs::write(&file, text).expect("a file");
                source.file = Some(file);
            }
            Environment => {
                source.environment = variables(&[
                    ("GUIYI_DEFAULT_APP", &name),
                    ("GUIYI_APPS", &app),
                    ("GUIYI_TOKENS__SECRET_KEYS", &keys[0]),
                ]);
            }
            CommandLine => {
                source.arguments = vec![
                    format!("default_app={name}"),
                    format!("apps={app}"),
                    format!("tokens.secret_keys=['{}']", keys[0]),
                ];
            }
        }
    }
}

fn key_of(name: &str) -> String {
    format!("a-key-that-only-{name}-knows-and-nothing-else")
}

fn variables(given: &[(&str, &str)]) -> Vec<(String, OsString)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect()
}

fn said(config: &Config) -> Said {
    (
        config.default_app.as_ref().map(ToString::to_string).unwrap_or_default(),
        config.apps.iter().map(|app| app.name.to_string()).collect(),
        config.tokens.secret_keys.iter().map(|key| key.expose_secret().to_owned()).collect(),
    )
}

#[track_caller]
fn stands_above(upper: Layer, lower: Layer) {
    let folder = TempDir::new().expect("a folder");
    let mut source = Source::default();
    lower.put_into(&mut source, folder.path());
    assert_eq!(said(&config::load(&source).expect("sound")), lower.says(), "{lower:?} alone");

    upper.put_into(&mut source, folder.path());

    assert_eq!(said(&config::load(&source).expect("sound")), upper.says(), "{upper:?} above {lower:?}");
}

#[test]
fn the_demo_stands_above_the_defaults() {
    stands_above(Demo, Defaults);
}

#[test]
fn the_file_stands_above_the_defaults() {
    stands_above(File, Defaults);
}

#[test]
fn the_environment_stands_above_the_defaults() {
    stands_above(Environment, Defaults);
}

#[test]
fn the_command_line_stands_above_the_defaults() {
    stands_above(CommandLine, Defaults);
}

#[test]
fn the_file_stands_above_the_demo() {
    stands_above(File, Demo);
}

#[test]
fn the_environment_stands_above_the_demo() {
    stands_above(Environment, Demo);
}

#[test]
fn the_command_line_stands_above_the_demo() {
    stands_above(CommandLine, Demo);
}

#[test]
fn the_environment_stands_above_the_file() {
    stands_above(Environment, File);
}

#[test]
fn the_command_line_stands_above_the_file() {
    stands_above(CommandLine, File);
}

#[test]
fn the_command_line_stands_above_the_environment() {
    stands_above(CommandLine, Environment);
}

#[test]
fn an_embedding_program_stands_above_the_command_line() {
    let folder = TempDir::new().expect("a folder");
    let overrides = toml::toml! {
        default_app = ""
        apps = []
        [tokens]
        secret_keys = []
    };
    let mut source = Source { overrides, ..Source::default() };
    for layer in [Demo, File, Environment, CommandLine] {
        layer.put_into(&mut source, folder.path());
    }

    assert_eq!(said(&config::load(&source).expect("sound")), Defaults.says());
}

#[test]
fn a_layer_changes_nothing_that_it_does_not_name() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("guiyi.toml");
    std::fs::write(&file, "[http]\nbody_limit_kib = 7\nallowed_origins = ['https://a.example', 'https://b.example']\n")
        .expect("a file");
    let environment = variables(&[("GUIYI_HTTP__TRUSTED_HOPS", "2")]);
    let arguments = vec!["http.allowed_origins=https://c.example".to_owned()];

    let config =
        config::load(&Source { file: Some(file), environment, arguments, ..Source::default() }).expect("sound");

    let http = config.http;
    assert_eq!((http.body_limit_kib, http.trusted_hops, http.shutdown_seconds), (7, 2, 30));
    assert_eq!(http.allowed_origins, ["https://c.example"]);
}

#[test]
fn a_pointer_and_a_value_of_another_layer_are_not_mixed() {
    let folder = TempDir::new().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "sqlite://of-the-secret\n").expect("a file");
    let secret = secret.display();
    let to_file = format!("{{ file = '{secret}' }}");
    let written: [(&str, &str); 3] = [
        ("'sqlite://of-the-file'", "sqlite://of-the-file"),
        ("{ env = 'GUIYI_TEST_A_VARIABLE_THAT_IS_NOT_SET' }", ""),
        (&to_file, "sqlite://of-the-secret"),
    ];
    let exported: [(&str, &str); 2] =
        [("sqlite://exported", "sqlite://exported"), (&to_file, "sqlite://of-the-secret")];

    for (below, _) in written {
        let file = folder.path().join("guiyi.toml");
        std::fs::write(&file, format!("[database]\nurl = {below}\n")).expect("a file");
        for (above, expected) in exported {
            let environment = variables(&[("GUIYI_DATABASE__URL", above)]);
            let config = config::load(&Source { file: Some(file.clone()), environment, ..Source::default() });
            assert_eq!(config.expect("sound").database.url.expose_secret(), expected, "{above} above {below}");
        }
        let environment = variables(&[("GUIYI_DATABASE__URL__FILE", &secret.to_string())]);
        let config = config::load(&Source { file: Some(file), environment, ..Source::default() });
        assert_eq!(config.expect("sound").database.url.expose_secret(), "sqlite://of-the-secret", "above {below}");
    }
}

#[test]
fn a_pointer_in_the_file_stands_above_a_pointer_in_the_defaults_of_the_demo() {
    let folder = TempDir::new().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "the-key-in-the-secret-file-the-key-in-it").expect("a file");
    let file = folder.path().join("guiyi.toml");
    std::fs::write(&file, format!("[tokens]\nsecret_keys = [{{ file = '{}' }}]\n", secret.display())).expect("a file");

    let config = config::load(&Source { demo: true, file: Some(file), ..Source::default() }).expect("sound");

    let keys: Vec<_> = config.tokens.secret_keys.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(keys, ["the-key-in-the-secret-file-the-key-in-it"]);
}

#[test]
fn a_variable_has_the_type_of_its_setting() {
    let digits = "31415926535897932384626433832795";
    let environment = variables(&[
        ("GUIYI_MODE", "production"),
        ("GUIYI_HTTP__BODY_LIMIT_KIB", " 7 "),
        ("GUIYI_HTTP__PUBLIC_URL", "https://login.example.com"),
        ("GUIYI_HTTP__ALLOWED_ORIGINS", "['https://a.example', 'https://b.example']"),
        ("GUIYI_TOKENS__SECRET_KEYS", digits),
        ("GUIYI_TOKENS__AUDIENCE", "007"),
        ("GUIYI_PHONE__QUICK_CODE_BINDS", "false"),
        ("GUIYI_SMS__TENCENT__SDK_APP_ID", "1400006666"),
        ("GUIYI_SMS__TENCENT__TEMPLATES__CODE", "{ id = '1110', params = ['{code}', '{minutes}'] }"),
        ("GUIYI_SMS__HTTP__URL", "https://sms.example.com/send"),
        ("GUIYI_SMS__HTTP__FIELDS__MOBILE", "{national}"),
        ("GUIYI_SMS__HTTP__BEARER", "[1, 2]"),
    ]);

    let config = config::load(&Source { environment, ..Source::default() }).expect("sound");

    assert_eq!((config.mode, config.http.body_limit_kib), (config::Mode::Production, 7));
    assert_eq!(config.http.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.tokens.secret_keys.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), [digits]);
    assert_eq!((config.tokens.audience.as_str(), config.phone.quick_code_binds), ("007", false));
    assert_eq!(config.sms.tencent.sdk_app_id, "1400006666");
    assert_eq!(config.sms.http.bearer.expose_secret(), "[1, 2]");
}

#[test]
fn a_list_of_digits_is_a_list_of_texts_however_it_is_written() {
    let keys = ["11111111111111111111111111111111", "00000000000000000000000000000002"];
    for text in [
        format!("['{}', '{}']", keys[0], keys[1]),
        format!("[{}, {}]", keys[0], keys[1]),
        format!("{},{}", keys[0], keys[1]),
    ] {
        let environment = variables(&[("GUIYI_TOKENS__SECRET_KEYS", &text)]);

        let config = config::load(&Source { environment, ..Source::default() }).expect("sound");

        let read: Vec<_> = config.tokens.secret_keys.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(read, keys, "{text}");
    }
}

#[test]
fn a_variable_that_looks_like_a_setting_and_is_none_is_named() {
    let environment = variables(&[
        ("GUIYI_HTTP__PORT", "planted-1"),
        ("GUIYI_HTP__LISTEN", "planted-2"),
        ("GUIYI_HTTP_LISTEN", "planted-3"),
        ("GUIYI_HTTP", "planted-4"),
        ("GUIYI_MODE__X", "planted-5"),
        ("GUIYI_TOKENS__SECRET_KEYS", "['planted-6"),
        ("GUIYI_TOKENS__ACCESS_MINUTES", "planted-7"),
        ("GUIYI_GRAPHQL__MAX_DEPTH", "9"),
        ("GUIYI_GRAPHQL__MAX_DEPTH__X", "planted-8"),
        // Not settings, and not similar to one: variables of the platform and of the operator.
        ("GUIYI_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
        ("GUIYI_SERVICE_HOST", "10.0.0.1"),
        ("GUIYI_CONFIG", "guiyi.toml"),
        ("HTTP__LISTEN", "nowhere"),
    ]);

    let error = config::load(&Source { environment, ..Source::default() }).expect_err("mistakes");

    insta::assert_snapshot!(error.to_string(), @r#"
    the configuration has 8 mistake(s):
      GUIYI_HTTP_LISTEN: is not a setting: two underscores separate section and key; did you mean `GUIYI_HTTP__LISTEN`?
      GUIYI_GRAPHQL__MAX_DEPTH__X: sets a part of a value that another one sets as a whole
      GUIYI_HTTP: is a section: its keys follow after two underscores
      GUIYI_TOKENS__SECRET_KEYS: is not a list such as ["a", "b"]
      mode (GUIYI_MODE__X): unknown value `x`, expected one of: development, production
      http.port (GUIYI_HTTP__PORT): unknown key `port`; known keys: listen, public_url, allowed_origins, client_address, trusted_hops, body_limit_kib, orders_body_limit_kib, request_timeout_seconds, drain_seconds, shutdown_seconds, connections, sockets
      tokens.access_minutes (GUIYI_TOKENS__ACCESS_MINUTES): invalid type: string, expected u32
      htp (GUIYI_HTP__LISTEN): is not a setting; did you mean `http`?
    "#);
}

#[test]
fn a_variable_that_the_file_points_to_is_the_operators_own() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("guiyi.toml");
    let environment = variables(&[("GUIYI_DATABASE_URL", "sqlite://pointed-to")]);
    let mistakes = |text: &str| {
        std::fs::write(&file, text).expect("a file");
        let source = Source { file: Some(file.clone()), environment: environment.clone(), ..Source::default() };
        config::load(&source).map(|_| ()).map_err(|error| error.mistakes.into_iter().map(|one| one.path).collect())
    };

    assert_eq!(mistakes(""), Err(vec!["GUIYI_DATABASE_URL".to_owned()]));
    // The pointer's variable is not set in this process; the copy of the environment is only read for settings.
    assert_eq!(mistakes("[database]\nurl = { env = 'GUIYI_DATABASE_URL' }\n"), Err(vec!["database.url".to_owned()]));
}

#[test]
fn nothing_of_a_secret_whose_key_was_forgotten_is_repeated() {
    for secret in [
        "c2VjcmV0c2VjcmV0==",
        "=c2VjcmV0==",
        "aaaaaaaa=",
        "database.c2VjcmV0==",
        "c2V.jcmV0=",
        "tokens..c2VjcmV0=",
        "ab/cd+ef=",
    ] {
        let source = Source { arguments: vec![secret.to_owned()], ..Source::default() };
        let error = config::load(&source).expect_err("a mistake").to_string();

        assert_eq!(
            error, "the configuration has 1 mistake(s):\n  --set: is not KEY=VALUE, such as http.listen=127.0.0.1:9000",
            "{secret}"
        );
    }
}

#[test]
fn a_secret_in_base64_is_taken_as_it_is() {
    let secret = "c2VjcmV0LW9mLWF0LWxlYXN0LTMyLWNoYXJhY3RlcnM+/w==";
    let arguments =
        vec![format!("tokens.secret_keys={secret}"), format!("database.url=postgres://guiyi:{secret}@db/guiyi")];

    let config = config::load(&Source { arguments, ..Source::default() }).expect("a valid configuration");

    assert_eq!(config.tokens.secret_keys[0].expose_secret(), secret);
    assert_eq!(config.database.url.expose_secret(), format!("postgres://guiyi:{secret}@db/guiyi"));
}

#[test]
fn an_argument_that_is_no_setting_is_named_and_not_repeated() {
    let arguments = ["planted-1", "http.port=planted-2", "http.listen=127.0.0.1:1", "http.listen=planted-3"];
    let arguments = arguments.map(str::to_owned).to_vec();

    let error = config::load(&Source { arguments, ..Source::default() }).expect_err("mistakes");

    insta::assert_snapshot!(error.to_string(), @r"
    the configuration has 4 mistake(s):
      --set: is not KEY=VALUE, such as http.listen=127.0.0.1:9000
      --set http.listen: is set twice
      http.listen (--set http.listen): invalid socket address syntax
      http.port (--set http.port): unknown key `port`; known keys: listen, public_url, allowed_origins, client_address, trusted_hops, body_limit_kib, orders_body_limit_kib, request_timeout_seconds, drain_seconds, shutdown_seconds, connections, sockets
    ");
}
