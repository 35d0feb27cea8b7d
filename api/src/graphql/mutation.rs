//! What can be done.
//! How it is done stands in the use cases, one file each.

use async_graphql::{Context, ID, Object};
use domain::binding::Purpose;
use domain::{LinkEventId, PhoneNumber, ServiceScope};

use super::types::{
    BeginLoginInput, BeginLoginPayload, BeginNativeLoginInput, BeginNativeLoginPayload, BindPhonePayload,
    ConflictDecision, EncryptedPhone, LinkOpenIdPayload, LoginInput, LoginPayload, MergeChoice, MergeUsersPayload,
    OrderInput, PersonEventInput, PhoneCheck, PhoneClaim, PhoneCodePurpose, RecordOrdersPayload,
    RecordPersonEventPayload, RemovalPayload, ResolveConflictPayload, SendPhoneCodePayload, Session, UndoMergePayload,
    choices, shown_phone,
};
use super::{Carriage, caller, carriage, client_address, idempotency_key, service, signed_in_from};
use crate::error::ApiError;
use crate::error::ErrorCode;
use crate::human_check::HumanToken;
use crate::token::CodeVerifier;
use crate::usecase::{BeginLogin, Decide, Login, MergeRequest, ProvePhone, SendCode, WechatPhone, Work};

/// What can be done.
#[derive(Debug, Default)]
pub(super) struct Mutation;

