//! The text that the demo prints after its start: addresses and first steps.

use crate::config::Config;

/// Returns a few lines for the operator.
pub(super) fn demo(config: &Config) -> String {
    let api = config.public_url();
    let sandbox = config.sandbox_url().map(|url| url.to_string()).unwrap_or_default();
    format!(
        "\n  Guiyi 归一 — the demo company 禾木 Hemu is running\n\n\
         \x20   API         {api}/graphql\n\
         \x20   Playground  {api}/playground\n\
         \x20   Sandbox     {sandbox}_sandbox/   (a local WeChat: people, codes, SMS)\n\n\
         \x20 Try first: open the playground, press “Log in with a new code”, then run “Me”.\n\
         \x20 Bind the phone +8613800000001: the company's account C-1001 is joined.\n\n"
    )
}
