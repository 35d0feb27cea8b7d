//! `guiyi check`: every mistake of every stage in one run, each once, in the operator's language.

use std::process::Output;

use crate::demo::Workplace;

/// At least one mistake of every stage: the file, variables, types, names, checks, production, apps, providers.
const EVERY_STAGE: &str = r#"
mode = "production"
default_app = "shopp"
[http]
listen = 0.0.0.0:8000
public_url = "http://id.example.com"
port = 80
[htpp]
[tokens]
secret_keys = [{ env = "GUIYI_TEST_NOT_SET_1" }]
access_minutes = 60
[database]
url = { env = "GUIYI_TEST_NOT_SET_2" }
[sms]
sender = "aliyun"
[[apps]]
name = "shop"
kind = "wechat-official-account"
app_id = "wx0123456789abcdef"
app_secret = "${SHOP_SECRET}"
union_scop = "hemu"
return_to = ["https://shop.example.com/#/signed-in", "/#/signed-in", "https://a@shop.example.com/", "/x?state=1", "/a/%2e%2e/b"]
[[apps]]
name = "shop"
kind = "wechat-official-account"
app_id = "wx0123456789abcdef"
[[apps]]
name = "a b"
kind = "wechat-mini-program"
app_id = "gh_0123456789ab"
app_secret = { env = "GUIYI_TEST_NOT_SET_3" }
"#;