/// What can be done.
#[Object(name = "IdentityMutation")]
impl Mutation {
    /// Starts a login in a browser: makes the address to send the browser to, with a one-time state. With the header
    /// `Guiyi-Session: cookie` and without a `codeChallenge` the browser keeps a verifier in a cookie, and the login is bound by
    /// that.
    async fn begin_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login that is to start.")] input: BeginLoginInput,
    ) -> Result<BeginLoginPayload, ApiError> {
        let mut wanted: BeginLogin = input.try_into()?;
        let verifier = if wanted.challenge.is_none() { carriage(ctx).bind() } else { None };
        wanted.challenge = wanted.challenge.or(verifier.as_ref().map(CodeVerifier::challenge));
        let begun = service(ctx).begin_login(wanted, client_address(ctx)).await?;
        if let Some(verifier) = verifier {
            Carriage::keep(ctx, &verifier);
        }
        Ok(begun.into())
    }

    /// Starts a login that the SDK of a native app carries out: makes a one-time state for the SDK's request.
    async fn begin_native_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The login that is to start.")] input: BeginNativeLoginInput,
    ) -> Result<BeginNativeLoginPayload, ApiError> {
        Ok(service(ctx).begin_native_login(input.try_into()?, client_address(ctx)).await?.into())
    }

    /// Signs a person in with the code that WeChat gave. A code is for one use. Sent again with the same `codeVerifier`
    /// within five minutes it gets the same answer; else it is refused.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn wechat_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The authorization code from WeChat.")] code: String,
        #[graphql(desc = "The app that the code is of. May be left out when `state` names it or there is a default.")]
        app: Option<String>,
        #[graphql(desc = "The state of `beginLogin` that came back with the code.")] state: Option<String>,
        #[graphql(desc = "The verifier of the `codeChallenge`, or one made up for this code; see `LoginInput`.")]
        code_verifier: Option<String>,
        #[graphql(desc = "The `deviceToken` of the last login on this device, if there was one.")] device_token: Option<
            String,
        >,
    ) -> Result<LoginPayload, ApiError> {
        let input = LoginInput { code, app, state, code_verifier, device_token, encrypted_data: None, iv: None };
        let mut login = service(ctx).login(read_login(ctx, input)?, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }

    /// Signs a person in through any provider.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the client brings.")] input: LoginInput,
    ) -> Result<LoginPayload, ApiError> {
        let mut login = service(ctx).login(read_login(ctx, input)?, client_address(ctx)).await?;
        carriage(ctx).load(ctx, [&mut login.tokens]);
        Ok(login.into())
    }

    /// Sends a code by SMS to prove a phone. The answer is the same whether anybody has the number or not.
    ///
    /// Where the service asks for a human check, a device on which no phone was proved needs a `humanToken`; without one the
    /// answer is `HUMAN_CHECK_REQUIRED`.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn send_phone_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number as a person writes it; without a country code it is of mainland China.")]
        phone: String,
        #[graphql(default, desc = "What the code is for.")] purpose: PhoneCodePurpose,
        #[graphql(desc = "What the captcha service gave for a challenge that the person solved. For one code.")]
        human_token: Option<String>,
    ) -> Result<SendPhoneCodePayload, ApiError> {
        let caller = caller(ctx).person()?;
        let input = SendCode {
            number: PhoneNumber::parse(&phone)?,
            purpose: purpose.into(),
            from: client_address(ctx),
            human: human_token.as_deref().and_then(HumanToken::read),
        };
        Ok(service(ctx).send_phone_code(caller, input).await?.into())
    }

    /// Binds a phone to the account; when the company has an account of this phone, the person goes on as that account.
    ///
    /// A number that was last proved long ago is refused with `PHONE_PROOF_TOO_OLD`: ask the person whose it was, and send
    /// the same code once more with `claim`.
    ///
    /// The same request again, within five minutes and in the same session, gets the same answer.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn bind_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The code of six digits.")] code: String,
        #[graphql(desc = "What the person says about a number that was last proved long ago.")] claim: Option<
            PhoneClaim,
        >,
    ) -> Result<BindPhonePayload, ApiError> {
        let (number, claim) = (PhoneNumber::parse(&phone)?, PhoneClaim::read(claim));
        let input = ProvePhone { number, code, purpose: Purpose::Bind, claim };
        let (service, work) = (service(ctx), (Work::ProvePhone, client_address(ctx)));
        let mut bound = service.within_limits(work, service.bind_phone(caller(ctx).person()?, &input)).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Gives the account another phone than it has. Needs a fresh login, and a code that was sent for a change. The old
    /// number is kept for three days, in which the person can change back and nobody else can have it.
    ///
    /// `claim` is the same as with `bindPhone`, and so is the same request again.
    #[expect(clippy::too_many_arguments, reason = "the field has these three arguments")]
    async fn change_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number that the code was sent to.")] phone: String,
        #[graphql(desc = "The code of six digits.")] code: String,
        #[graphql(desc = "What the person says about a number that was last proved long ago.")] claim: Option<
            PhoneClaim,
        >,
    ) -> Result<BindPhonePayload, ApiError> {
        let (number, claim) = (PhoneNumber::parse(&phone)?, PhoneClaim::read(claim));
        let input = ProvePhone { number, code, purpose: Purpose::Change, claim };
        let (service, work) = (service(ctx), (Work::ProvePhone, client_address(ctx)));
        let mut bound = service.within_limits(work, service.bind_phone(caller(ctx).person()?, &input)).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Binds the phone that the person showed in a mini program, as `bindPhone` does. A number that WeChat knows from some
    /// time (`QUICK`) opens and joins no account that exists. The same request again gets the same answer as with `bindPhone`.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn bind_phone_with_wechat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mini program.")] app: String,
        #[graphql(desc = "Which button was tapped: the one that the app's configuration names.")] kind: PhoneCheck,
        #[graphql(desc = "The code that the button gave. For one use.")] code: Option<String>,
        #[graphql(desc = "What the button gave in place of a code.")] encrypted: Option<EncryptedPhone>,
        #[graphql(desc = "What the person says about a number that was last proved long ago.")] claim: Option<
            PhoneClaim,
        >,
    ) -> Result<BindPhonePayload, ApiError> {
        let app = app.parse().map_err(|_| ApiError::refused(ErrorCode::UnknownApp))?;
        let shown = shown_phone(code.as_deref(), encrypted.as_ref())?;
        let input = WechatPhone { app, kind: kind.into(), shown, claim: PhoneClaim::read(claim) };
        let mut bound = service(ctx).bind_phone_with_wechat(caller(ctx).person()?, &input).await?;
        carriage(ctx).load(ctx, &mut bound.session);
        Ok(bound.into())
    }

    /// Takes the phone away from the account. Needs a fresh login; the last way to sign in stays. The number is free at once.
    /// The same request again gets the same answer if both have the same header `Idempotency-Key`.
    async fn unbind_phone(&self, ctx: &Context<'_>) -> Result<RemovalPayload, ApiError> {
        Ok(service(ctx).unbind_phone(caller(ctx).person()?, idempotency_key(ctx)).await?.into())
    }

    /// Takes an app away from the account. Needs a fresh login; the last way to sign in stays. Orders that were placed
    /// through the app go along, and wait for its next login. `Idempotency-Key` is the same as with `unbindPhone`.
    async fn unlink_open_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The app, as `openIds` names it.")] app: String,
    ) -> Result<RemovalPayload, ApiError> {
        Ok(service(ctx).unlink_open_id(caller(ctx).person()?, &app, idempotency_key(ctx)).await?.into())
    }

    /// Adds another way of signing in to the account of the person who is signed in, and has signed in just now.
    /// An openId of another account is not moved: the answer is `OPEN_ID_OWNED_BY_ANOTHER`, with a `mergeToken`.
    /// The same request again, within five minutes and in the same session, gets the same answer.
    async fn link_open_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the client brings, as for a login.")] input: LoginInput,
    ) -> Result<LinkOpenIdPayload, ApiError> {
        let caller = caller(ctx).person()?;
        Ok(service(ctx).link_open_id(caller, (read_login(ctx, input)?, client_address(ctx))).await?.into())
    }

    /// Makes two accounts one, as the person chose who is signed in to one of them, and has signed in just now. The merge
    /// was offered before: with a login, or beside an error that has a `mergeToken`. It can be undone for thirty days.
    /// The same request again, within five minutes and in the same session, gets the same answer.
    #[expect(clippy::too_many_arguments, reason = "the field has these four arguments")]
    async fn merge_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the offer. A refusal does not use it up.")] token: String,
        #[graphql(desc = "The account that goes on, if not the one that `mergePreview` names.")] survivor: Option<ID>,
        #[graphql(desc = "A choice for each of the `clashes` of `mergePreview`.", default)] keep: Vec<MergeChoice>,
        #[graphql(
            desc = "A live access token of the other account, signed in to just now. Needed where the offer came \
            with SECOND_PROOF_REQUIRED."
        )]
        other_access_token: Option<String>,
    ) -> Result<MergeUsersPayload, ApiError> {
        let caller = caller(ctx).person()?;
        let request = MergeRequest { token, choices: choices(survivor.as_ref(), keep)?, other_access_token };
        let mut merged = service(ctx).merge_users(caller, &request).await?;
        carriage(ctx).load(ctx, &mut merged.session);
        Ok(merged.into())
    }

    /// Undoes a merge within thirty days: what it moved goes back, and the account that went is again, with its own id.
    /// What was made after the merge stays with the survivor. For the survivor, who has signed in just now, or a service
    /// token with the scope `users:write`.
    /// `Idempotency-Key` is the same as with `unbindPhone`.
    async fn undo_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The merge: `evt_…`, from `mergeUsers` or `User.merges`.")] id: ID,
        #[graphql(desc = "Why: 1 to 500 characters, for a service token; else ignored.")] reason: Option<String>,
    ) -> Result<UndoMergePayload, ApiError> {
        let id: LinkEventId = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let mut undone = service(ctx).undo_merge(caller(ctx), id, (reason.as_deref(), idempotency_key(ctx))).await?;
        carriage(ctx).load(ctx, &mut undone.session);
        Ok(undone.into())
    }

    /// Closes a case, for a service token with the scope `conflicts:write`. Who decided, what and why is kept in the case
    /// and in the journal. MERGE needs a choice for each field in which the two accounts differ, as `mergeUsers` does.
    #[expect(clippy::too_many_arguments, reason = "the field has these five arguments")]
    async fn resolve_conflict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case: `cfl_…`.")] id: ID,
        #[graphql(desc = "What is decided: one of the case's `decisions`.")] decision: ConflictDecision,
        #[graphql(desc = "Why: 1 to 500 characters.")] reason: String,
        #[graphql(desc = "For MERGE: the account that goes on, if not the usual one.")] survivor: Option<ID>,
        #[graphql(desc = "For MERGE: whose value stays, for each field in which they differ.", default)] keep: Vec<
            MergeChoice,
        >,
    ) -> Result<ResolveConflictPayload, ApiError> {
        caller(ctx).require(ServiceScope::ConflictsWrite)?;
        let case = id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
        let choices = choices(survivor.as_ref(), keep)?;
        let decide = Decide { case, resolution: decision.into(), reason, choices };
        Ok(service(ctx).resolve_case(caller(ctx), decide).await?.into())
    }

    /// Records what WeChat told of a person, for a service token with the scope `users:write`. No key moves by it.
    /// Unknown openIds are `NOT_FOUND`.
    async fn record_person_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] input: PersonEventInput,
    ) -> Result<RecordPersonEventPayload, ApiError> {
        let service = service(ctx);
        caller(ctx).require(ServiceScope::UsersWrite)?;
        let changed = service.record_person_event(caller(ctx), &input.read(service)?).await?;
        Ok(RecordPersonEventPayload { changed })
    }

    /// Records orders, for a service token with the scope `orders:write`. All or nothing, at most 500 at once, and no more than
    /// fit into one request.
    /// An order is known by its app and number: the same report again changes nothing; status, total and items may change.
    async fn record_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The orders.")] input: Vec<OrderInput>,
    ) -> Result<RecordOrdersPayload, ApiError> {
        let service = service(ctx);
        caller(ctx).require(ServiceScope::OrdersWrite)?;
        let read = |(at, order): (usize, OrderInput)| order.read(service).map_err(|e| at_index(at, &e));
        let reports = input.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(service.record_orders(caller(ctx), &reports).await?.into())
    }

    /// Exchanges a refresh token for new tokens. Until the new refresh token is used, the same one gets the same answer; one
    /// that is older ends its session.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token of the login or of the last refresh. May be left out with the header \
            `Guiyi-Session: cookie`: then it is the cookie's. If both are there, this one counts.")]
        refresh_token: Option<String>,
    ) -> Result<Session, ApiError> {
        let (service, carriage) = (service(ctx), carriage(ctx));
        let given = refresh_token.as_deref().or(carriage.refresh_token()).unwrap_or_default();
        let work = (Work::Refresh, client_address(ctx));
        let mut tokens = service.within_limits(work, service.refresh(given)).await?;
        carriage.load(ctx, [&mut tokens]);
        Ok(tokens.into())
    }

    /// Ends the session of the access token, and with the header `Guiyi-Session: cookie` also that of the cookie, which it
    /// takes away; answers whether there was one.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let carriage = carriage(ctx);
        let ended = service(ctx).logout(caller(ctx), carriage.refresh_token()).await?;
        carriage.unload(ctx);
        Ok(ended)
    }
}

/// What a client brings, and where it is.
fn read_login(ctx: &Context<'_>, input: LoginInput) -> Result<Login, ApiError> {
    let login: Login = input.try_into()?;
    // A code without a state did not begin here.
    let kept = login.state.as_ref().and_then(|_| carriage(ctx).verifier());
    Ok(Login { from: signed_in_from(ctx), verifier: login.verifier.or(kept), ..login })
}

/// Says which order of a batch a mistake is in.
fn at_index(at: usize, error: &ApiError) -> ApiError {
    let code: ErrorCode = error.code();
    ApiError::detailed(code, format!("input[{at}]: {}", error.detail()))
}
