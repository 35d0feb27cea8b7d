// Generated from schema.graphql by `npm run codegen`. Do not edit.

export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> =
  T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string };
  String: { input: string; output: string };
  Boolean: { input: boolean; output: boolean };
  Int: { input: number; output: number };
  Float: { input: number; output: number };
  /**
   * Implement the DateTime<Utc> scalar
   *
   * The input/output is a string in RFC3339 format.
   */
  DateTime: { input: string; output: string };
  /** A scalar that can represent any JSON value. */
  JSON: { input: unknown; output: unknown };
  /**
   * A quantity above 0 and below 2147483648, with at most 6 decimal places: a number, or a decimal number as text. `2`,
   * `1.5` and `"1.500"` are quantities. One with more places is refused.
   */
  Quantity: { input: string | number; output: string | number };
};

/** Selects orders by their total. */
export type AmountFilter = {
  /** The ISO 4217 currency code: `CNY`. Nothing is converted. */
  readonly currency: Scalars['String']['input'];
  /** At least this decimal amount: `100.00`. */
  readonly min?: InputMaybe<Scalars['String']['input']>;
  /** At most this decimal amount. */
  readonly max?: InputMaybe<Scalars['String']['input']>;
};

/** The kind of an audit event. */
export type AuditAction =
  /** A login code was sent again, by another client or too late, and was refused. */
  | 'LOGIN_REPEAT_REFUSED'
  /** A used refresh token was sent again too late; its session was ended. */
  | 'REFRESH_TOKEN_REPLAYED'
  /** A person ended one of their sessions: the current one or another. */
  | 'SESSION_ENDED'
  /** A person ended all their sessions, or an operator those of a person. */
  | 'SESSIONS_ENDED'
  /** An operator disabled an account. */
  | 'USER_DISABLED'
  /** An operator enabled a disabled account. */
  | 'USER_ENABLED'
  /** A person asked to be erased. */
  | 'ERASURE_ASKED'
  /** An erasure was called off: by the person, or because the account is in use again. */
  | 'ERASURE_CANCELLED'
  /** An account was erased. */
  | 'USER_ERASED'
  /** Everything that is kept about a person was handed out. */
  | 'USER_EXPORTED'
  /** A person's phone number was shown in full to a service token. */
  | 'PHONE_READ'
  /** A service token was created. */
  | 'TOKEN_CREATED'
  /** A service token was used for the first time on a day from a block of addresses. */
  | 'TOKEN_USED'
  /** A service token was revoked. */
  | 'TOKEN_REVOKED'
  /** A person became an operator at the command line, or got another role. */
  | 'OPERATOR_ADDED'
  /** An operator was removed at the command line. */
  | 'OPERATOR_REMOVED'
  /** An operator signed in. */
  | 'OPERATOR_SIGNED_IN'
  /** An operator signed out. */
  | 'OPERATOR_SIGNED_OUT'
  /** An act was asked for that waits for a second operator. */
  | 'REQUEST_MADE'
  /** A second operator approved an act, which was carried out. */
  | 'REQUEST_APPROVED'
  /** An act that waited for a second operator was declined. */
  | 'REQUEST_DECLINED'
  /** An operator closed a case. */
  | 'CASE_CLOSED'
  /** An operator set a person's phone with `setPhone`. */
  | 'PHONE_SET'
  /** An operator merged two accounts with `mergePeople`. */
  | 'USERS_MERGED'
  /** An operator undid a merge. */
  | 'MERGE_UNDONE'
  /** A batch of accounts was imported. */
  | 'USERS_IMPORTED'
  /** A batch of orders was imported. */
  | 'ORDERS_IMPORTED'
  /** An operator corrected the openId or the time of an order. */
  | 'ORDER_CORRECTED'
  /** A batch of unionIds was moved to another union scope. */
  | 'SCOPE_MIGRATED'
  /** A run over the followers of an app for their unionIds ended or stopped. */
  | 'UNION_IDS_BACKFILLED'
  /** A run over the people of a migrated account for their new openIds ended or stopped. */
  | 'OPEN_IDS_CHANGED'
  /** The links of such a run were undone. */
  | 'OPEN_ID_CHANGES_UNDONE'
  /** A reported person event changed data. */
  | 'PERSON_EVENT_RECORDED'
  /** A deployment secret was used for the first time. */
  | 'KEY_IN_USE'
  /** A new data key for the encryption of phone numbers was created. */
  | 'DATA_KEY_MADE'
  /** A document was added to the list of allowed documents. */
  | 'DOCUMENT_ADDED'
  /** A document was removed from the list of allowed documents. */
  | 'DOCUMENT_REMOVED';

