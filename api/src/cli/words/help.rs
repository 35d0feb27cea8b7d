//! The help of commands and arguments in Chinese. The key is the English help, without the full stop at its end: a test fails
//! for each help that has no Chinese here, and for each entry that is not used.

/// The help of commands and arguments.
pub(super) const HELP: &[(&str, &str)] = &[
    ("One person, many WeChat openIds, one account, all their orders", "一个人，多个微信 openId；一个账号，全部订单"),
    (
        "The configuration file; by default `guiyi.toml` in the working directory, or else `/etc/guiyi/guiyi.toml`",
        "配置文件；默认为当前目录下的 `guiyi.toml`，其次为 `/etc/guiyi/guiyi.toml`",
    ),
    ("Loads the demo company's settings below the configuration", "在配置之下加载演示公司的设置"),
    (
        "Overrides one setting of the file and the environment: `--set http.listen=127.0.0.1:9000`. Repeatable. Not for \
         secrets: other users of the machine can see the arguments of a process",
        "覆盖配置文件和环境变量中的一项设置，如 `--set http.listen=127.0.0.1:9000`，可重复使用。不要用来传递密钥：\
         本机其他用户可以看到进程的参数",
    ),
    ("Starts the demo company with its sandbox; the default command", "启动演示公司及其沙箱；不带命令时的默认行为"),
    ("Starts the service", "启动服务"),
    (
        "Starts only a local WeChat; needs no configuration and no database",
        "只启动本地模拟的微信，不需要配置文件和数据库",
    ),
    ("Migrates the database to the current schema", "将数据库迁移到当前版本的表结构"),
    ("Checks the configuration and prints every problem with its path", "检查配置，列出全部错误及其位置"),
    (
        "Checks the configuration, and what it leads to: the database, its keys and clock, upstreams, addresses and files \
         of domains. Says what to do. Changes nothing",
        "检查配置及其涉及的一切：数据库及其密钥和时钟、上游、地址和域名校验文件，并给出处理办法；不做任何更改",
    ),
    (
        "Finds stored keys and phone numbers that an older version accepted and the current rules refuse or read \
         differently. Changes nothing",
        "查找旧版本接受、但按当前规则会被拒绝或解读不同的标识和手机号，不做任何更改",
    ),
    ("Compares the sums of orders with the orders", "核对订单汇总与订单"),
    ("Corrects the sums that differ, while the service runs", "更正不一致的汇总；服务无需停止"),
    ("Prints the GraphQL schema", "输出 GraphQL schema"),
    ("Prints the error codes as in the documentation", "输出文档中的错误码列表"),
    ("Manages service tokens for the company's own systems", "管理内部系统使用的服务令牌"),
    ("Disables and enables accounts", "停用和恢复账号"),
    (
        "Erases an account at once, with everything that says who its person is. Cannot be undone",
        "立即删除一个账号及其全部个人信息，不可恢复",
    ),
    (
        "Prints everything that is kept about the person of an account, as one JSON document",
        "以一份 JSON 文档输出某个账号的全部个人信息",
    ),
    ("The reason. It stays in the audit: name no person in it", "原因，会保留在审计记录中，请勿写入个人信息"),
    (
        "Manages the list of allowed GraphQL documents, for `graphql.documents = \"listed\"`",
        "管理允许执行的 GraphQL 文档列表，用于 `graphql.documents = \"listed\"`",
    ),
    ("Manages pending and failed notices", "管理待发送和发送失败的通知"),
    ("Manages pending and failed events that upstreams have pushed", "管理待处理和处理失败的推送事件"),
    ("Lists webhooks, tests one, and sends events again", "列出和测试 webhook，重新发送事件"),
    ("Imports accounts or orders from a file", "从文件导入账号或订单"),
    (
        "Exchanges the unionIds of a union scope, for a move to another Open Platform account",
        "替换一个 union_scope 下的全部 unionId，用于更换微信开放平台账号",
    ),
    (
        "Asks WeChat for the unionIds of an official account's followers. Continues an interrupted run",
        "向微信查询公众号粉丝的 unionId；会继续此前中断的任务",
    ),
    (
        "Asks WeChat for the new openIds of people whose official account was migrated to another one. Continues an \
         interrupted run",
        "公众号迁移后，向微信查询用户的新 openId；会继续此前中断的任务",
    ),
    ("Manages the keys that encrypt phone numbers", "管理加密手机号的密钥"),
    ("Lists the audit, newest first, or verifies it", "列出审计记录（新的在前），或校验其完整性"),
    ("Manages the people who sign in at the support desk", "管理登录客服控制台的人员"),
    // operator
    ("Adds an operator, or gives one another name or role", "添加客服人员，或更改其姓名或角色"),
    ("The app through which the operator signs in, one of console.apps", "客服登录所用的应用，须为 console.apps 之一"),
    (
        "The operator's openId in the app: for OIDC the subject, for WeCom the user id. A person who signs in at the console \
         and is no operator is shown it",
        "客服在该应用中的 openId：OIDC 为 subject，企业微信为 userid。非客服人员登录控制台时，页面会显示其 openId",
    ),
    ("The operator's name, as colleagues read it in the audit", "客服姓名，会显示在审计记录中"),
    ("The role: viewer, agent, admin", "角色：viewer（只读）、agent（客服）、admin（管理员）"),
    ("Lists all operators, including removed ones, oldest first", "列出全部客服人员（包括已移除的），最早的在前"),
    ("Removes an operator, whose sessions end at once", "移除客服人员，其会话立即失效"),
    ("The operator: `opr_…`", "客服 ID：`opr_…`"),
    ("Only actions of this operator: `opr_…`", "只列出此客服的操作：`opr_…`"),
    // token
    ("Creates a token and prints it, once", "创建令牌，令牌只显示这一次"),
    (
        "The scopes: orders:read, orders:write, users:read, users:read:phone, users:write, users:manage, users:disable, \
         users:erase, users:export, conflicts:read, conflicts:write, tokens:read, tokens:write, audit:read, events:read, \
         statistics:read, settings:read. Repeatable",
        "权限：orders:read、orders:write、users:read、users:read:phone、users:write、users:manage、users:disable、users:erase、\
         users:export、conflicts:read、conflicts:write、tokens:read、tokens:write、audit:read、events:read、\
         statistics:read、settings:read。可重复使用",
    ),
    (
        "The system that uses it, such as `shop-erp`. No other valid token has this name",
        "使用此令牌的系统，例如 `shop-erp`；不能与其他有效令牌重名",
    ),
    ("Days until it expires, 1 to 3650; or `never`", "有效天数，1 到 3650；或 `never`，表示永不过期"),
    (
        "Lists all tokens, including expired and revoked ones, oldest first",
        "列出全部令牌，包括已过期和已吊销的，旧的在前",
    ),
    ("Revokes a token: it is refused at once", "吊销令牌，立即生效"),
    ("The token: `svc_…`", "令牌 ID：`svc_…`"),
    ("The reason", "原因"),
    (
        "Also revokes all tokens that it created through the API, directly or through others",
        "同时吊销它通过 API 直接或间接创建的全部令牌",
    ),
    // user
    ("Ends all sessions of an account and refuses its logins", "结束账号的全部会话，并拒绝其登录"),
    ("The account: `usr_…`", "账号 ID：`usr_…`"),
    ("Enables a disabled account; the person logs in again", "恢复已停用的账号，用户需要重新登录"),
    // documents
    (
        "Adds documents: each file holds one, and the hash is of its exact bytes",
        "添加文档：每个文件一份文档，按文件的原始字节计算哈希",
    ),
    ("Files to add", "要添加的文件"),
    (
        "Only for people logged in through this app; by default for every app",
        "仅限通过此应用登录的用户；默认适用于所有应用",
    ),
    ("Prints the list: hash, app, when it was added, and the first line", "列出文档：哈希、应用、添加时间和首行"),
    ("Only documents of this app", "只列出此应用的文档"),
    ("Removes documents from the list; they are refused from then on", "从列表中移除文档，此后不再允许执行"),
    ("Their hashes, as `add` and `list` print them", "文档的哈希，与 `add` 和 `list` 的输出一致"),
    (
        "The app they are listed for; by default those listed for every app",
        "文档所属的应用；默认为适用于所有应用的文档",
    ),
    // outbox
    (
        "Lists notices, oldest first: id, kind, account, attempts, when it was created, when it is due, the last error",
        "列出通知，旧的在前：ID、类型、账号、尝试次数、创建时间、下次发送时间、最近一次错误",
    ),
    ("Which notices", "通知的状态"),
    ("Retries failed notices", "重试发送失败的通知"),
    (
        "The notice, as `list` prints it; by default all failed ones",
        "通知 ID，与 `list` 的输出一致；默认为全部失败的通知",
    ),
    // pushes
    (
        "Lists pushed events, oldest first: id, app, event, attempts, when it arrived, when it is due, the last error",
        "列出推送事件，旧的在前：ID、应用、事件、尝试次数、接收时间、下次处理时间、最近一次错误",
    ),
    ("Which events", "推送事件的状态"),
    ("Retries failed events", "重试处理失败的推送事件"),
    (
        "The event, as `list` prints it; by default all failed ones",
        "推送事件 ID，与 `list` 的输出一致；默认为全部处理失败的事件",
    ),
    // import
    ("What the rows are", "导入的内容"),
    (
        "A .csv, .txt, .tsv or .xlsx file with a header, or a .jsonl file with one object a line",
        "带表头的 .csv、.txt、.tsv 或 .xlsx 文件，或每行一个对象的 .jsonl 文件",
    ),
    ("Prints what each row would change, without changing it", "只显示每行将产生的变更，不实际写入"),
    ("Writes the outcome of every row to this CSV file", "将每行的结果写入此 CSV 文件"),
    (
        "The encoding of a text file, if the file does not show it. Excel in Chinese writes gbk",
        "文本文件的编码；无法从文件判断时使用。中文版 Excel 保存的文件为 gbk",
    ),
    (
        "What separates columns: , ; | or tab. Found in the header by default",
        "列的分隔符：, ; | 或 tab；默认根据表头判断",
    ),
    ("The sheet of a workbook; the first one by default", "工作簿中的工作表；默认为第一个"),
    (
        "Reads a column as a field: `--map 会员号=externalId`; `--map 备注=-` skips a column. Repeatable",
        "指定列对应的字段：`--map 会员号=externalId`；`--map 备注=-` 忽略一列。可重复使用",
    ),
    (
        "Reads a word as a status: `--status 待发货=PAID`. Repeatable",
        "指定文字对应的订单状态：`--status 待发货=PAID`。可重复使用",
    ),
    ("Reads columns and words by a TOML file", "使用 TOML 文件中的列和状态对应关系"),
    ("Reads columns and words as this shop exports them", "使用此店铺系统导出文件的列和状态对应关系"),
    ("Skips columns that are not known", "忽略无法识别的列"),
    ("The app of all orders, or of the openIds of all accounts", "全部订单所属的应用，或全部账号的 openId 所属的应用"),
    ("The currency of all orders: CNY", "全部订单的币种：CNY"),
    (
        "The time zone of times without an offset: a place or an offset such as +08:00",
        "没有时区偏移的时间所用的时区：地区，或 +08:00 这样的偏移",
    ),
    (
        "Derives the externalId of an account from its phone, for a shop that exports no ids",
        "根据手机号生成账号的 externalId，用于导出文件不含 ID 的店铺系统",
    ),
    // migrate-scope
    ("The scope that the unionIds are in now", "这些 unionId 当前所属的 union_scope"),
    (
        "The scope that they move to. It may be the same one, if there is a file",
        "迁移到的 union_scope；提供文件时可以与原来相同",
    ),
    (
        "A CSV file of two columns, oldUnionId and newUnionId. Without it only the scope's name changes",
        "包含 oldUnionId 和 newUnionId 两列的 CSV 文件；不提供时只更改 union_scope 的名称",
    ),
    ("Prints what would change, without changing it", "只显示将产生的变更，不实际写入"),
    // backfill-union-ids, change-open-ids
    ("The name of the official account's app", "公众号对应的应用名称"),
    (
        "Asks about all followers, also about those whose unionId is known and those that are not known here. Records who \
         follows",
        "查询全部粉丝，包括已有 unionId 的和本系统未知的；同时记录关注状态",
    ),
    ("Asks WeChat and prints what would change, without changing it", "向微信查询并显示将产生的变更，不实际写入"),
    ("Prints the report as JSON", "以 JSON 输出结果"),
    (
        "The old account: the name of its app, or its appid (`wx…`) if it is no longer configured",
        "原公众号：应用名称；如已不在配置中，则为其 appid（`wx…`）",
    ),
    ("The name of the new account's app", "新公众号对应的应用名称"),
    (
        "The original id (`gh_…`) of the old account, if WeChat does not accept its appid",
        "原公众号的原始 ID（`gh_…`），仅在微信不接受 appid 时使用",
    ),
    (
        "Undoes the links of this run, except those that were used since: `run_…`",
        "撤销该任务建立的关联（此后已被使用的除外）：`run_…`",
    ),
    // keys
    (
        "Lists the data keys, how many numbers each encrypts, and whether it can be decrypted",
        "列出数据密钥：各自加密了多少个号码，以及能否解密",
    ),
    (
        "Creates a new key and re-encrypts all phone numbers with it, while the service runs. Run it again if interrupted",
        "创建新密钥，并用它重新加密全部手机号；服务无需停止。如果中断，再次运行即可",
    ),
    // audit
    (
        "Verifies that no entry of the audit and of the journal of links was changed, removed or moved since it was written",
        "校验审计记录和归并记录自写入后没有被修改、删除或移动",
    ),
    (
        "Only entries about this account, or one merged into it: `usr_…`",
        "只列出此账号（及并入它的账号）的记录：`usr_…`",
    ),
    ("Only actions of this service token: `svc_…`", "只列出此服务令牌的操作：`svc_…`"),
    (
        "Only this kind of entry, such as `USER_DISABLED`. Repeatable",
        "只列出此类记录，例如 `USER_DISABLED`，可重复使用",
    ),
    ("How far back: minutes, hours or days, as in 30m, 24h, 7d", "回溯的时长，以分钟、小时或天为单位：30m、24h、7d"),
    ("The maximum number of entries, up to 10,000", "最多列出的条数，不超过 10000"),
    ("Prints one JSON object a line", "每行输出一个 JSON 对象"),
    (
        "An earlier end of the chain, as logged in `audit.anchor`: NUMBER:HASH. Repeatable",
        "日志 `audit.anchor` 中记录的审计链末端：NUMBER:HASH，可重复使用",
    ),
    (
        "Accept missing audit entries from before this day (UTC), which the retention deletes",
        "允许缺少此日期（UTC）之前的审计记录，它们已按保留期限删除",
    ),
    // after-restore
    (
        "Ends all sessions and fetches all upstream tokens anew, after a backup was restored and before the service starts",
        "恢复备份之后、启动服务之前使用：结束全部会话，并重新获取全部上游令牌",
    ),
    // health
    (
        "Asks the service of this configuration on this machine whether it runs. For health checks of containers",
        "询问本机上按此配置运行的服务是否正常，用于容器的健康检查",
    ),
    (
        "Also fails if the service is stopping, or its database does not answer",
        "服务正在停止或数据库没有响应时也视为失败",
    ),
    ("How long to wait for the answer, in seconds", "等待响应的时长，单位为秒"),
    // completions, man
    ("Prints the script that completes commands and arguments in a shell", "输出 shell 的命令和参数补全脚本"),
    ("The shell", "shell 的名称"),
    (
        "Prints the manual page, or writes the pages of all commands to a folder",
        "输出手册页，或将全部命令的手册页写入一个目录",
    ),
    ("Writes the pages of all commands to this folder", "将全部命令的手册页写入此目录"),
    // webhooks
    (
        "Lists the webhooks: name, pending and failed events, the oldest pending one, the last error",
        "列出 webhook：名称、待发送和失败的事件数、最早的待发送事件、最近一次错误",
    ),
    ("Sends a test event to a webhook now, and prints the answer", "立即向 webhook 发送一个测试事件，并显示其响应"),
    (
        "Sends events to a webhook again: by default those that were given up. Also ends a pause, and starts a webhook that \
         has answered 410",
        "向 webhook 重新发送事件，默认为已放弃的事件；同时结束暂停，并重新启用返回过 410 的 webhook",
    ),
    ("The name of the webhook", "webhook 的名称"),
    ("Only this event, also if it was received: `evn_…`", "只发送此事件，即使对方已收到：`evn_…`"),
    ("What was given up; the default", "已放弃的事件；默认值"),
    (
        "All events since this time, also those that were received: `2026-05-01T10:00:00+08:00`",
        "此时间之后的全部事件，包括对方已收到的：`2026-05-01T10:00:00+08:00`",
    ),
    // sandbox
    ("The address to listen on", "监听地址"),
    (
        "A file with your own apps and people; by default the demo company's",
        "自定义应用和用户的文件；默认使用演示公司的数据",
    ),
    ("Uses TLS, with this certificate and its private key (PEM files)", "启用 TLS，使用此证书和私钥（PEM 文件）"),
];

