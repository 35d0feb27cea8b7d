//! The company of the tour.

/// The demo, with a page that two apps sign for, a webhook, and an app whose groups make operators.
pub(crate) fn settings() -> toml::Table {
    let demo: toml::Table = include_str!("../../api/config.demo.toml").parse().expect("the demo's configuration");
    let mut apps = demo["apps"].clone();
    for app in apps.as_array_mut().expect("a list of apps") {
        let app = app.as_table_mut().expect("an app is a table");
        if ["shop", "club"].map(Some).contains(&app["name"].as_str()) {
            app.insert("js_pages".to_owned(), vec!["https://shop.example.com/h5/"].into());
        }
    }
    let mut settings = toml::toml! {
        [events]
        feed = true
        [console]
        apps = ["staff"]
        [console.groups]
        support = "agent"
        [[webhooks]]
        name = "crm"
        url = "http://127.0.0.1:9/hook"
        secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        allow_private = true
    };
    let staff = toml::toml! {
        name = "staff"
        kind = "oidc"
        issuer = "https://staff.example.com"
        client_id = "guiyi"
        client_secret = "the-secret-of-the-tour"
        groups_claim = "groups"
        return_to = ["/playground"]
    };
    apps.as_array_mut().expect("a list of apps").push(staff.into());
    settings.insert("apps".to_owned(), apps);
    settings
}