/** Selects audit events. All given conditions must hold. */
export type AuditFilter = {
  /** Only events of these kinds. */
  readonly action?: InputMaybe<ReadonlyArray<AuditAction>>;
  /** Only events of this account or of an account that was merged into it: `usr_…`. */
  readonly user?: InputMaybe<Scalars['ID']['input']>;
  /** Only actions of this service token: `svc_…`. */
  readonly token?: InputMaybe<Scalars['ID']['input']>;
  /** Only actions of this operator: `opr_…`. */
  readonly operator?: InputMaybe<Scalars['ID']['input']>;
  /** Only events at or after this time. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
};

/** The input of `beginLogin`. */
export type BeginLoginInput = {
  /** The app's name, from the `apps` query. */
  readonly app: Scalars['String']['input'];
  /**
   * The address to which the provider redirects the browser with `code` and `state`. It must equal one of the app's
   * `return_to` addresses exactly.
   */
  readonly returnTo: Scalars['String']['input'];
  /** What to ask the person for. A website has only one scope and ignores this. */
  readonly scope?: LoginScope;
  /**
   * The S256 hash (RFC 7636) of a random `codeVerifier` that the client generates and keeps: 43 characters of
   * base64url. It binds the login to this browser: the login cannot be completed without the verifier, and a retry
   * returns the same answer. Required, unless the request has the header `Guiyi-Session: cookie` or the app's
   * configuration has a weaker rule; then whatever changes the account after a login without it fails with
   * `BOUND_LOGIN_REQUIRED`.
   */
  readonly codeChallenge?: InputMaybe<Scalars['String']['input']>;
};

/** The input of `beginNativeLogin`. */
export type BeginNativeLoginInput = {
  /** The app's name, from the `apps` query. */
  readonly app: Scalars['String']['input'];
  /**
   * The S256 hash (RFC 7636) of a random `codeVerifier` that the client generates and keeps: 43 characters of
   * base64url.
   */
  readonly codeChallenge: Scalars['String']['input'];
};

/** A decision that closes a case. */
export type ConflictDecision =
  /** The accounts belong to one person: merge them. The merge can be undone for 30 days. */
  | 'MERGE'
  /** The accounts belong to two people, or nothing is wrong: change nothing. */
  | 'KEEP_APART'
  /** Replace the account's unionId in this union scope with the new one. */
  | 'ACCEPT_UNION_ID'
  /** Move the number from the other account to the account that proved it. */
  | 'GIVE_PHONE';

/** Selects cases. All given conditions must hold. */
export type ConflictFilter = {
  /** Only cases of these kinds. */
  readonly kind?: InputMaybe<ReadonlyArray<ConflictKind>>;
  /** Only open cases (`true`) or only closed cases (`false`). */
  readonly open?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only cases of this account or of an account that was merged into it. */
  readonly user?: InputMaybe<Scalars['ID']['input']>;
  /** Only cases opened at or after this time. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Why a case was opened. */
export type ConflictKind =
  /** An openId and its unionId belong to two accounts, neither of which is empty (R1c). */
  | 'TWO_ACCOUNTS'
  /** The provider returned a different unionId for a known openId (R5). */
  | 'UNION_ID_CHANGED'
  /** A link would give one account two openIds in one app or two unionIds in one union scope (R9). */
  | 'LIMIT_BROKEN'
  /** A proven phone belongs to another account, and the two cannot be merged without a choice (R4b). */
  | 'PHONE_OWNED'
  /** A person claims a number with an old proof, and the account that it belongs to (R6). */
  | 'PHONE_STALE';

/** The input of `correctOrder`. */
export type CorrectOrderInput = {
  /** The name of the app in which the order was placed. */
  readonly app: Scalars['String']['input'];
  /** The shop's order number. */
  readonly orderNo: Scalars['String']['input'];
  /** The openId that placed the order, in the same app. Left out or null, it stays. */
  readonly openId?: InputMaybe<Scalars['String']['input']>;
  /** When the order was placed. Left out or null, it stays. */
  readonly placedAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Why: for the order's history and the audit log. 1 to 500 characters. */
  readonly reason: Scalars['String']['input'];
};

/** The input of `createServiceToken`. */
export type CreateServiceTokenInput = {
  /** The system that uses the token: at most 100 characters. */
  readonly name?: Scalars['String']['input'];
  /** The token's scopes. Each must be a scope of the creating token. */
  readonly scopes: ReadonlyArray<ServiceScope>;
  /** The lifetime in days: 1 to 3650. Defaults to 365. */
  readonly days?: InputMaybe<Scalars['Int']['input']>;
  /** Whether the token never expires. Excludes `days`. */
  readonly neverExpires?: Scalars['Boolean']['input'];
};

/** A phone number as mini programs from before August 2023 receive it: encrypted with the session key of a login. */
export type EncryptedPhone = {
  /** The one-time code of a `wx.login` before the button was tapped. */
  readonly loginCode: Scalars['String']['input'];
  /** The encrypted data from the button. */
  readonly encryptedData: Scalars['String']['input'];
  /** The initialization vector from the button. */
  readonly iv: Scalars['String']['input'];
};

/** Why an account is erased. */
export type ErasureCause =
  /** The person asked for it. */
  | 'PERSON'
  /** Every login that opened it was cancelled at the provider. */
  | 'CANCELLED'
  /** An operator decided it. */
  | 'OPERATOR';

/** The code of an error, in `errors[].extensions.code`. */
export type ErrorCode =
  /** The document is not valid GraphQL or does not match the schema. */
  | 'INVALID_QUERY'
  /** The document is too deep or too expensive. */
  | 'QUERY_TOO_COMPLEX'
  /** The request body is larger than allowed. */
  | 'BODY_TOO_LARGE'
  /** The document is not on the list of allowed documents. */
  | 'DOCUMENT_NOT_ALLOWED'
  /** No document with this hash is stored: send the hash together with the text. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** A value has the right type but is not valid. */
  | 'INVALID_INPUT'
  /** The request has no token, or the token is no longer valid. */
  | 'UNAUTHENTICATED'
  /** The token lacks the required scope. */
  | 'FORBIDDEN'
  /** The object does not exist or belongs to another person. */
  | 'NOT_FOUND'
  /** No app has this name. */
  | 'UNKNOWN_APP'
  /** The login names no app, and there is no default app. */
  | 'APP_REQUIRED'
  /** The app has no browser logins. */
  | 'NOT_A_BROWSER_APP'
  /** The app has no logins with a native SDK. */
  | 'NOT_A_NATIVE_APP'
  /** The app does not allow this return address. */
  | 'RETURN_TO_NOT_ALLOWED'
  /** The app has no JS-SDK. */
  | 'NO_JS_SDK'
  /** The app does not sign JS-SDK configurations for this page. */
  | 'PAGE_NOT_ALLOWED'
  /** The state is unknown, expired, used, or belongs to another app. */
  | 'INVALID_STATE'
  /** The app requires the state of `beginLogin` with the code. */
  | 'STATE_REQUIRED'
  /** The app requires every login to begin with a code challenge. */
  | 'CHALLENGE_REQUIRED'
  /** The authorization code is wrong, expired, or belongs to another app. */
  | 'INVALID_CODE'
  /** The authorization code was already exchanged. */
  | 'CODE_USED'
  /** WeChat shows a preview of the page to a snapshot user. */
  | 'SNAPSHOT_USER'
  /** The person has not consented to share more than an openId. */
  | 'CONSENT_REQUIRED'
  /** The person declined the login. */
  | 'LOGIN_DENIED'
  /** The encrypted data of the mini program does not match the login. */
  | 'ENCRYPTED_DATA_STALE'
  /** The provider does not allow this person to sign in. */
  | 'LOGIN_BLOCKED'
  /** The account is disabled. */
  | 'ACCOUNT_CLOSED'
  /** The provider's rate limit is reached. */
  | 'UPSTREAM_BUSY'
  /** The provider is down or does not answer in time. */
  | 'UPSTREAM_UNAVAILABLE'
  /** The provider refuses the app's request or returns an invalid answer. */
  | 'UPSTREAM_FAULT'
  /** The refresh token is unknown, expired or used, or its session has ended. */
  | 'INVALID_REFRESH_TOKEN'
  /** The text is not a phone number, or the number cannot receive SMS. */
  | 'INVALID_PHONE'
  /** The person has to solve a challenge before a code is sent. */
  | 'HUMAN_CHECK_REQUIRED'
  /** Too many codes were sent to this number, or requested by this account, from this device or from this network. */
  | 'TOO_MANY_CODES'
  /** The SMS could not be sent. */
  | 'SMS_UNAVAILABLE'
  /** The SMS code is wrong or expired. */
  | 'PHONE_CODE_REJECTED'
  /** Too many wrong SMS codes were sent. */
  | 'TOO_MANY_TRIES'
  /** The number belongs to another account, and the two are not merged automatically. */
  | 'PHONE_OWNED_BY_ANOTHER'
  /** The account already has another phone. */
  | 'PHONE_ALREADY_BOUND'
  /** The number's last proof is too old to give access to its account. */
  | 'PHONE_PROOF_TOO_OLD'
  /** A quick verification by WeChat is not a sufficient proof. */
  | 'PHONE_PROOF_TOO_WEAK'
  /** The app does not support this kind of phone verification. */
  | 'PHONE_CHECK_UNSUPPORTED'
  /** The service has no logins by phone. */
  | 'PHONE_LOGIN_OFF'
  /** No account has this phone. */
  | 'PHONE_NOT_REGISTERED'
  /** The number alone does not give access to its account: a second proof is required. */
  | 'SECOND_PROOF_REQUIRED'
  /** The login is too old for this operation. */
  | 'FRESH_LOGIN_REQUIRED'
  /** The login is not bound to its browser or device, so it can use and change only its own session. */
  | 'BOUND_LOGIN_REQUIRED'
  /** It is the account's last way to sign in. */
  | 'LAST_CREDENTIAL'
  /** The account took over a number in the last 24 hours; nothing can be removed from it yet. */
  | 'COOLING_OFF'
  /** The login to link belongs to another account. */
  | 'OPEN_ID_OWNED_BY_ANOTHER'
  /** The account would have two openIds of one app or two unionIds of one union scope. */
  | 'LIMIT_BROKEN'
  /** The merge token is unknown, used, expired or another person's, or one of the accounts has changed since. */
  | 'MERGE_TOKEN_REJECTED'
  /** The two accounts differ in a field, and the request has no choice for it. */
  | 'MERGE_CHOICE_REQUIRED'
  /** The merge can no longer be undone, or not yet. */
  | 'UNDO_IMPOSSIBLE'
  /** The case is already closed. */
  | 'CONFLICT_CLOSED'
  /** The decision is not, or no longer, possible for this case. */
  | 'DECISION_DOES_NOT_FIT'
  /** Another request for this act waits for a second operator. */
  | 'REQUEST_PENDING'
  /** The request was approved or declined before. */
  | 'REQUEST_CLOSED'
  /** The request waited too long for a second operator. */
  | 'REQUEST_EXPIRED'
  /** Another operator has to approve the request. */
  | 'SECOND_OPERATOR_REQUIRED'
  /** The cursor is not valid. */
  | 'INVALID_CURSOR'
  /** `first` or `last` is not from 1 to 100, or both are given. */
  | 'INVALID_PAGE'
  /** No sums of orders are kept for this filter. */
  | 'NO_TOTALS'
  /** A reported order contradicts the recorded one. */
  | 'ORDER_CLASH'
  /** A rate limit for this network or this app is exceeded. */
  | 'RATE_LIMITED'
  /** The request took too long. */
  | 'TIMEOUT'
  /** The service is temporarily unavailable. */
  | 'SERVICE_UNAVAILABLE'
  /** An internal error occurred. */
  | 'INTERNAL';

/** An act that may need a second operator. */
export type FourEyesAct =
  /** `mergePeople`, and `resolveConflict` with `MERGE`. */
  | 'MERGE'
  /** `undoMerge` for the company. */
  | 'UNDO'
  /** `setPhone`. */
  | 'SET_PHONE'
  /** `eraseUser`. */
  | 'ERASE';

/** The actor of a journal entry. */
export type LinkActor =
  /** The person, with a proof. */
  | 'PERSON'
  /** The company, with an import. */
  | 'IMPORT'
  /** An operator. */
  | 'OPERATOR'
  /** WeChat, with an event about the person. */
  | 'UPSTREAM';

/** A rule of docs/identity-rules.md. */
export type LinkRule =
  /** The openId is known. */
  | 'R1'
  /** The openId is known and its unionId is new. */
  | 'R1b'
  /** The openId and the unionId belong to two accounts. */
  | 'R1c'
  /** The openId is new and the unionId is known. */
  | 'R2'
  /** Both are new. */
  | 'R3'
  /** The phone belongs to no account and is bound. */
  | 'R4a'
  /** The phone belongs to another account. */
  | 'R4b'
  /** The account is merged into the phone's account. */
  | 'R4c'
  /** The phone is changed. */
  | 'R4d'
  /** A person signed in by a phone alone. */
  | 'R4e'
  /** The unionId of a known openId has changed. */
  | 'R5'
  /** The phone's last proof is too old to give access to its account. */
  | 'R6'
  /** The person removed a phone or an app. */
  | 'R7'
  /** The person merged two accounts or undid a merge. */
  | 'R8'
  /** A limit would be exceeded: one openId per app, one unionId per union scope, one phone. */
  | 'R9'
  /** The person withdrew an app's permission to use personal data. */
  | 'R11'
  /** The person closed the WeChat account. */
  | 'R12'
  /** The signed-in person linked another app. */
  | 'R13'
  /** An operator decided. */
  | 'R14'
  /** The login was not bound to its browser or device. */
  | 'R15'
  /** WeChat migrated an official account to another one and told the person's new openId. */
  | 'R16'
  /** The company imported the data. */
  | 'IMPORT';

/** The input of a login. */
export type LoginInput = {
  /** The one-time authorization code from the provider. Empty or `authdeny` if the person declined. */
  readonly code: Scalars['String']['input'];
  /** The name of the app that the code belongs to. Optional if `state` is given or there is a default app. */
  readonly app?: InputMaybe<Scalars['String']['input']>;
  /** The state of `beginLogin` or `beginNativeLogin`, as returned with the code. */
  readonly state?: InputMaybe<Scalars['String']['input']>;
  /**
   * The verifier of the `codeChallenge` with which the login began. Optional with the header `Guiyi-Session:
   * cookie`: the verifier of the cookie is used. For a code without a state, as in mini programs: 43 to 128 random
   * characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`, the same in every retry with this code.
   */
  readonly codeVerifier?: InputMaybe<Scalars['String']['input']>;
  /**
   * The `deviceToken` of the last login on this device, if any. An unknown token is ignored, and `linkOpenId`
   * ignores it always.
   */
  readonly deviceToken?: InputMaybe<Scalars['String']['input']>;
  /** The encrypted data from the mini program, in base64. Requires `iv`. */
  readonly encryptedData?: InputMaybe<Scalars['String']['input']>;
  /** The initialization vector of `encryptedData`, in base64. */
  readonly iv?: InputMaybe<Scalars['String']['input']>;
};

/** What a login asks the person for. */
export type LoginScope =
  /** Only the openId; the person is not asked for consent. */
  | 'BASE'
  /** Also nickname, picture and unionId; the person is asked for consent. */
  | 'USERINFO';

/** How a client starts a login and gets the login code. */
export type LoginStart =
  /** Redirect the browser to the `authorizeUrl` of `beginLogin`; the browser returns with a code. */
  | 'REDIRECT'
  /** Show the `authorizeUrl` of `beginLogin`, a page with a QR code; the browser returns with a code. */
  | 'QR_PAGE'
  /** Get the code from the provider's SDK in the native app. */
  | 'NATIVE_SDK'
  /** Get the code from the host app: `wx.login()` in a mini program. */
  | 'HOST_APP';

/** A choice for a field in which the two accounts differ. */
export type MergeChoice = {
  /** The field. */
  readonly field: MergeField;
  /** The account whose value is kept. */
  readonly user: Scalars['ID']['input'];
};

/** A field of which an account has one value. */
export type MergeField =
  /** The active phone. */
  | 'PHONE'
  /** The company's id of the person. */
  | 'EXTERNAL_ID'
  /** The nickname. */
  | 'NICKNAME'
  /** The picture. */
  | 'AVATAR_URL';

/** Why two accounts cannot be merged. */
export type MergeObstacleKind =
  /** Both have an openId in one app: WeChat says that they are two people there. */
  | 'TWO_OPEN_IDS'
  /** Both have a unionId in one union scope: WeChat says that they are two people. */
  | 'TWO_UNION_IDS';

/** An exact amount of money. */
export type MoneyInput = {
  /** A decimal amount: `128.50`. An amount with more decimal places than the currency has is refused. */
  readonly amount: Scalars['String']['input'];
  /** The ISO 4217 currency code: `CNY`. */
  readonly currency: Scalars['String']['input'];
};

/** How far a notice is. */
export type NoticeState =
  /** It is being sent, or will be again. */
  | 'PENDING'
  /** It was sent. */
  | 'SENT'
  /** It was given up. `guiyi outbox` shows why, and sends it again. */
  | 'FAILED';

/** The role of an operator. */
export type OperatorRole =
  /** Reads accounts, orders, cases and numbers. Phone numbers are masked. */
  | 'VIEWER'
  /** Does the daily work of a support desk. */
  | 'AGENT'
  /** Does everything that a service token can. */
  | 'ADMIN';

/** A parcel that was sent to the buyer. */
export type OrderDeliveryInput = {
  /** The carrier as the shop calls it: `SF`, `顺丰速运`. 1 to 64 characters. */
  readonly carrier: Scalars['String']['input'];
  /** The carrier's tracking number: 1 to 64 characters. */
  readonly trackingNo: Scalars['String']['input'];
  /** When it was sent. */
  readonly shippedAt?: InputMaybe<Scalars['DateTime']['input']>;
};

/** The effect of a report on an order. */
export type OrderEffect =
  /** The order was created. */
  | 'CREATED'
  /** Its status, total, items, refunds or deliveries changed. */
  | 'UPDATED'
  /** The report equals the recorded order. */
  | 'UNCHANGED'
  /** A report with a later `shopUpdatedAt` came before, so this one changes nothing. */
  | 'OUTDATED';

/** Selects orders. All given conditions must hold. */
export type OrderFilter = {
  /** Only orders of these apps, by name. */
  readonly apps?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Only orders with one of these statuses. */
  readonly statuses?: InputMaybe<ReadonlyArray<OrderStatus>>;
  /** Only orders placed at or after this time. */
  readonly placedFrom?: InputMaybe<Scalars['DateTime']['input']>;
  /** Only orders placed before this time. */
  readonly placedUntil?: InputMaybe<Scalars['DateTime']['input']>;
  /** Only orders of these amounts. Requires a sort by amount. */
  readonly amount?: InputMaybe<AmountFilter>;
  /** Only the order with this number: at most one in each app. */
  readonly orderNo?: InputMaybe<Scalars['String']['input']>;
  /**
   * Only orders with this text in the title of a line, whatever its case: 1 to 64 characters. No index has the titles, so a page
   * reads at most 2,000 orders of the list: it may have fewer orders than requested, or none, and `hasNextPage` all the same. Go
   * on with its cursor, or narrow the list down by time, status or app.
   */
  readonly title?: InputMaybe<Scalars['String']['input']>;
};

/** An order as reported by one of the company's systems. */
export type OrderInput = {
  /** The name of the app in which the order was placed. */
  readonly app: Scalars['String']['input'];
  /** The shop's order number: unique within the app, at most 128 characters. */
  readonly orderNo: Scalars['String']['input'];
  /** The openId that placed the order. The person need not have signed in yet. */
  readonly openId: Scalars['String']['input'];
  /** The status of the order. */
  readonly status: OrderStatus;
  /** The total price. */
  readonly total: MoneyInput;
  /** When the order was placed. */
  readonly placedAt: Scalars['DateTime']['input'];
  /**
   * When the shop last changed the order, by its own clock. If reports can overtake each other, send it with all of them: a
   * report with an earlier time than the recorded one is `OUTDATED`. Reports without it count in the order in which they arrive.
   */
  readonly shopUpdatedAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The lines of the order: at most 100. Null is none. */
  readonly items?: InputMaybe<ReadonlyArray<OrderItemInput>>;
  /** All refunds of the order: at most 100. Null or left out, the recorded ones stay; an empty list removes them. */
  readonly refunds?: InputMaybe<ReadonlyArray<OrderRefundInput>>;
  /** All deliveries of the order: at most 100. Null or left out, the recorded ones stay; an empty list removes them. */
  readonly deliveries?: InputMaybe<ReadonlyArray<OrderDeliveryInput>>;
};

/** One line of an order. */
export type OrderItemInput = {
  /** The shop's article number. Empty text is none. */
  readonly sku?: InputMaybe<Scalars['String']['input']>;
  /** The name of the article. */
  readonly title: Scalars['String']['input'];
  /** The quantity. */
  readonly quantity: Scalars['Quantity']['input'];
  /**
   * The price per unit: a decimal amount in the order's currency. It may have up to 6 decimal places more than the
   * currency has: `3.3333`. One with still more places is refused.
   */
  readonly unitPrice: Scalars['String']['input'];
};

/**
 * Money that went back to the buyer. The refunds of an order are at most its total. An order with refunds is `PAID`, `SHIPPED`,
 * `COMPLETED` or `REFUNDED`.
 */
export type OrderRefundInput = {
  /** The shop's number of the refund: unique within the order, at most 128 characters. */
  readonly refundNo: Scalars['String']['input'];
  /** A decimal amount above 0 in the order's currency: `28.50`. */
  readonly amount: Scalars['String']['input'];
  /** When the money went back. */
  readonly refundedAt: Scalars['DateTime']['input'];
};

/** The order of a list of orders. */
export type OrderSort =
  /** The latest first. */
  | 'NEWEST_FIRST'
  /** The earliest first. */
  | 'OLDEST_FIRST'
  /** The largest amount first. Requires `filter.amount`. */
  | 'LARGEST_FIRST'
  /** The smallest amount first. Requires `filter.amount`. */
  | 'SMALLEST_FIRST';

/** The status of an order. */
export type OrderStatus =
  /** Placed, not yet paid. */
  | 'PENDING'
  /** Paid, not yet shipped. */
  | 'PAID'
  /** Shipped, not yet received. */
  | 'SHIPPED'
  /** Received and completed. */
  | 'COMPLETED'
  /** Cancelled before payment or shipment. */
  | 'CANCELLED'
  /** Refunded. */
  | 'REFUNDED';

/** An event about a person. */
export type PersonEventInput = {
  /** The app's name. */
  readonly app: Scalars['String']['input'];
  /** The person's openId in the app. */
  readonly openId: Scalars['String']['input'];
  /** The kind of the event. */
  readonly kind: PersonEventKind;
  /** The withdrawn fields. REVOKED requires at least one; other kinds allow none. */
  readonly fields?: ReadonlyArray<ProfileField>;
  /** The time of the event: WeChat's `CreateTime`. */
  readonly at: Scalars['DateTime']['input'];
};

/** The kind of a person event. */
export type PersonEventKind =
  /** The person followed the official account (`subscribe`). */
  | 'FOLLOWED'
  /** The person unfollowed the official account (`unsubscribe`). */
  | 'UNFOLLOWED'
  /** The person withdrew the app's permission to use personal data (`user_authorization_revoke`). */
  | 'REVOKED'
  /** The person closed the WeChat account (`user_authorization_cancellation`). */
  | 'CANCELLED';

/** What a search has found a person by. */
export type PersonMatchKind =
  /** The id of the account. */
  | 'USER_ID'
  /** The id of an account that was merged into it. */
  | 'FORMER_ID'
  /** The bound phone. */
  | 'PHONE'
  /** A number that the person changed away from, and that is still reserved for them. */
  | 'KEPT_PHONE'
  /** An openId. */
  | 'OPEN_ID'
  /** A unionId. */
  | 'UNION_ID'
  /** The company's id of the person. */
  | 'EXTERNAL_ID'
  /** The number of an order of the person. */
  | 'ORDER_NO'
  /** The beginning of the nickname. */
  | 'NICKNAME';

/** How WeChat verified a phone number. It depends on the mini program component that the person tapped. */
export type PhoneCheck =
  /** `getPhoneNumber`: the number was bound to the WeChat account at some time in the past. */
  | 'QUICK'
  /** `getRealtimePhoneNumber`: WeChat has just verified the number by SMS. */
  | 'REAL_TIME';

/** A person's claim about a number whose last proof is old. */
export type PhoneClaim =
  /** The number was the person's at that time, and so was its account. This requires a second proof. */
  | 'MINE'
  /** The number was another person's at that time. It leaves that person's account. */
  | 'NEW_TO_ME';

/** The purpose of an SMS code. The code is valid for this purpose only. */
export type PhoneCodePurpose =
  /** For `bindPhone`. */
  | 'BIND'
  /** For `changePhone`. */
  | 'CHANGE';

/** A profile field for which the permission can be withdrawn. */
export type ProfileField =
  /** The nickname. */
  | 'NICKNAME'
  /** The picture. */
  | 'AVATAR_URL';

/** How far the person with the phone is. */
export type QrLoginStatus =
  /** The code was not scanned. */
  | 'WAITING'
  /** A person has scanned it and was asked. */
  | 'SCANNED'
  /** The person has confirmed. `code` completes the login. */
  | 'CONFIRMED'
  /** The person has refused. Start again for another code. */
  | 'REFUSED'
  /** The code has expired, or there is no such login. Start again for another code. */
  | 'EXPIRED';

/** What a QR code leads to. */
export type QrLoginWay =
  /** The account, which the person follows if they do not yet. The account must receive pushes. */
  | 'FOLLOW'
  /** A page of this service, which the phone opens inside WeChat. `<public_url>/qr/back` must be in the app's `return_to`. */
  | 'PAGE';

/** An act that may need a second operator. */
export type RequestKind =
  /** `mergePeople`. */
  | 'MERGE'
  /** `undoMerge` for the company. */
  | 'UNDO'
  /** `setPhone`. */
  | 'SET_PHONE'
  /** `eraseUser`. */
  | 'ERASE'
  /** `resolveConflict` with `MERGE`. */
  | 'CASE_MERGE';

/** How strict the service is. */
export type ServiceMode =
  /** The sandbox, codes in the log and plain http are allowed. */
  | 'DEVELOPMENT'
  /** They are refused. */
  | 'PRODUCTION';

/** A permission of a service token, or of an operator by the role. */
export type ServiceScope =
  /** `orders:read`: read the orders of any person. */
  | 'ORDERS_READ'
  /** `orders:write`: record orders and change their status. */
  | 'ORDERS_WRITE'
  /** `users:read`: search people, and read any person's account. Phone numbers are masked. */
  | 'USERS_READ'
  /** `users:read:phone`: read any person's phone number in full. The audit records each reading. */
  | 'USERS_READ_PHONE'
  /** `users:write`: undo a merge, and record person events. */
  | 'USERS_WRITE'
  /** `users:manage`: merge any two accounts, and set any person's phone. */
  | 'USERS_MANAGE'
  /** `conflicts:read`: read cases, which are links that a rule refused or doubted. */
  | 'CONFLICTS_READ'
  /** `conflicts:write`: close cases. */
  | 'CONFLICTS_WRITE'
  /** `users:disable`: disable and enable any person's account, and end its sessions. */
  | 'USERS_DISABLE'
  /** `users:erase`: erase any person's account. */
  | 'USERS_ERASE'
  /** `users:export`: read everything that is kept about any person, in one document. */
  | 'USERS_EXPORT'
  /** `tokens:read`: list service tokens. */
  | 'TOKENS_READ'
  /** `tokens:write`: create service tokens with at most the token's own scopes, and revoke any. */
  | 'TOKENS_WRITE'
  /** `audit:read`: read the audit log. */
  | 'AUDIT_READ'
  /** `events:read`: read the feed of events. */
  | 'EVENTS_READ'
  /** `statistics:read`: read counts of logins, merges, cases and SMS, and the health of the service. */
  | 'STATISTICS_READ'
  /** `settings:read`: read the settings of the service, without secrets. */
  | 'SETTINGS_READ';

/** The input of `startQrLogin`. */
export type StartQrLoginInput = {
  /** The name of an official account. */
  readonly app: Scalars['String']['input'];
  /** What the QR code leads to. */
  readonly way?: QrLoginWay;
  /**
   * The S256 hash (RFC 7636) of a random `codeVerifier` that the browser generates and keeps: 43 characters of
   * base64url. Required, unless the request has the header `Guiyi-Session: cookie`.
   */
  readonly codeChallenge?: InputMaybe<Scalars['String']['input']>;
};

/** Whether logins through an app return a unionId. */
export type UnionIdAbility =
  /** No login returns a unionId. */
  | 'NEVER'
  /** Some logins do. It depends on the scope, the person, and when the app was added to the Open Platform account. */
  | 'SOMETIMES'
  /** Every login returns a unionId. */
  | 'ALWAYS';

/** What an operation at an upstream failed of. */
export type UpstreamFailureKind =
  /** The upstream was sent too many calls. */
  | 'RATE_LIMITED'
  /** The app's credentials or its registration at the upstream are wrong. */
  | 'MISCONFIGURED'
  /** The upstream is down, slow or busy. */
  | 'UNAVAILABLE'
  /** The upstream's answer is not as documented. */
  | 'UNEXPECTED_ANSWER';

/** Whether an account can be used. */
export type UserStatus =
  /** It is in use. */
  | 'ACTIVE'
  /** An operator has disabled it: see `disableUser`. */
  | 'DISABLED';

/** The input of `loginByWechatPhone`. */
export type WechatPhoneLoginInput = {
  /** The mini program's app name. */
  readonly app: Scalars['String']['input'];
  /** The one-time code of `wx.login`. */
  readonly code: Scalars['String']['input'];
  /** The one-time code of the phone number button. */
  readonly phoneCode: Scalars['String']['input'];
  /** The button that was tapped. It must be the one in the app's configuration. */
  readonly kind: PhoneCheck;
  /** The person's claim about a number whose last proof is old. */
  readonly claim?: InputMaybe<PhoneClaim>;
  /** 43 to 128 random characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`, the same in every retry with these codes. */
  readonly codeVerifier?: InputMaybe<Scalars['String']['input']>;
  /** The `deviceToken` of the last login on this device, if any. */
  readonly deviceToken?: InputMaybe<Scalars['String']['input']>;
};

export type FindQueryVariables = Exact<{
  search: Scalars['String']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type FindQuery = {
  readonly people: {
    readonly nodes: ReadonlyArray<{
      readonly matches: ReadonlyArray<{
        readonly kind: PersonMatchKind;
        readonly key: string | null;
        readonly app: string | null;
        readonly unionScope: string | null;
        readonly formerId: string | null;
      }>;
      readonly user: {
        readonly id: string;
        readonly nickname: string | null;
        readonly avatarUrl: string | null;
        readonly maskedPhone: string | null;
        readonly status: UserStatus;
        readonly createdAt: string;
        readonly externalId: string | null;
        readonly openIds: ReadonlyArray<{ readonly app: string }> | null;
      };
    }>;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
};

export type PersonQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  orders: Scalars['Boolean']['input'];
  cases: Scalars['Boolean']['input'];
}>;

export type PersonQuery = {
  readonly user: {
    readonly id: string;
    readonly nickname: string | null;
    readonly avatarUrl: string | null;
    readonly status: UserStatus;
    readonly maskedPhone: string | null;
    readonly phoneBound: boolean;
    readonly externalId: string | null;
    readonly createdAt: string;
    readonly openIds: ReadonlyArray<{
      readonly id: string;
      readonly app: string;
      readonly openId: string;
      readonly unionId: string | null;
      readonly nickname: string | null;
      readonly linkedAt: string;
      readonly lastLoginAt: string | null;
      readonly follows: boolean | null;
      readonly cancelledAt: string | null;
    }> | null;
    readonly unionIds: ReadonlyArray<{ readonly scope: string; readonly unionId: string }> | null;
    readonly erasure: {
      readonly cause: ErasureCause;
      readonly askedAt: string;
      readonly dueAt: string;
    } | null;
    readonly merges: ReadonlyArray<{
      readonly id: string;
      readonly formerId: string;
      readonly mergedAt: string;
      readonly undoableUntil: string;
    }> | null;
    readonly aliases: ReadonlyArray<{
      readonly id: string;
      readonly mergedIntoId: string;
      readonly createdAt: string;
    }> | null;
    readonly sessions: ReadonlyArray<{
      readonly id: string;
      readonly deviceId: string | null;
      readonly device: string | null;
      readonly addressBlock: string | null;
      readonly signedInAt: string;
      readonly lastUsedAt: string;
      readonly expiresAt: string;
      readonly app: string | null;
    }> | null;
    readonly orders?: {
      readonly totalCount: number | null;
      readonly nodes: ReadonlyArray<{
        readonly app: string;
        readonly orderNo: string;
        readonly status: OrderStatus;
        readonly placedAt: string;
        readonly total: { readonly amount: string; readonly currency: string };
      }>;
      readonly totals: ReadonlyArray<{
        readonly currency: string;
        readonly count: number;
        readonly gross: { readonly amount: string };
        readonly refunded: { readonly amount: string };
        readonly net: { readonly amount: string };
        readonly byApp: ReadonlyArray<{
          readonly app: string;
          readonly count: number;
          readonly net: { readonly amount: string; readonly currency: string };
        }>;
      }> | null;
    } | null;
    readonly conflicts?: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly kind: ConflictKind;
        readonly userId: string;
        readonly otherUserId: string | null;
        readonly unionScope: string | null;
        readonly unionId: string | null;
        readonly maskedPhone: string | null;
        readonly openedAt: string;
        readonly decisions: ReadonlyArray<ConflictDecision>;
        readonly closed: {
          readonly at: string;
          readonly decision: ConflictDecision;
          readonly by: string;
          readonly reason: string | null;
        } | null;
      }>;
      readonly pageInfo: { readonly hasNextPage: boolean };
    } | null;
  } | null;
};

export type CasePartsFragment = {
  readonly id: string;
  readonly kind: ConflictKind;
  readonly userId: string;
  readonly otherUserId: string | null;
  readonly unionScope: string | null;
  readonly unionId: string | null;
  readonly maskedPhone: string | null;
  readonly openedAt: string;
  readonly decisions: ReadonlyArray<ConflictDecision>;
  readonly closed: {
    readonly at: string;
    readonly decision: ConflictDecision;
    readonly by: string;
    readonly reason: string | null;
  } | null;
};

export type FullPhoneQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;

export type FullPhoneQuery = { readonly user: { readonly id: string; readonly phone: string | null } | null };

export type HistoryQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type HistoryQuery = {
  readonly user: {
    readonly id: string;
    readonly linkHistory: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly rule: LinkRule;
        readonly actor: LinkActor;
        readonly at: string;
        readonly undoneAt: string | null;
        readonly otherUserId: string | null;
        readonly evidence: {
          readonly app: string | null;
          readonly openId: string | null;
          readonly unionScope: string | null;
          readonly unionId: string | null;
          readonly maskedPhone: string | null;
          readonly externalId: string | null;
          readonly decision: ConflictDecision | null;
          readonly reason: string | null;
        };
      }>;
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    } | null;
  } | null;
};