/// The help of the values that an argument may have.
pub(super) const VALUES: &[(&str, &str)] = &[
    (
        "Accounts: externalId, phone, nickname, createdAt, lastProofAt, `openId:<app>`, `unionId:<scope>`",
        "账号：externalId、phone、nickname、createdAt、lastProofAt、`openId:<app>`、`unionId:<scope>`",
    ),
    (
        "Orders: app, orderNo, openId, status, amount, currency, placedAt, shopUpdatedAt, items, refunds",
        "订单：app、orderNo、openId、status、amount、currency、placedAt、shopUpdatedAt、items、refunds",
    ),
    ("人人商城 (`ewei_shopv2`)", "人人商城（ewei_shopv2）"),
    ("With or without a byte order mark", "有无字节顺序标记（BOM）均可"),
    (
        "What Excel and shops in mainland China write, with its extension GB18030",
        "中国大陆的 Excel 和店铺系统使用的编码，包括其扩展 GB18030",
    ),
    ("What Excel writes in Taiwan and Hong Kong", "台湾和香港的 Excel 使用的编码"),
    ("Little endian: what Excel calls Unicode text", "小端序，即 Excel 的“Unicode 文本”"),
    ("Big endian", "大端序"),
    ("Not yet sent", "尚未发送"),
    ("Not sent after the last attempt", "最后一次尝试后仍未发送成功"),
    ("Not yet acted on", "尚未处理"),
    ("Not acted on after the last attempt", "最后一次尝试后仍未处理成功"),
    ("Acted on within the last day", "最近一天内已处理"),
    ("Sent within the last seven days", "最近七天内已发送"),
];

/// What clap itself writes. Longer texts stand before those that they contain.
pub(super) const FIXED: &[(&str, &str)] = &[
    ("Usage: ", "用法："),
    ("Commands:", "命令："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("Possible values:", "可选值："),
    ("[possible values: ", "[可选值："),
    ("[default: ", "[默认值："),
    ("[env: ", "[环境变量："),
    ("Print help (see more with '--help')", "显示帮助（完整内容见 '--help'）"),
    ("Print help (see a summary with '-h')", "显示帮助（摘要见 '-h'）"),
    ("Print this message or the help of the given subcommand(s)", "显示此说明或子命令的帮助"),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    ("[OPTIONS]", "[选项]"),
    ("[COMMAND]", "[命令]"),
    ("<COMMAND>", "<命令>"),
];
