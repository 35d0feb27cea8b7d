//! The texts that the demo and the sandbox print after their start: addresses and first steps.

use sandbox::Sandbox;

use crate::config::Config;
use crate::http;
use crate::text::{Text, text};

/// Returns the demo's addresses and first steps. The shop and the playground are among them only if this binary has them and
/// serves them.
pub(super) fn demo(config: &Config) -> Text {
    let api = config.public_url();
    let sandbox = config.sandbox_url().map(|url| url.to_string()).unwrap_or_default();
    let head = text!(
        "\n  Guiyi 归一 — the demo company 禾木 Hemu is running\n\n\x20   API         {api}/graphql\n",
        "\n  Guiyi 归一 — 演示公司“禾木”已启动\n\n\x20   API         {api}/graphql\n"
    );
    let sandbox = text!(
        "\x20   Sandbox     {sandbox}_sandbox/   (a local WeChat: people, codes, SMS)\n\n",
        "\x20   沙箱        {sandbox}_sandbox/   （本地模拟的微信：用户、code、短信）\n\n"
    );
    let mut shop = Text::new("", "");
    let mut playground = Text::new("", "");
    let mut first = text!(
        "\x20 Try first: the commands of “Your first five minutes” in the README.\n\n",
        "\x20 先试试：README 中“五分钟上手”的命令。\n\n"
    );
    if http::has_playground(config) {
        let page = format!("\x20   Playground  {api}/playground\n");
        playground = text!("{page}", "{page}");
        first = text!(
            "\x20 Try first: open the playground, press “Log in with a new code”, then run “Me”.\n\
             \x20 Bind the phone +8613800000001: the company's account C-1001 is joined.\n\n",
            "\x20 先试试：打开 playground，点击“用新授权码登录”，再运行“Me”。\n\
             \x20 绑定手机号 +8613800000001 后，会并入公司原有的会员账号 C-1001。\n\n"
        );
    }
    if let Some(page) = config.shop_url().filter(|_| http::has_shop(config)) {
        shop = text!("\x20   Shop        {page}\n", "\x20   商城        {page}\n");
        first = text!(
            "\x20 Try first: open the shop. It shows what Guiyi does in one minute.\n\n",
            "\x20 先试试：打开商城，一分钟了解归一。\n\n"
        );
    }
    head.then(&shop).then(&playground).then(&sandbox).then(&first)
}

/// Returns the sandbox's addresses and first steps.
pub(super) fn sandbox(url: &str, sandbox: &Sandbox) -> Text {
    let (apps, people) = (sandbox.apps(), sandbox.people());
    let app = apps.first().expect("a seed without apps is refused");
    let person = people.first().expect("a seed without people is refused");
    let (app, id, nickname) = (&app.name, &person.id, &person.nickname);
    let (apps, people) = (apps.len(), people.len());
    text!(
        "\n  Local WeChat — apps: {apps}, people: {people}\n\n\
         \x20   Control page   {url}/_sandbox/   (apps with their secrets, people, SMS)\n\
         \x20   For browsers   {url}/open.weixin.qq.com/connect/…\n\
         \x20   For servers    {url}/api.weixin.qq.com/sns/…\n\n\
         \x20 Try first: open the control page, or request a code as if {nickname} had just agreed on the phone:\n\
         \x20   curl {url}/_sandbox/codes -d '{{\"app\":\"{app}\",\"person\":\"{id}\"}}'\n\n",
        "\n  本地模拟的微信 — 应用：{apps}，用户：{people}\n\n\
         \x20   控制页面   {url}/_sandbox/   （应用及其密钥、用户、短信）\n\
         \x20   浏览器用   {url}/open.weixin.qq.com/connect/…\n\
         \x20   服务器用   {url}/api.weixin.qq.com/sns/…\n\n\
         \x20 先试试：打开控制页面，或直接获取一个 code，相当于 {nickname} 刚在手机上同意授权：\n\
         \x20   curl {url}/_sandbox/codes -d '{{\"app\":\"{app}\",\"person\":\"{id}\"}}'\n\n"
    )
}