export type OrdersQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OrderFilter>;
  sort?: InputMaybe<OrderSort>;
}>;

export type OrdersQuery = {
  readonly user: {
    readonly id: string;
    readonly orders: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly orderNo: string;
        readonly app: string;
        readonly openId: string;
        readonly status: OrderStatus;
        readonly placedAt: string;
        readonly total: { readonly amount: string; readonly currency: string };
        readonly refunded: { readonly amount: string; readonly currency: string };
        readonly items: ReadonlyArray<{
          readonly title: string;
          readonly quantity: string;
          readonly unitPrice: { readonly amount: string };
        }> | null;
        readonly deliveries: ReadonlyArray<{ readonly carrier: string; readonly trackingNo: string }> | null;
      }>;
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    } | null;
  } | null;
};

export type MessagesQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;

export type MessagesQuery = {
  readonly user: {
    readonly id: string;
    readonly notices: ReadonlyArray<{
      readonly id: string;
      readonly kind: string;
      readonly state: NoticeState;
      readonly attempts: number;
      readonly createdAt: string;
      readonly settledAt: string | null;
    }> | null;
    readonly phoneCodes: ReadonlyArray<{
      readonly app: string | null;
      readonly sentAt: string;
      readonly expiresAt: string;
      readonly tries: number;
      readonly usedAt: string | null;
      readonly refusedAt: string | null;
    }> | null;
  } | null;
};