fn stderr(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the check without the workplace's ports, which would override the listener of the file.
fn check(place: &Workplace, variables: &[(&str, &str)]) -> Output {
    let mut command = place.command(&["check"]);
    command.env_remove("GUIYI_HTTP__LISTEN").env_remove("GUIYI_SANDBOX__LISTEN").env_remove("GUIYI_SANDBOX__SHOP");
    command.envs(variables.iter().copied()).output().expect("the binary runs")
}

#[test]
fn one_run_names_the_mistakes_of_all_stages_each_once() {
    let place = Workplace::new();
    place.write("guiyi.toml", EVERY_STAGE);

    let said = stderr(&check(&place, &[("GUIYI_HTTP_LISTEN", "x"), ("GUIYI_LOGG__FILTER", "debug")]));

    let mut paths: Vec<&str> = said.lines().skip(1).filter_map(|line| line.trim().split([' ', ':']).next()).collect();
    paths.sort_unstable();
    let expected = "GUIYI_HTTP_LISTEN apps[0].app_secret apps[0].return_to[0] apps[0].return_to[1] apps[0].return_to[2] \
        apps[0].return_to[3] apps[0].return_to[4] apps[0].union_scop apps[1].app_id apps[1].app_secret apps[1].name apps[2].app_id \
        apps[2].app_secret apps[2].name database.url default_app htpp http.listen http.port http.public_url logg \
        sms.aliyun.access_key_id sms.aliyun.access_key_secret sms.aliyun.sign_name sms.aliyun.templates.code sms.budget.daily_cents tokens.access_minutes \
        tokens.secret_keys[0]";
    assert_eq!(paths, expected.split_whitespace().collect::<Vec<_>>(), "{said}");
    for line in [
        "http.listen (guiyi.toml:5): is not a number; a text is written in quotes: listen = \"…\"",
        "GUIYI_HTTP_LISTEN: is not a setting: two underscores separate section and key; did you mean `GUIYI_HTTP__LISTEN`?",
        "logg (GUIYI_LOGG__FILTER): is not a setting; did you mean `log`?",
        "database.url (guiyi.toml:13): the environment variable GUIYI_TEST_NOT_SET_2 is not set",
        "apps[0].app_secret (guiyi.toml:20): `${SHOP_SECRET}` is not replaced by the variable; write { env = \"SHOP_SECRET\" }",
        "apps[0].return_to[1] (guiyi.toml:22): has a `#`: WeChat",
        "apps[1].app_id (guiyi.toml:26): apps[0] has the same id",
    ] {
        assert!(said.contains(&format!("\n  {line}")), "{line}: {said}");
    }
}

#[test]
fn every_mistake_is_chinese_under_a_chinese_locale() {
    let place = Workplace::new();
    place.write("guiyi.toml", EVERY_STAGE);

    let said = stderr(&check(&place, &[("LC_ALL", "zh_CN.UTF-8"), ("GUIYI_HTTP_LISTEN", "x")]));

    assert!(said.starts_with("guiyi: 配置有 27 处错误：\n"), "{said}");
    let is_chinese = |line: &&str| line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let english: Vec<_> = said.lines().filter(|line| !is_chinese(line)).collect();
    assert!(english.is_empty(), "{english:#?}");
}

#[test]
fn what_is_wrong_with_alipays_certificates_is_told_in_chinese() {
    let place = Workplace::new();
    let app = r#"
[[apps]]
name = "pay"
kind = "alipay"
app_id = "2021001234567890"
private_key = "no key"
alipay_public_key = "no key"
app_cert = "no certificate"
identity = "uid"
return_to = ["https://shop.example.com/signed-in"]
"#;
    place.write("guiyi.toml", app);

    let said = stderr(&check(&place, &[("LC_ALL", "zh_CN.UTF-8")]));

    for line in [
        "apps[0].private_key（guiyi.toml:6）：不是 2048 位及以上的 RSA 私钥（base64 或 PEM 格式）",
        "apps[0].alipay_public_key（guiyi.toml:7）：使用公钥证书时不需要此项：请删除此项，或删除各证书",
        "apps[0].app_cert（guiyi.toml:8）：不是 PEM 格式的证书，或其密钥不是 2048 位及以上的 RSA 密钥",
        "apps[0].alipay_cert（guiyi.toml:2）：缺失：公钥证书方式需要 app_cert、alipay_cert 和 alipay_root_cert",
        "apps[0].alipay_root_cert（guiyi.toml:2）：缺失：公钥证书方式需要 app_cert、alipay_cert 和 alipay_root_cert",
        "apps[0].identity（guiyi.toml:9）：只能是 \"open_id\" 或 \"user_id\"",
    ] {
        assert!(said.contains(&format!("\n  {line}\n")), "{line}: {said}");
    }
}

#[test]
fn nothing_is_not_sound_and_the_file_that_was_looked_for_is_named() {
    let place = Workplace::new();
    let nothing = stderr(&check(&place, &[]));
    let chinese = stderr(&check(&place, &[("LC_ALL", "zh_CN.UTF-8")]));
    place.write("guiyi.toml", "mode = \"development\"\n");
    let without_apps = stderr(&check(&place, &[]));

    let file = place.folder.path().canonicalize().expect("a folder").join("guiyi.toml");
    let looked = format!("there is no configuration file. Looked for {}, /etc/guiyi/guiyi.toml;", file.display());
    assert!(nothing.contains("the configuration has no app") && nothing.contains(&looked), "{nothing}");
    assert!(chinese.contains("没有配置文件。已查找") && chinese.contains("警告：mode"), "{chinese}");
    assert!(without_apps.contains("guiyi.toml has no [[apps]]"), "{without_apps}");
}

#[test]
fn a_file_whose_structure_is_broken_ends_the_check_and_says_so() {
    let place = Workplace::new();
    place.write("guiyi.toml", "[[apps]\nname = \"planted\"\n[http]\nlisten = \"planted\"\n");

    let said = stderr(&check(&place, &[("GUIYI_HTTP_LISTEN", "x"), ("GUIYI_LOG__FORMAT", "xml")]));

    assert!(said.contains("guiyi.toml:1: unclosed array table") && !said.contains("planted"), "{said}");
    assert!(said.contains("GUIYI_HTTP_LISTEN: ") && said.contains("log.format (GUIYI_LOG__FORMAT): "), "{said}");
    assert!(
        said.trim_end().ends_with("the settings of the file were not checked further: correct this first"),
        "{said}"
    );
}
