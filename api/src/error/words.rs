//! The message and the advice of every error code, in English and Chinese. The match has no default arm, so a new code
//! does not compile without its texts.

use super::{ErrorCode, Language};

/// A message for the person and advice for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub message: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl ErrorCode {
    /// Returns the texts in `language`.
    #[must_use]
    pub fn words(self, language: Language) -> Words {
        let [en, en_advice, zh, zh_advice] = of(self);
        match language {
            Language::En => Words { message: en, advice: en_advice },
            Language::ZhCn => Words { message: zh, advice: zh_advice },
        }
    }
}

/// Declares the texts of the codes: message and advice in English, message and advice in Chinese.
macro_rules! words {
    ($($code:ident: $en:literal, $en_advice:literal, $zh:literal, $zh_advice:literal;)+) => {
        const fn of(code: ErrorCode) -> [&'static str; 4] {
            match code {
                $(ErrorCode::$code => [$en, $en_advice, $zh, $zh_advice],)+
            }
        }
    };
}

words! {
    InvalidQuery:
        "The query is not valid.",
        "Compare it with the schema.",
        "查询无效。",
        "请对照 schema 检查查询。";
    QueryTooComplex:
        "The query asks for too much at once.",
        "Ask for fewer fields or smaller pages.",
        "查询过于复杂。",
        "请减少字段或每页数量。";
    BodyTooLarge:
        "The request is too large.",
        "Send less at once, in several requests.",
        "请求内容过大。",
        "请分多次发送。";
    DocumentNotAllowed:
        "This query is not allowed.",
        "Send a document from the operator's list of allowed documents.",
        "不允许执行此查询。",
        "请使用管理员已登记的查询。";
    // Clients of the persisted-query protocol look for this message.
    PersistedQueryNotFound:
        "PersistedQueryNotFound",
        "Send the hash together with the query.",
        "PersistedQueryNotFound",
        "请将哈希与查询内容一并发送。";
    InvalidInput:
        "A value is not valid.",
        "Correct the value that `detail` names.",
        "输入值无效。",
        "请更正 `detail` 中指出的值。";
    Unauthenticated:
        "Please sign in.",
        "Refresh the session, or sign in again.",
        "请先登录。",
        "请刷新会话或重新登录。";
    Forbidden:
        "This is not allowed.",
        "Use a token that has the required scope.",
        "没有权限。",
        "请使用具有相应权限的令牌。";
    NotFound:
        "Not found.",
        "Check the id; data of other people is not shown.",
        "未找到。",
        "请检查标识；他人的数据不会显示。";
    UnknownApp:
        "The app does not exist.",
        "Use a name from the `apps` query.",
        "应用不存在。",
        "请使用 `apps` 查询返回的名称。";
    AppRequired:
        "The login names no app.",
        "Send `app`, or the `state` of beginLogin.",
        "未指明登录的应用。",
        "请传入 `app`，或 beginLogin 返回的 `state`。";
    NotABrowserApp:
        "This app does not sign in with a browser.",
        "Get the code in the app itself, from the host app or the provider's SDK.",
        "该应用不通过浏览器登录。",
        "请在应用内通过宿主应用或登录平台的 SDK 获取 code。";
    NotANativeApp:
        "This app does not sign in with a native SDK.",
        "Start browser logins with beginLogin; a mini program needs no start request.",
        "该应用不是移动应用，不使用此登录方式。",
        "浏览器登录请使用 beginLogin；小程序无需预先发起登录。";
    ReturnToNotAllowed:
        "This return address is not allowed.",
        "Use an address from the app's `return_to` list, exactly as listed.",
        "不允许使用该回跳地址。",
        "请使用该应用 `return_to` 列表中的地址，须完全一致。";
    NoJsSdk:
        "This app has no JS-SDK.",
        "Use an app whose pages open in WeChat or WeCom.",
        "该应用不支持 JS-SDK。",
        "请使用其网页可在微信或企业微信中打开的应用。";
    PageNotAllowed:
        "This app does not sign this page.",
        "Send the unchanged `location.href`; the page must be on the app's `js_pages` list.",
        "该应用不为此页面签名。",
        "请原样传入 `location.href`；页面须在该应用的 `js_pages` 列表中。";
    InvalidState:
        "This sign-in has expired or was started elsewhere.",
        "Start again with beginLogin.",
        "登录已过期，或并非由此处发起。",
        "请通过 beginLogin 重新开始。";
    StateRequired:
        "This sign-in was not started here.",
        "Start with beginLogin and send its `state` with the code.",
        "该登录并非由此处发起。",
        "请先调用 beginLogin，并将其 `state` 与 code 一并传入。";
    ChallengeRequired:
        "This sign-in must be bound to the browser that starts it.",
        "Generate a verifier, send its S256 hash to beginLogin as `codeChallenge`, and send the verifier with the code.",
        "该登录须与发起它的浏览器绑定。",
        "请生成 verifier，将其 S256 摘要作为 `codeChallenge` 传给 beginLogin，并将 verifier 与 code 一并提交。";
    InvalidCode:
        "The sign-in code is wrong or has expired.",
        "Sign in again; a code is valid for a few minutes.",
        "登录 code 无效或已过期。",
        "请重新登录；code 仅在几分钟内有效。";
    CodeUsed:
        "The sign-in code has already been used.",
        "Sign in again; send each code once.",
        "登录 code 已被使用。",
        "请重新登录；每个 code 只能使用一次。";
    SnapshotUser:
        "WeChat shows only a preview of this page.",
        "Tap “use full service” at the bottom of the page, then sign in.",
        "当前为微信快照页。",
        "请点击页面底部的“使用完整服务”后再登录。";
    ConsentRequired:
        "This needs your consent.",
        "Start the login again with the scope USERINFO, which asks the person for consent.",
        "需要用户授权。",
        "请以 USERINFO 范围重新发起登录，由用户确认授权。";
    LoginDenied:
        "The sign-in was cancelled.",
        "Offer to sign in again; do not start a login automatically.",
        "登录已取消。",
        "可提供重新登录的入口，请勿自动重新发起。";
    EncryptedDataStale:
        "The encrypted data does not match this login.",
        "Call wx.login first, then request the data again, and send both.",
        "加密数据与本次登录不匹配。",
        "请先调用 wx.login，再重新获取加密数据，并一并提交。";
    LoginBlocked:
        "The sign-in provider does not allow this person to sign in.",
        "Do not retry; the person may contact the provider.",
        "登录平台拒绝了该用户的登录。",
        "请勿重试；用户可联系该登录平台。";
    AccountClosed:
        "This account is closed.",
        "Do not retry; the person may contact support.",
        "该账号已被关闭。",
        "请勿重试；用户可联系客服。";
    UpstreamBusy:
        "The sign-in provider is busy.",
        "Wait a minute and try again.",
        "登录平台繁忙。",
        "请稍等一分钟再试。";
    UpstreamUnavailable:
        "The sign-in provider cannot be reached.",
        "Try again in a moment, with a new code.",
        "暂时无法连接登录平台。",
        "请稍后使用新的 code 重试。";
    UpstreamFault:
        "Signing in is not possible at the moment.",
        "The operator has to act; report the errorId to them.",
        "暂时无法登录。",
        "需要管理员处理，请提供 errorId。";
    InvalidRefreshToken:
        "The session has ended.",
        "Sign in again.",
        "会话已结束。",
        "请重新登录。";
    InvalidPhone:
        "This is not a phone number, or it cannot receive SMS codes.",
        "Check the digits, and use a mobile phone number; outside mainland China start with + and the country code.",
        "手机号无效，或无法接收验证码。",
        "请检查号码并使用手机号；中国大陆以外请以 + 和国家代码开头。";
    HumanCheckRequired:
        "Please complete the human check.",
        "Show the captcha service's challenge, and send its token as `humanToken`; a token is valid for one code.",
        "请先完成人机验证。",
        "请展示验证码服务的人机验证，并将其返回的凭证作为 `humanToken` 提交；每个凭证只能获取一次验证码。";
    TooManyCodes:
        "Too many codes were sent.",
        "Wait before requesting another.",
        "验证码发送过于频繁。",
        "请稍后再获取。";
    SmsUnavailable:
        "The code could not be sent.",
        "Try again in a moment.",
        "验证码发送失败。",
        "请稍后重试。";
    PhoneCodeRejected:
        "The code is wrong or has expired.",
        "Check the digits, or request a new code.",
        "验证码错误或已过期。",
        "请检查验证码，或重新获取。";
    TooManyTries:
        "Too many wrong codes.",
        "Request a new code; after many wrong codes the number is blocked for a day.",
        "验证码错误次数过多。",
        "请重新获取；多次错误后，该号码将暂停验证一天。";
    PhoneOwnedByAnother:
        "This number belongs to another account.",
        "If there is a `mergeToken`, show mergePreview and let the person confirm; otherwise contact support.",
        "该手机号已属于另一个账号。",
        "如有 `mergeToken`，请展示 mergePreview 并由用户确认合并；否则请联系客服核对。";
    PhoneAlreadyBound:
        "This account already has another phone.",
        "Use changePhone, with a code that was sent with the purpose CHANGE.",
        "该账号已绑定其他手机号。",
        "如需更换，请获取用于更换手机号的验证码后调用 changePhone。";
    PhoneProofTooOld:
        "This number was last verified here long ago.",
        "Ask the person whose number it was, and send the same code again with `claim`: MINE or NEW_TO_ME.",
        "该手机号已很久未在此验证。",
        "请询问用户该号码以前是否归其本人使用，并携带 `claim`（MINE 或 NEW_TO_ME）再次提交同一验证码。";
    PhoneProofTooWeak:
        "WeChat's quick check is not enough for this number.",
        "Let the person prove it with an SMS code, or with WeChat's real-time check.",
        "微信快速验证不足以完成此操作。",
        "请改用短信验证码或微信手机号实时验证。";
    PhoneCheckUnsupported:
        "This app does not provide phone numbers in this way.",
        "Use the button that the app's `phone_codes` names, or prove the number with an SMS code.",
        "该应用不支持以此方式获取手机号。",
        "请使用该应用 `phone_codes` 所配置的手机号组件，或改用短信验证码。";
    PhoneLoginOff:
        "You cannot sign in by phone here.",
        "Offer another way to sign in. The operator allows this one with `phone.login`.",
        "暂不支持使用手机号登录。",
        "请提供其他登录方式。运营方可通过 `phone.login` 启用手机号登录。";
    PhoneNotRegistered:
        "There is no account with this phone number.",
        "Let the person sign in with WeChat and bind the phone there.",
        "该手机号尚未注册。",
        "请引导用户先用微信登录，再绑定手机号。";
    SecondProofRequired:
        "The number alone does not give access to its account.",
        "Sign in to that account in another way and confirm the merge, or wait for an operator.",
        "仅凭该手机号无法进入原账号。",
        "请用其他方式登录原账号并确认合并，或等待人工处理。";
    FreshLoginRequired:
        "Please sign in again.",
        "Sign in again and repeat this step immediately.",
        "请重新登录一次。",
        "请重新登录，并立即完成此操作。";
    BoundLoginRequired:
        "Please sign in again, from this page or app.",
        "Sign in again with a login that starts here: send a `codeChallenge` to beginLogin or beginNativeLogin, and its \
                 verifier with the code.",
        "请在当前页面或应用中重新登录一次。",
        "请在此处重新发起登录：向 beginLogin 或 beginNativeLogin 传入 `codeChallenge`，并将对应的 verifier 与 code 一并提交。";
    LastCredential:
        "This is the last way to sign in.",
        "Bind a phone or another app first.",
        "这是该账号唯一的登录方式。",
        "请先绑定手机号或其他应用。";
    CoolingOff:
        "This account took over a phone number recently.",
        "Wait `retryAfter` seconds; until then nothing can be removed.",
        "该账号刚刚接管了一个手机号。",
        "请等待 `retryAfter` 秒；在此之前不能移除任何内容。";
    OpenIdOwnedByAnother:
        "This login belongs to another account.",
        "Show mergePreview with the `mergeToken`, and let the person confirm the merge.",
        "该登录方式已属于另一个账号。",
        "请使用 `mergeToken` 展示 mergePreview，并由用户确认合并。";
    LimitBroken:
        "One account cannot have both logins.",
        "An account has at most one login for each app; support can check both accounts.",
        "一个账号不能同时拥有这两个登录身份。",
        "每个应用只能关联一个登录身份；如有疑问请联系客服核对。";
    MergeTokenRejected:
        "The merge offer is no longer valid.",
        "Repeat the step that offered it; an offer is valid for fifteen minutes, and until an account changes.",
        "合并请求已失效。",
        "请重新执行给出该请求的步骤；其有效期为十五分钟，账号变更后即失效。";
    MergeChoiceRequired:
        "The two accounts differ.",
        "Let the person choose for each field that `detail` names, and send the choices as `keep`.",
        "两个账号的信息不一致。",
        "请由用户对 `detail` 中列出的每一项作出选择，并通过 `keep` 传入。";
    UndoImpossible:
        "The merge cannot be undone.",
        "See `detail`; support can check the account's history.",
        "无法撤销合并。",
        "请查看 `detail`；客服可查看账号的变更记录。";
    ConflictClosed:
        "The case is already closed.",
        "Read the case again; it records the actor, the decision and the reason.",
        "该冲突已处理完毕。",
        "请重新查看：其中记录了处理人、处理方式和原因。";
    DecisionDoesNotFit:
        "This decision is not possible for this case.",
        "See `detail`, and the case's `decisions`.",
        "该处理方式不适用于此冲突。",
        "请查看 `detail` 以及该冲突的 `decisions`。";
    RequestPending:
        "Another request for this waits for a second operator.",
        "Approve or decline the request that `detail` names.",
        "此操作已有一个待复核的申请。",
        "请先批准或驳回 `detail` 中的申请。";
    RequestClosed:
        "The request was approved or declined before.",
        "Read the account again. If it is still needed, ask again.",
        "该申请已处理。",
        "请重新查看账号；如仍有需要，请再次提交。";
    RequestExpired:
        "The request waited too long for a second operator.",
        "Ask again.",
        "该申请已过期。",
        "请重新提交。";
    SecondOperatorRequired:
        "Another operator has to approve this request.",
        "Let a colleague approve it: neither who asked, nor a service token that they created, can.",
        "此申请须由另一位客服复核。",
        "请由其他同事批准；申请人本人及其创建的服务令牌均不能批准。";
    InvalidCursor:
        "The cursor is not valid.",
        "Use a cursor from an earlier page, unchanged.",
        "游标无效。",
        "请原样使用先前页面返回的游标。";
    InvalidPage:
        "The page size is not valid.",
        "Send either `first` or `last`, from 1 to 100.",
        "分页参数无效。",
        "请只传 `first` 或 `last` 之一，范围 1 至 100。";
    NoTotals:
        "No sums of orders are kept for this filter.",
        "Request `totalCount` and `totals` without a filter by order number, by title or by limits of the amount.",
        "没有按此筛选条件的订单汇总。",
        "请求 `totalCount` 和 `totals` 时，不要按订单号、商品标题或金额上下限筛选。";
    OrderClash:
        "A reported order contradicts the recorded one.",
        "A report changes neither the openId, the time nor the currency of an order; see `detail`.",
        "上报的订单与已有记录矛盾。",
        "上报不能更改订单的 openId、时间和币种，请查看 `detail`。";
    RateLimited:
        "Too many attempts for now.",
        "Wait `retryAfter` seconds, then try again.",
        "尝试过于频繁。",
        "请等待 `retryAfter` 秒后重试。";
    Timeout:
        "The request took too long.",
        "Try again, or request less at once.",
        "请求超时。",
        "请重试，或减少一次请求的内容。";
    ServiceUnavailable:
        "The service is temporarily unavailable.",
        "Try again in a moment.",
        "服务暂时不可用。",
        "请稍后重试。";
    Internal:
        "An internal error occurred.",
        "Try again; if the error persists, report the errorId to the operator.",
        "服务器内部错误。",
        "请重试；如仍失败，请将 errorId 提供给管理员。";
}