export type DisableMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type DisableMutation = {
  readonly disableUser: {
    readonly userId: string;
    readonly changed: boolean;
    readonly endedSessions: number;
  };
};

export type EnableMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type EnableMutation = { readonly enableUser: { readonly userId: string; readonly changed: boolean } };

export type EndSessionsMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type EndSessionsMutation = {
  readonly endSessions: { readonly userId: string; readonly endedSessions: number };
};

export type SetPhoneMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  phone: Scalars['String']['input'];
  reason: Scalars['String']['input'];
}>;

export type SetPhoneMutation = {
  readonly setPhone: {
    readonly userId: string;
    readonly changed: boolean;
    readonly endedSessions: number;
    readonly pending: { readonly id: string; readonly expiresAt: string } | null;
  };
};

export type EraseMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type EraseMutation = {
  readonly eraseUser: {
    readonly userId: string;
    readonly changed: boolean;
    readonly pending: { readonly id: string; readonly expiresAt: string } | null;
  };
};

export type CompareQueryVariables = Exact<{
  one: Scalars['ID']['input'];
  other: Scalars['ID']['input'];
}>;

export type CompareQuery = {
  readonly mergePeoplePreview: {
    readonly survivor: string;
    readonly clashes: ReadonlyArray<MergeField>;
    readonly obstacles: ReadonlyArray<{
      readonly kind: MergeObstacleKind;
      readonly app: string | null;
      readonly unionScope: string | null;
    }>;
    readonly moves: {
      readonly openIds: number;
      readonly unionIds: number;
      readonly orders: number;
      readonly fields: ReadonlyArray<MergeField>;
    };
    readonly user: {
      readonly id: string;
      readonly createdAt: string;
      readonly maskedPhone: string | null;
      readonly nickname: string | null;
      readonly avatarUrl: string | null;
      readonly hasExternalId: boolean;
      readonly openIds: number;
      readonly unionIds: number;
      readonly orders: number;
    };
    readonly other: {
      readonly id: string;
      readonly createdAt: string;
      readonly maskedPhone: string | null;
      readonly nickname: string | null;
      readonly avatarUrl: string | null;
      readonly hasExternalId: boolean;
      readonly openIds: number;
      readonly unionIds: number;
      readonly orders: number;
    };
  } | null;
};

