//! Warnings about settings that are valid but too weak for production.

use crate::demo::{Workplace, start_at};

/// Starts the service on a free port and returns its warnings.
async fn start_warned(place: &Workplace) -> Vec<String> {
    let _running = start_at(place, "serve", (&place.api, "log")).await;
    place.log().lines().filter(|line| line.contains("mode: development")).map(str::to_owned).collect()
}

#[tokio::test]
async fn development_mode_says_so_in_the_log_at_start() {
    let place = Workplace::new();
    place.write("guiyi.toml", "[log]\nformat = \"json\"\n");

    let warned = start_warned(&place).await;

    let [line] = warned.as_slice() else { panic!("{warned:?}") };
    let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((line["level"].as_str(), line["setting"].as_str()), (Some("WARN"), Some("mode")));
}

#[tokio::test]
async fn development_mode_says_so_at_start_when_the_log_shows_no_warnings() {
    let place = Workplace::new();
    place.write("guiyi.toml", "[log]\nfilter = \"error\"\n");

    let warned = start_warned(&place).await;

    assert!(matches!(warned.as_slice(), [line] if line.starts_with("guiyi: warning: mode: development")), "{warned:?}");
}

#[test]
fn check_tells_of_development_mode() {
    let output = Workplace::new().run(&["check", "--demo"]);

    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.starts_with("warning: mode: development"), "{told}");
}

#[test]
fn production_by_environment_is_production_over_a_file_that_says_development() {
    let place = Workplace::new();
    let app = "[[apps]]\nname = 'shop'\nkind = 'wechat-mobile'\napp_id = 'wx0123456789abcdef'\napp_secret = 's'\n";
    place.write("guiyi.toml", &format!("mode = \"development\"\n{app}"));

    let output = place.command(&["check"]).env("GUIYI_MODE", "production").output().expect("the binary runs");
    let typed = place.command(&["check", "--set", "mode=development"]).env("GUIYI_MODE", "production").output();

    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("production needs a key"), "{told}");
    assert!(typed.expect("the binary runs").status.success());
}

#[test]
fn check_warns_of_browser_apps_whose_logins_need_not_be_bound() {
    let place = Workplace::new();
    let app = |name: &str, kind: &str, state: &str| {
        let id = format!("wx{:0>16}", data_encoding::HEXLOWER.encode(name.as_bytes()));
        format!("[[apps]]\nname = '{name}'\nkind = '{kind}'\napp_id = '{id}'\napp_secret = 's'\n{state}\n")
    };
    let apps = [
        app("shop", "wechat-official-account", ""),
        app("club", "wechat-official-account", "state = 'bound'"),
        app("outlet", "wechat-official-account", "state = 'required'"),
        app("site", "wechat-website", "state = 'optional'"),
        app("app", "wechat-mobile", ""),
        app("mini", "wechat-mini-program", ""),
    ];
    place.write("guiyi.toml", &apps.concat());

    let output = place.run(&["check"]);

    let told = String::from_utf8_lossy(&output.stderr);
    let places: Vec<_> = told.lines().filter_map(|line| line.split(": ").nth(1)).collect();
    assert_eq!(places, ["mode", "apps.outlet.state", "apps.site.state"], "{told}");
}
