//! The demo company with a mini program that shows only WeChat's real-time phone button.

use crate::{Company, Server};

/// Starts the company.
pub async fn open(server: Server) -> Company {
    let settings = r#"
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wxde30000000005409"
        app_secret = "de300000000000000000000000005409"
        state = "optional"

        [[apps]]
        name = "mini"
        kind = "wechat-mini-program"
        app_id = "wxde30000000003191"
        app_secret = "de300000000000000000000000003191"
        phone_codes = "real_time"
    "#;
    Box::pin(Company::open_with(server, settings.parse().expect("settings"))).await
}