export type SideFragment = {
  readonly id: string;
  readonly createdAt: string;
  readonly maskedPhone: string | null;
  readonly nickname: string | null;
  readonly avatarUrl: string | null;
  readonly hasExternalId: boolean;
  readonly openIds: number;
  readonly unionIds: number;
  readonly orders: number;
};

export type TwoQueryVariables = Exact<{
  one: Scalars['ID']['input'];
  other: Scalars['ID']['input'];
  orders: Scalars['Boolean']['input'];
}>;

export type TwoQuery = {
  readonly one: {
    readonly id: string;
    readonly nickname: string | null;
    readonly avatarUrl: string | null;
    readonly status: UserStatus;
    readonly maskedPhone: string | null;
    readonly externalId: string | null;
    readonly createdAt: string;
    readonly openIds: ReadonlyArray<{
      readonly app: string;
      readonly openId: string;
      readonly lastLoginAt: string | null;
    }> | null;
    readonly unionIds: ReadonlyArray<{ readonly scope: string; readonly unionId: string }> | null;
    readonly orders?: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly orderNo: string;
        readonly app: string;
        readonly status: OrderStatus;
        readonly placedAt: string;
        readonly total: { readonly amount: string; readonly currency: string };
      }>;
      readonly totals: ReadonlyArray<{
        readonly currency: string;
        readonly count: number;
        readonly net: { readonly amount: string };
      }> | null;
    } | null;
    readonly linkHistory: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly rule: LinkRule;
        readonly actor: LinkActor;
        readonly at: string;
        readonly undoneAt: string | null;
        readonly otherUserId: string | null;
        readonly evidence: {
          readonly app: string | null;
          readonly openId: string | null;
          readonly unionScope: string | null;
          readonly unionId: string | null;
          readonly maskedPhone: string | null;
          readonly externalId: string | null;
          readonly decision: ConflictDecision | null;
          readonly reason: string | null;
        };
      }>;
    } | null;
  } | null;
  readonly other: {
    readonly id: string;
    readonly nickname: string | null;
    readonly avatarUrl: string | null;
    readonly status: UserStatus;
    readonly maskedPhone: string | null;
    readonly externalId: string | null;
    readonly createdAt: string;
    readonly openIds: ReadonlyArray<{
      readonly app: string;
      readonly openId: string;
      readonly lastLoginAt: string | null;
    }> | null;
    readonly unionIds: ReadonlyArray<{ readonly scope: string; readonly unionId: string }> | null;
    readonly orders?: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly orderNo: string;
        readonly app: string;
        readonly status: OrderStatus;
        readonly placedAt: string;
        readonly total: { readonly amount: string; readonly currency: string };
      }>;
      readonly totals: ReadonlyArray<{
        readonly currency: string;
        readonly count: number;
        readonly net: { readonly amount: string };
      }> | null;
    } | null;
    readonly linkHistory: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly rule: LinkRule;
        readonly actor: LinkActor;
        readonly at: string;
        readonly undoneAt: string | null;
        readonly otherUserId: string | null;
        readonly evidence: {
          readonly app: string | null;
          readonly openId: string | null;
          readonly unionScope: string | null;
          readonly unionId: string | null;
          readonly maskedPhone: string | null;
          readonly externalId: string | null;
          readonly decision: ConflictDecision | null;
          readonly reason: string | null;
        };
      }>;
    } | null;
  } | null;
};

