//! What the demo says when it is up: where things are and what to try first.
//! Nothing is started here: see `serve`.

use crate::config::Config;

/// A few lines for whoever has just started the demo.
pub(super) fn demo(config: &Config) -> String {
    let api = config.public_url();
    let sandbox = config.sandbox_url().map(|url| url.to_string()).unwrap_or_default();
    format!(
        "\n  Guiyi 归一 — the demo company 禾木 Hemu is open\n\n\
         \x20   API         {api}/graphql\n\
         \x20   Playground  {api}/playground\n\
         \x20   Sandbox     {sandbox}_sandbox/   (a local WeChat: people, codes, SMS)\n\n\
         \x20 Try first: open the playground, press “Log in with a new code”, then run “Me”.\n\
         \x20 Bind the phone +8613800000001: the company's account C-1001 is joined.\n\n"
    )
}