export type HalfFragment = {
  readonly id: string;
  readonly nickname: string | null;
  readonly avatarUrl: string | null;
  readonly status: UserStatus;
  readonly maskedPhone: string | null;
  readonly externalId: string | null;
  readonly createdAt: string;
  readonly openIds: ReadonlyArray<{
    readonly app: string;
    readonly openId: string;
    readonly lastLoginAt: string | null;
  }> | null;
  readonly unionIds: ReadonlyArray<{ readonly scope: string; readonly unionId: string }> | null;
  readonly orders?: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly orderNo: string;
      readonly app: string;
      readonly status: OrderStatus;
      readonly placedAt: string;
      readonly total: { readonly amount: string; readonly currency: string };
    }>;
    readonly totals: ReadonlyArray<{
      readonly currency: string;
      readonly count: number;
      readonly net: { readonly amount: string };
    }> | null;
  } | null;
  readonly linkHistory: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly rule: LinkRule;
      readonly actor: LinkActor;
      readonly at: string;
      readonly undoneAt: string | null;
      readonly otherUserId: string | null;
      readonly evidence: {
        readonly app: string | null;
        readonly openId: string | null;
        readonly unionScope: string | null;
        readonly unionId: string | null;
        readonly maskedPhone: string | null;
        readonly externalId: string | null;
        readonly decision: ConflictDecision | null;
        readonly reason: string | null;
      };
    }>;
  } | null;
};

export type CasesQueryVariables = Exact<{
  filter: ConflictFilter;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type CasesQuery = {
  readonly conflicts: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly kind: ConflictKind;
      readonly userId: string;
      readonly otherUserId: string | null;
      readonly unionScope: string | null;
      readonly unionId: string | null;
      readonly maskedPhone: string | null;
      readonly openedAt: string;
      readonly decisions: ReadonlyArray<ConflictDecision>;
      readonly closed: {
        readonly at: string;
        readonly decision: ConflictDecision;
        readonly by: string;
        readonly reason: string | null;
      } | null;
    }>;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
};

export type MergeMutationVariables = Exact<{
  one: Scalars['ID']['input'];
  other: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
  survivor?: InputMaybe<Scalars['ID']['input']>;
  keep: ReadonlyArray<MergeChoice> | MergeChoice;
}>;

export type MergeMutation = {
  readonly mergePeople: {
    readonly survivorId: string;
    readonly formerId: string;
    readonly mergeId: string | null;
    readonly pending: { readonly id: string; readonly expiresAt: string } | null;
  };
};

export type UndoMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type UndoMutation = {
  readonly undoMerge: {
    readonly survivorId: string;
    readonly restoredId: string;
    readonly pending: { readonly id: string; readonly expiresAt: string } | null;
  };
};

export type ResolveMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  decision: ConflictDecision;
  reason: Scalars['String']['input'];
  survivor?: InputMaybe<Scalars['ID']['input']>;
  keep: ReadonlyArray<MergeChoice> | MergeChoice;
}>;

export type ResolveMutation = {
  readonly resolveConflict: {
    readonly mergeId: string | null;
    readonly conflict: {
      readonly id: string;
      readonly closed: {
        readonly at: string;
        readonly decision: ConflictDecision;
        readonly by: string;
        readonly reason: string | null;
      } | null;
    };
    readonly pending: { readonly id: string; readonly expiresAt: string } | null;
  };
};

export type RequestsQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type RequestsQuery = {
  readonly pendingRequests: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly kind: RequestKind;
      readonly userId: string;
      readonly otherUserId: string | null;
      readonly mergeId: string | null;
      readonly caseId: string | null;
      readonly maskedPhone: string | null;
      readonly reason: string;
      readonly requestedBy: string;
      readonly requestedByName: string | null;
      readonly requestedAt: string;
      readonly expiresAt: string;
      readonly isMine: boolean;
    }>;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
};

export type ApproveMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type ApproveMutation = {
  readonly approveRequest: {
    readonly request: {
      readonly id: string;
      readonly kind: RequestKind;
      readonly userId: string;
      readonly otherUserId: string | null;
    };
    readonly merge: {
      readonly survivorId: string;
      readonly formerId: string;
      readonly mergeId: string | null;
    } | null;
    readonly undo: { readonly survivorId: string; readonly restoredId: string } | null;
    readonly caseMerge: { readonly mergeId: string | null } | null;
  };
};

export type DeclineMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
}>;

export type DeclineMutation = { readonly declineRequest: { readonly request: { readonly id: string } } };

export type WouldMergeQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;

export type WouldMergeQuery = {
  readonly wouldMergeToday: {
    readonly mergeId: string;
    readonly wouldMerge: boolean;
    readonly clashes: ReadonlyArray<MergeField>;
    readonly needsConsent: boolean;
    readonly obstacles: ReadonlyArray<{
      readonly kind: MergeObstacleKind;
      readonly app: string | null;
      readonly unionScope: string | null;
    }>;
  } | null;
};

export type DoubtfulQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type DoubtfulQuery = {
  readonly doubtfulMerges: {
    readonly nodes: ReadonlyArray<{
      readonly mergeId: string;
      readonly rule: LinkRule;
      readonly mergedAt: string;
      readonly undoneAt: string | null;
      readonly survivorId: string;
      readonly formerId: string;
      readonly clashes: ReadonlyArray<MergeField>;
      readonly needsConsent: boolean;
      readonly obstacles: ReadonlyArray<{
        readonly kind: MergeObstacleKind;
        readonly app: string | null;
        readonly unionScope: string | null;
      }>;
    }>;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
};

export type OperatorQueryVariables = Exact<{ [key: string]: never }>;

export type OperatorQuery = {
  readonly operator: {
    readonly id: string;
    readonly name: string;
    readonly role: OperatorRole;
    readonly scopes: ReadonlyArray<ServiceScope>;
  } | null;
};

export type SignOutMutationVariables = Exact<{ [key: string]: never }>;

export type SignOutMutation = { readonly endOperatorSession: { readonly ended: boolean } };

export type NumbersQueryVariables = Exact<{
  since: Scalars['DateTime']['input'];
  until: Scalars['DateTime']['input'];
}>;

export type NumbersQuery = {
  readonly statistics: {
    readonly hours: ReadonlyArray<{
      readonly hour: string;
      readonly logins: number;
      readonly newPeople: number;
      readonly merges: number;
      readonly undos: number;
    }>;
    readonly logins: ReadonlyArray<{ readonly app: string | null; readonly count: number }>;
    readonly rules: ReadonlyArray<{ readonly rule: LinkRule; readonly count: number }>;
    readonly openCases: ReadonlyArray<{
      readonly kind: ConflictKind;
      readonly count: number;
      readonly olderThanDay: number;
      readonly olderThanWeek: number;
      readonly oldestAt: string;
    }>;
    readonly sms: ReadonlyArray<{
      readonly day: string;
      readonly codes: number;
      readonly codeCents: number;
      readonly notices: number;
      readonly noticeCents: number;
    }>;
  } | null;
};

export type HealthQueryVariables = Exact<{ [key: string]: never }>;

export type HealthQuery = {
  readonly health: {
    readonly replicaStartedAt: string;
    readonly upstreams: ReadonlyArray<{
      readonly app: string;
      readonly upstream: string;
      readonly refusesUntil: string | null;
      readonly runningCalls: number;
      readonly maxCalls: number;
      readonly lastSuccessAt: string | null;
      readonly lastFailure: {
        readonly operation: string;
        readonly kind: UpstreamFailureKind;
        readonly at: string;
      } | null;
    }>;
    readonly errors: ReadonlyArray<{
      readonly hour: string;
      readonly code: ErrorCode;
      readonly count: number;
    }>;
    readonly tokens: ReadonlyArray<{
      readonly app: string;
      readonly kind: string;
      readonly fetchedAt: string | null;
      readonly expiresAt: string | null;
      readonly fetchingUntil: string | null;
    }>;
    readonly budgets: ReadonlyArray<{
      readonly app: string;
      readonly exchanges: number;
      readonly maxExchanges: number;
      readonly followerCalls: number | null;
      readonly maxFollowerCalls: number | null;
    }>;
    readonly outbox: { readonly pending: number; readonly failed: number; readonly oldestAt: string | null };
    readonly pushes: { readonly pending: number; readonly failed: number; readonly oldestAt: string | null };
    readonly webhooks: ReadonlyArray<{
      readonly name: string;
      readonly failures: number;
      readonly failedAt: string | null;
      readonly lastError: string | null;
      readonly goneAt: string | null;
      readonly queue: { readonly pending: number; readonly failed: number; readonly oldestAt: string | null };
    }>;
    readonly sms: {
      readonly budgetCents: number | null;
      readonly leftCents: number | null;
      readonly today: {
        readonly day: string;
        readonly codes: number;
        readonly codeCents: number;
        readonly notices: number;
        readonly noticeCents: number;
      };
    };
  } | null;
};

export type SettingsQueryVariables = Exact<{ [key: string]: never }>;

export type SettingsQuery = {
  readonly settings: {
    readonly version: string;
    readonly mode: ServiceMode;
    readonly publicUrl: string;
    readonly consoleApps: ReadonlyArray<string>;
    readonly fourEyes: ReadonlyArray<FourEyesAct>;
    readonly requestHours: number;
    readonly consoleGroups: ReadonlyArray<{ readonly group: string; readonly role: OperatorRole }>;
    readonly warnings: ReadonlyArray<{ readonly path: string; readonly text: string }>;
  } | null;
};

export type AppsQueryVariables = Exact<{ [key: string]: never }>;

export type AppsQuery = {
  readonly apps: ReadonlyArray<{
    readonly name: string;
    readonly title: string;
    readonly kind: string;
    readonly appId: string;
    readonly start: LoginStart;
    readonly unionIds: UnionIdAbility;
    readonly phone: ReadonlyArray<PhoneCheck>;
    readonly profile: boolean;
    readonly jsSdk: boolean;
  }>;
};

export type TokensQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type TokensQuery = {
  readonly serviceTokens: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly name: string;
      readonly scopes: ReadonlyArray<ServiceScope>;
      readonly createdAt: string;
      readonly madeById: string | null;
      readonly expiresAt: string | null;
      readonly revokedAt: string | null;
      readonly lastUsedAt: string | null;
    }>;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
};

export type CreateTokenMutationVariables = Exact<{
  input: CreateServiceTokenInput;
}>;

export type CreateTokenMutation = {
  readonly createServiceToken: {
    readonly id: string;
    readonly token: string;
    readonly expiresAt: string | null;
  };
};

export type RevokeTokenMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
  withMade: Scalars['Boolean']['input'];
}>;

export type RevokeTokenMutation = {
  readonly revokeServiceToken: { readonly revokedIds: ReadonlyArray<string> };
};

export type AuditQueryVariables = Exact<{
  filter: AuditFilter;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;

export type AuditQuery = {
  readonly auditEvents: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly at: string;
      readonly action: AuditAction;
      readonly actor: string;
      readonly actorName: string | null;
      readonly userId: string | null;
      readonly sessionId: string | null;
      readonly app: string | null;
      readonly detail: unknown;
    }>;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  } | null;
};
