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

/** An app that people sign in through. */
export type App = {
  /** The app's name, for the `app` argument of the login fields. */
  readonly name: Scalars['String']['output'];
  /** The text of a sign-in button. */
  readonly title: Scalars['String']['output'];
  /** The kind of app, as in the configuration: `wechat-official-account`, `oidc` and so on; docs/providers.md lists them. */
  readonly kind: Scalars['String']['output'];
  /**
   * The provider's app id; openIds are unique per app id. At WeChat it is the public `AppID`, which WeChat's SDKs and
   * scripts need.
   */
  readonly appId: Scalars['String']['output'];
  /** How a login starts. */
  readonly start: LoginStart;
  /** Whether logins through this app return a unionId. */
  readonly unionIds: UnionIdAbility;
  /** The `kind` that `bindPhoneWithWechat` accepts for this app. Empty if the app cannot provide phone numbers. */
  readonly phone: ReadonlyArray<PhoneCheck>;
  /** Whether logins through this app can return a nickname or a picture. */
  readonly profile: Scalars['Boolean']['output'];
  /** Whether `jsSdkConfig` works for this app. */
  readonly jsSdk: Scalars['Boolean']['output'];
};

/** The result of `approveRequest`: what was carried out. Exactly one of the five is not null. */
export type ApproveRequestPayload = {
  /** The request, which is closed. */
  readonly request: PendingRequest;
  /** The merge. */
  readonly merge: Maybe<MergePeoplePayload>;
  /** The undone merge. */
  readonly undo: Maybe<UndoMergePayload>;
  /** The phone that was set. */
  readonly setPhone: Maybe<SetPhonePayload>;
  /** The erasure. */
  readonly erase: Maybe<EraseUserPayload>;
  /** The case that was closed by a merge. */
  readonly caseMerge: Maybe<ResolveConflictPayload>;
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

/** An event in the audit log. */
export type AuditEvent = {
  /** The event's id: `aud_…`. */
  readonly id: Scalars['ID']['output'];
  /** The time of the event. */
  readonly at: Scalars['DateTime']['output'];
  /** The kind of the event. */
  readonly action: AuditAction;
  /** The actor: `operator:` and the id of the operator or of the service token, `command` for the command line, `person`, or `system`. */
  readonly actor: Scalars['String']['output'];
  /** The account concerned. */
  readonly userId: Maybe<Scalars['ID']['output']>;
  /** The session concerned. */
  readonly sessionId: Maybe<Scalars['ID']['output']>;
  /** Details that depend on the kind of the event. Contains no secrets and no phone numbers. */
  readonly detail: Scalars['JSON']['output'];
  /** The name of the operator or of the service token that acted. Null for every other actor. */
  readonly actorName: Maybe<Scalars['String']['output']>;
  /** The name of the app concerned; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

/** A page of audit events, newest first (Relay connection). */
export type AuditEventConnection = {
  /** The events with their cursors. */
  readonly edges: ReadonlyArray<AuditEventEdge>;
  /** The events without cursors. */
  readonly nodes: ReadonlyArray<AuditEvent>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** An event with its cursor. */
export type AuditEventEdge = {
  /** The event's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The event. */
  readonly node: AuditEvent;
};

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

/** The result of `beginLogin`. */
export type BeginLoginPayload = {
  /** The address to redirect the browser to. */
  readonly authorizeUrl: Scalars['String']['output'];
  /** The state that the provider returns with the code. Keep it, compare it, and send it with the code. */
  readonly state: Scalars['String']['output'];
  /** When the state expires: after 10 minutes. */
  readonly expiresAt: Scalars['DateTime']['output'];
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

/** The result of `beginNativeLogin`. */
export type BeginNativeLoginPayload = {
  /**
   * The state for the SDK's request; the SDK returns it with the code. Keep it, compare it, and send it with the
   * code.
   */
  readonly state: Scalars['String']['output'];
  /** When the state expires: after 10 minutes. */
  readonly expiresAt: Scalars['DateTime']['output'];
};

/** The result of `bindPhone`, `changePhone` or `bindPhoneWithWechat`. */
export type BindPhonePayload = {
  /** The account that the session belongs to now. */
  readonly user: User;
  /** Whether the person's account was merged into the account that already had this phone. */
  readonly merged: Scalars['Boolean']['output'];
  /** New tokens if the session has moved to another account. Null if the present tokens remain valid. */
  readonly session: Maybe<Session>;
};

/** The result of `cancelErasure`. */
export type CancelErasurePayload = {
  /** Whether an erasure was called off. It is false if none was scheduled. */
  readonly cancelled: Scalars['Boolean']['output'];
};

/** A case: a link that a rule refused or doubted, for an operator to decide. */
export type Conflict = {
  /** The case's id: `cfl_…`. */
  readonly id: Scalars['ID']['output'];
  /** Why the case was opened. */
  readonly kind: ConflictKind;
  /** The account that was signed in. See `user` for the account and `User.linkHistory` for its history. */
  readonly userId: Scalars['ID']['output'];
  /** The other account concerned. */
  readonly otherUserId: Maybe<Scalars['ID']['output']>;
  /** The union scope of the unionId concerned: the operator's name for the Open Platform account. */
  readonly unionScope: Maybe<Scalars['String']['output']>;
  /** The unionId concerned. */
  readonly unionId: Maybe<Scalars['String']['output']>;
  /** The number concerned, masked. */
  readonly maskedPhone: Maybe<Scalars['String']['output']>;
  /** When the case was opened. */
  readonly openedAt: Scalars['DateTime']['output'];
  /** The decisions that are possible for this case. Empty if it is closed. */
  readonly decisions: ReadonlyArray<ConflictDecision>;
  /** How the case was closed. Null while it is open. */
  readonly closed: Maybe<ConflictClosing>;
};

/** The decision that closed a case. */
export type ConflictClosing = {
  /** When the case was closed. */
  readonly at: Scalars['DateTime']['output'];
  /** The decision. */
  readonly decision: ConflictDecision;
  /**
   * The actor: `operator:` and the id of the operator or of the service token, `command` for the command line, or `person` if the two
   * accounts were merged without an operator.
   */
  readonly by: Scalars['String']['output'];
  /** The reason given. */
  readonly reason: Maybe<Scalars['String']['output']>;
};

/** A page of cases, oldest first (Relay connection). */
export type ConflictConnection = {
  /** The cases with their cursors. */
  readonly edges: ReadonlyArray<ConflictEdge>;
  /** The cases without cursors. */
  readonly nodes: ReadonlyArray<Conflict>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
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

/** A case with its cursor. */
export type ConflictEdge = {
  /** The case's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The case. */
  readonly node: Conflict;
};

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

/** The result of `correctOrder`. */
export type CorrectOrderPayload = {
  /** The order as it is now. */
  readonly order: Order;
  /** Whether anything was changed: not if the order was already so. */
  readonly changed: Scalars['Boolean']['output'];
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

/** The result of `createServiceToken`. */
export type CreateServiceTokenPayload = {
  /** The token's id: `svc_…`. */
  readonly id: Scalars['ID']['output'];
  /** The token, for `Authorization: Bearer …`. It is not shown again. */
  readonly token: Scalars['String']['output'];
  /** When the token expires. Null if never. */
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
};

/** The result of `declineRequest`. */
export type DeclineRequestPayload = {
  /** The request, which is closed. */
  readonly request: PendingRequest;
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

/** The result of `endOperatorSession`. */
export type EndOperatorSessionPayload = {
  /** Whether there was a session. Its cookie is refused from now on. */
  readonly ended: Scalars['Boolean']['output'];
};

/** The result of `endSessions`. */
export type EndSessionsPayload = {
  /** The account. If the given account was merged into another, the surviving one. */
  readonly userId: Scalars['ID']['output'];
  /** The number of ended sessions. */
  readonly endedSessions: Scalars['Int']['output'];
};

/** The journal's entries of one rule. */
export type EntriesOfRule = {
  /** The rule. */
  readonly rule: LinkRule;
  /** How many entries there are. */
  readonly count: Scalars['Int']['output'];
};

/** The result of `eraseMe`. */
export type EraseMePayload = {
  /** The scheduled erasure. */
  readonly erasure: Erasure;
};

/** The result of `eraseUser`. */
export type EraseUserPayload = {
  /** The erased account. The id of an account that was merged leads to the one that remained. */
  readonly userId: Scalars['ID']['output'];
  /** Whether this call erased it. It is false if it was erased before. */
  readonly changed: Scalars['Boolean']['output'];
  /** The request, if the erasure waits for a second operator. Then nothing was erased. */
  readonly pending: Maybe<PendingRequest>;
};

/** An erasure that is scheduled. */
export type Erasure = {
  /** Why. */
  readonly cause: ErasureCause;
  /** When it was asked for. */
  readonly askedAt: Scalars['DateTime']['output'];
  /** When it may be carried out. Until then `cancelErasure` calls it off. */
  readonly dueAt: Scalars['DateTime']['output'];
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

/** The errors of one code in one hour. */
export type ErrorsOfCode = {
  /** The beginning of the hour. */
  readonly hour: Scalars['DateTime']['output'];
  /** The code. */
  readonly code: ErrorCode;
  /** How many there were. */
  readonly count: Scalars['Int']['output'];
};

/** An event that other systems are told about. Webhooks get the same. */
export type Event = {
  /** The event's id: `evn_…`. A webhook has it as `webhook-id`. */
  readonly id: Scalars['ID']['output'];
  /** The kind of the event, such as `people.merged`. More kinds may be added. */
  readonly type: Scalars['String']['output'];
  /** When it happened. */
  readonly timestamp: Scalars['DateTime']['output'];
  /** The event's number in the feed, which grows with every event. Events of one person are in the order of their changes. */
  readonly sequence: Scalars['String']['output'];
  /** The fields of this kind of event. Contains no secrets, and phone numbers only masked. */
  readonly data: Scalars['JSON']['output'];
};

/** A page of the feed, oldest event first (Relay connection). */
export type EventConnection = {
  /** The events with their cursors. */
  readonly edges: ReadonlyArray<EventEdge>;
  /** The events without cursors. */
  readonly nodes: ReadonlyArray<Event>;
  /** The position of the page in the feed. Without events it has no end: the reader keeps its cursor. */
  readonly pageInfo: PageInfo;
};

/** An event with its cursor. */
export type EventEdge = {
  /** The event's position in the feed, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The event. */
  readonly node: Event;
};

/** An account that was merged into another one. Its id still finds that one. */
export type FormerAccount = {
  /** The account's id. */
  readonly id: Scalars['ID']['output'];
  /** The account into which it was merged. That one may have been merged, too. */
  readonly mergedIntoId: Scalars['ID']['output'];
  /** When the account was created. */
  readonly createdAt: Scalars['DateTime']['output'];
};

/** A person whom a search has found. */
export type FoundPerson = {
  /** The person's account. It may be disabled: see `User.status`. */
  readonly user: User;
  /** What the text has found of the person: at least one key, or the nickname. */
  readonly matches: ReadonlyArray<PersonMatch>;
};

/** A page of people whom a search has found (Relay connection). */
export type FoundPersonConnection = {
  /** The people with their cursors. */
  readonly edges: ReadonlyArray<FoundPersonEdge>;
  /** The people without cursors. */
  readonly nodes: ReadonlyArray<FoundPerson>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** A person with a cursor. */
export type FoundPersonEdge = {
  /** The person's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The person. */
  readonly node: FoundPerson;
};

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

/**
 * The health of the service. What only one replica knows is that of the replica that answers: with several, the next request may
 * reach another one, and the metrics have them all.
 */
export type Health = {
  /** When the replica that answers started. */
  readonly replicaStartedAt: Scalars['DateTime']['output'];
  /** What this replica has seen of the upstream of each app. */
  readonly upstreams: ReadonlyArray<UpstreamHealth>;
  /** The errors in answers of this replica in the last 24 hours, the earliest first. An order of a batch that was refused is none. */
  readonly errors: ReadonlyArray<ErrorsOfCode>;
  /** The stored tokens of the upstreams. */
  readonly tokens: ReadonlyArray<UpstreamTokenHealth>;
  /** What the apps have used of their budgets. */
  readonly budgets: ReadonlyArray<UpstreamBudgetHealth>;
  /** Notices to people. */
  readonly outbox: QueueHealth;
  /** Events that upstreams have pushed. */
  readonly pushes: QueueHealth;
  /** Events on their way to systems of the company. */
  readonly webhooks: ReadonlyArray<WebhookHealth>;
  /** The SMS of today. */
  readonly sms: SmsHealth;
};

/** The parameters of `wx.config`, except `jsApiList`, which the page chooses. */
export type JsSdkConfig = {
  /** The app's id in the script. */
  readonly appId: Scalars['String']['output'];
  /** The time of the signature, in seconds since 1970-01-01 UTC. */
  readonly timestamp: Scalars['Int']['output'];
  /** A random string that makes each signature unique. */
  readonly nonceStr: Scalars['String']['output'];
  /** The signature. */
  readonly signature: Scalars['String']['output'];
  /** The signed page: the given address without its fragment. The signature is valid for this page only. */
  readonly url: Scalars['String']['output'];
};

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

/** The evidence of a journal entry, limited to what the reader may see. Phone numbers are masked. */
export type LinkEvidence = {
  /** The person's openId in the app. */
  readonly openId: Maybe<Scalars['String']['output']>;
  /** The union scope: the operator's name for the Open Platform account. */
  readonly unionScope: Maybe<Scalars['String']['output']>;
  /** The person's unionId in all apps of the union scope. */
  readonly unionId: Maybe<Scalars['String']['output']>;
  /** The phone, masked. */
  readonly maskedPhone: Maybe<Scalars['String']['output']>;
  /** The company's own id of the person. */
  readonly externalId: Maybe<Scalars['String']['output']>;
  /** The operator's decision. */
  readonly decision: Maybe<ConflictDecision>;
  /** The operator's reason. Visible to service tokens only. */
  readonly reason: Maybe<Scalars['String']['output']>;
  /** The app's name; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

/** A page of journal entries, newest first (Relay connection). */
export type LinkHistoryConnection = {
  /** The entries with their cursors. */
  readonly edges: ReadonlyArray<LinkHistoryEdge>;
  /** The entries without cursors. */
  readonly nodes: ReadonlyArray<LinkHistoryEntry>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** An entry with its cursor. */
export type LinkHistoryEdge = {
  /** The entry's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The entry. */
  readonly node: LinkHistoryEntry;
};

/** An entry of the journal. */
export type LinkHistoryEntry = {
  /** The entry's id: `evt_…`. The id of a merge is the argument of `undoMerge`. */
  readonly id: Scalars['ID']['output'];
  /** The rule that was applied. */
  readonly rule: LinkRule;
  /** The evidence for the entry. */
  readonly evidence: LinkEvidence;
  /** The actor. */
  readonly actor: LinkActor;
  /** The other account: the one that was merged into this one or, for service tokens, any other account concerned. */
  readonly otherUserId: Maybe<Scalars['ID']['output']>;
  /** The time of the entry. */
  readonly at: Scalars['DateTime']['output'];
  /** When the merge was undone. Null for other entries and for merges that were not undone. */
  readonly undoneAt: Maybe<Scalars['DateTime']['output']>;
};

/** The result of `linkOpenId`. */
export type LinkOpenIdPayload = {
  /** The person's account. */
  readonly user: User;
  /** Whether the openId is new to the account. False if it already belonged to the account. */
  readonly added: Scalars['Boolean']['output'];
};

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

/** A person's openId in one app. */
export type LinkedOpenId = {
  /** The link's id: `oid_…`. */
  readonly id: Scalars['ID']['output'];
  /** The person's openId in the app. */
  readonly openId: Scalars['String']['output'];
  /** The person's unionId in the app's union scope, if known. */
  readonly unionId: Maybe<Scalars['String']['output']>;
  /** The person's nickname in this app. */
  readonly nickname: Maybe<Scalars['String']['output']>;
  /** The person's picture in this app. */
  readonly avatarUrl: Maybe<Scalars['String']['output']>;
  /** When the openId was linked to this account. */
  readonly linkedAt: Scalars['DateTime']['output'];
  /** When the person last signed in through this app. */
  readonly lastLoginAt: Maybe<Scalars['DateTime']['output']>;
  /** Whether the person follows the official account. Null until WeChat reports it. */
  readonly follows: Maybe<Scalars['Boolean']['output']>;
  /**
   * When the person's WeChat account was closed. Null if WeChat has not reported it, or if there was a later login
   * with it.
   */
  readonly cancelledAt: Maybe<Scalars['DateTime']['output']>;
  /** The app's name; the provider's app id if the app is no longer configured. */
  readonly app: Scalars['String']['output'];
};

/** A person's unionId in one union scope. */
export type LinkedUnionId = {
  /** The union scope: the operator's name for the Open Platform account. */
  readonly scope: Scalars['String']['output'];
  /** The person's unionId in all apps of the union scope. */
  readonly unionId: Scalars['String']['output'];
};

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

/** The result of a login. */
export type LoginPayload = {
  /** The access token, for the header `Authorization: Bearer …` of every request. */
  readonly accessToken: Scalars['String']['output'];
  /**
   * The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
   * cookie holds it.
   */
  readonly refreshToken: Maybe<Scalars['String']['output']>;
  /** When the access token expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /**
   * The token that identifies this device. Keep it with the refresh token, also after a logout, and send it with the
   * next login: a device on which a phone was proved needs no further `humanToken`. It does not authenticate a
   * person.
   */
  readonly deviceToken: Scalars['String']['output'];
  /** Whether this login created the account. */
  readonly isNewUser: Scalars['Boolean']['output'];
  /** The person's openId in the app. */
  readonly openId: Scalars['String']['output'];
  /** The person's unionId in all apps of the Open Platform account. Null if the provider does not return it. */
  readonly unionId: Maybe<Scalars['String']['output']>;
  /** The person's account. */
  readonly user: User;
  /**
   * A merge that the person may confirm. Present if the provider's answer shows that another account belongs to the
   * same person.
   */
  readonly mergeOffer: Maybe<MergeOffer>;
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

/** The logins of one app. */
export type LoginsOfApp = {
  /** How many sessions were opened. */
  readonly count: Scalars['Int']['output'];
  /** The app's name; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

/** A merge into this account that can still be undone. */
export type Merge = {
  /** The id of the merge, for `undoMerge`: `evt_…`. */
  readonly id: Scalars['ID']['output'];
  /** The account that was merged into this one. */
  readonly formerId: Scalars['ID']['output'];
  /** When the accounts were merged. */
  readonly mergedAt: Scalars['DateTime']['output'];
  /** The time until which the merge can be undone. */
  readonly undoableUntil: Scalars['DateTime']['output'];
};

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

/** What a merge would move to the surviving account. */
export type MergeMoves = {
  /** The number of openIds. */
  readonly openIds: Scalars['Int']['output'];
  /** The number of unionIds. */
  readonly unionIds: Scalars['Int']['output'];
  /** The number of orders placed with these openIds. */
  readonly orders: Scalars['Int']['output'];
  /** The fields that the surviving account lacks and takes over without a choice. */
  readonly fields: ReadonlyArray<MergeField>;
};

/** What keeps two accounts apart. Remove it from one of them first, if it is there by mistake. */
export type MergeObstacle = {
  /** Why. */
  readonly kind: MergeObstacleKind;
  /** The union scope of the two unionIds. */
  readonly unionScope: Maybe<Scalars['String']['output']>;
  /** The app of the two openIds, by name; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

/** Why two accounts cannot be merged. */
export type MergeObstacleKind =
  /** Both have an openId in one app: WeChat says that they are two people there. */
  | 'TWO_OPEN_IDS'
  /** Both have a unionId in one union scope: WeChat says that they are two people. */
  | 'TWO_UNION_IDS';

/** A merge that the person may confirm. */
export type MergeOffer = {
  /**
   * The token for `mergePreview` and `mergeUsers`. Valid for one merge, for 15 minutes, and until one of the
   * accounts changes.
   */
  readonly token: Scalars['String']['output'];
  /** When the offer expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The other account's phone, masked. */
  readonly maskedPhone: Maybe<Scalars['String']['output']>;
  /** The first letter of the other account's nickname. */
  readonly maskedNickname: Maybe<Scalars['String']['output']>;
};

/** The result of `mergePeople`. */
export type MergePeoplePayload = {
  /** The account that remains. */
  readonly survivorId: Scalars['ID']['output'];
  /** The account that was merged into it. Its id finds the remaining one. */
  readonly formerId: Scalars['ID']['output'];
  /** The id of the merge, for `undoMerge`: `evt_…`. Null if the merge waits for a second operator. */
  readonly mergeId: Maybe<Scalars['ID']['output']>;
  /** The request, if the merge waits for a second operator. Then nothing was merged, and the other fields say what would be. */
  readonly pending: Maybe<PendingRequest>;
};

/** What a merge of two accounts would do. */
export type MergePeoplePreview = {
  /** The account of the argument `user`. */
  readonly user: MergeSide;
  /** The account of the argument `other`. */
  readonly other: MergeSide;
  /** What forbids the merge. Empty if it is possible. */
  readonly obstacles: ReadonlyArray<MergeObstacle>;
  /** The account that survives by default: the one with the verified phone, otherwise the older one. */
  readonly survivor: Scalars['ID']['output'];
  /** The fields in which the accounts differ. `mergePeople` requires a choice for each. */
  readonly clashes: ReadonlyArray<MergeField>;
  /** What the surviving account takes over from the other one. */
  readonly moves: MergeMoves;
};

/** The effects of a merge. */
export type MergePreview = {
  /** The account of the signed-in person. */
  readonly own: MergeSide;
  /** The other account. */
  readonly other: MergeSide;
  /** The account that survives by default: the one with the verified phone, otherwise the older one. */
  readonly survivor: Scalars['ID']['output'];
  /** The fields in which the accounts differ. `mergeUsers` requires a choice for each. */
  readonly clashes: ReadonlyArray<MergeField>;
  /** What the surviving account takes over from the other one. */
  readonly moves: MergeMoves;
  /** When the offer expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
};

/** One of the two accounts. */
export type MergeSide = {
  /** The account's id. */
  readonly id: Scalars['ID']['output'];
  /** When the account was created. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The account's phone, masked. */
  readonly maskedPhone: Maybe<Scalars['String']['output']>;
  /** The account's nickname. */
  readonly nickname: Maybe<Scalars['String']['output']>;
  /** The account's picture. */
  readonly avatarUrl: Maybe<Scalars['String']['output']>;
  /** Whether the account has an id of the company's. */
  readonly hasExternalId: Scalars['Boolean']['output'];
  /** The number of openIds. */
  readonly openIds: Scalars['Int']['output'];
  /** The number of unionIds. */
  readonly unionIds: Scalars['Int']['output'];
  /** The number of orders. */
  readonly orders: Scalars['Int']['output'];
};

/** The result of `mergeUsers`. */
export type MergeUsersPayload = {
  /** The account that the session belongs to now. */
  readonly user: User;
  /** The id of the merge, for `undoMerge`: `evt_…`. */
  readonly mergeId: Scalars['ID']['output'];
  /** New tokens if the session has moved to another account. Null if the present tokens remain valid. */
  readonly session: Maybe<Session>;
};

/** What the rules of today say about a merge, by what is known about the two accounts as they were. */
export type MergeVerdict = {
  /** The id of the merge, for `undoMerge`: `evt_…`. */
  readonly mergeId: Scalars['ID']['output'];
  /** The rule that made it. */
  readonly rule: LinkRule;
  /** When it was made. */
  readonly mergedAt: Scalars['DateTime']['output'];
  /** When it was undone. */
  readonly undoneAt: Maybe<Scalars['DateTime']['output']>;
  /** The account that survived. */
  readonly survivorId: Scalars['ID']['output'];
  /** The account that was merged into it. */
  readonly formerId: Scalars['ID']['output'];
  /** Whether the rules would make it today. If not, the fields below say why. */
  readonly wouldMerge: Scalars['Boolean']['output'];
  /** What makes two people of them (R9). */
  readonly obstacles: ReadonlyArray<MergeObstacle>;
  /** The fields of which each had a value, so that no rule joins them without a choice (R1c, R4c). */
  readonly clashes: ReadonlyArray<MergeField>;
  /** Whether neither was an account with nothing to lose, so that the merge would only be offered (R1c). */
  readonly needsConsent: Scalars['Boolean']['output'];
};

/** The doubtful ones of a page of merges, newest first (Relay connection). */
export type MergeVerdictConnection = {
  /** The doubtful merges with their cursors. */
  readonly edges: ReadonlyArray<MergeVerdictEdge>;
  /** The doubtful merges without cursors. */
  readonly nodes: ReadonlyArray<MergeVerdict>;
  /** The position of the page in the list of all merges: `endCursor` is that of the last merge that was looked at, doubtful or not. */
  readonly pageInfo: PageInfo;
};

/** A doubtful merge with its cursor. */
export type MergeVerdictEdge = {
  /** The merge's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The merge. */
  readonly node: MergeVerdict;
};

/** An exact amount of money. */
export type Money = {
  /**
   * The decimal amount, with as many decimal places as the currency has: `128.50`. A unit price may have up to 6 more:
   * `3.3333`.
   */
  readonly amount: Scalars['String']['output'];
  /** The ISO 4217 currency code: `CNY`. */
  readonly currency: Scalars['String']['output'];
};

/** An exact amount of money. */
export type MoneyInput = {
  /** A decimal amount: `128.50`. An amount with more decimal places than the currency has is refused. */
  readonly amount: Scalars['String']['input'];
  /** The ISO 4217 currency code: `CNY`. */
  readonly currency: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type Mutation = {
  /**
   * Starts a login in a browser. Returns the address to redirect the browser to, with a one-time state. With the
   * header `Guiyi-Session: cookie` and without a `codeChallenge`, a cookie keeps the verifier and binds the login to
   * the browser.
   */
  readonly beginLogin: BeginLoginPayload;
  /** Starts a login with a native app's SDK. Returns a one-time state for the SDK's request. */
  readonly beginNativeLogin: BeginNativeLoginPayload;
  /**
   * Signs a person in with a one-time code from WeChat. A retry with the same `codeVerifier` returns the same answer
   * for five minutes; any other reuse of the code is refused.
   */
  readonly wechatLogin: LoginPayload;
  /** Signs a person in through any provider. Retries work as for `wechatLogin`. */
  readonly login: LoginPayload;
  /**
   * Starts a login with a QR code of an official account, for browsers outside WeChat. The person scans it with WeChat and
   * confirms on the phone.
   */
  readonly startQrLogin: StartQrLoginPayload;
  /**
   * Exchanges a refresh token for new tokens. A retry with the same refresh token returns the same answer until the
   * new refresh token is used. An older refresh token ends its session.
   */
  readonly refreshSession: Session;
  /**
   * Ends the session of the access token. With the header `Guiyi-Session: cookie` it also ends the session of the
   * cookie and deletes the cookie. Returns whether there was a session.
   */
  readonly logout: Scalars['Boolean']['output'];
  /** Ends one of the person's sessions. Its tokens are refused immediately. Returns whether the session was open. */
  readonly endSession: Scalars['Boolean']['output'];
  /** Ends all sessions of the person. Their tokens are refused immediately. Returns the number of ended sessions. */
  readonly logoutEverywhere: Scalars['Int']['output'];
  /**
   * Sets a person's phone as an operator decides (R14), without a code. Requires the scope `users:manage`. A
   * number of another account is `PHONE_OWNED_BY_ANOTHER`, and stays there. All sessions of the account end. The former number
   * stays reserved for three days, and gets the notice of a change. If `support.four_eyes` has `set_phone`, the change waits for a
   * second operator: see `pending`.
   */
  readonly setPhone: SetPhonePayload;
  /**
   * Sends an SMS code that proves a phone. The answer does not depend on whether the number belongs to an account.
   *
   * If the service requires a human check, a device on which no phone was proved needs a `humanToken`; without one
   * the error is `HUMAN_CHECK_REQUIRED`.
   */
  readonly sendPhoneCode: SendPhoneCodePayload;
  /**
   * Binds a phone to the account. If the company has an account with this phone, the session moves to that account.
   *
   * A number whose last proof is old is refused with `PHONE_PROOF_TOO_OLD`: ask the person whose number it was, and
   * send the same code again with `claim`.
   *
   * A retry of the same request in the same session returns the same answer for five minutes.
   */
  readonly bindPhone: BindPhonePayload;
  /**
   * Replaces the account's phone. Requires a fresh login and a code that was sent with the purpose CHANGE. The old
   * number stays reserved for three days: the person can change back, and no other account can bind it.
   *
   * `claim` and retries work as for `bindPhone`.
   */
  readonly changePhone: BindPhonePayload;
  /**
   * Binds a phone that the person shared in a mini program, as `bindPhone` does. A number that WeChat verified in
   * the past (`QUICK`) neither opens nor joins an existing account. Retries work as for `bindPhone`.
   */
  readonly bindPhoneWithWechat: BindPhonePayload;
  /**
   * Removes the phone from the account. Requires a fresh login; the last way to sign in cannot be removed. The
   * number is free immediately. A retry returns the same answer if both requests have the same header
   * `Idempotency-Key`.
   */
  readonly unbindPhone: RemovalPayload;
  /**
   * Sends an SMS code to sign in with, to any number: neither the answer nor the message depends on whether the number belongs to an
   * account. Only the browser that keeps the verifier of `codeChallenge` can use the code. With the header `Guiyi-Session: cookie`
   * and without a `codeChallenge`, a cookie keeps the verifier.
   *
   * `PHONE_LOGIN_OFF` if the service has no such logins. The limits and the human check are those of `sendPhoneCode`, and
   * `RATE_LIMITED` limits the requests of a network.
   */
  readonly sendLoginCode: SendPhoneCodePayload;
  /**
   * Signs a person in with a code of `sendLoginCode`: to the account that has the phone, or to a new one if the service allows it. If
   * it does not, a number without an account is `PHONE_NOT_REGISTERED`.
   *
   * A number whose last proof is old is refused with `PHONE_PROOF_TOO_OLD`: ask the person whose number it was, and send the same
   * code again with `claim`. With `NEW_TO_ME` the number leaves its account for a new one; `MINE` needs a second credential and is
   * `SECOND_PROOF_REQUIRED`: let the person sign in with WeChat. A number that its account has just changed away from is
   * `PHONE_OWNED_BY_ANOTHER`.
   *
   * A wrong or expired code, and one that another browser requested, is `PHONE_CODE_REJECTED`; `TOO_MANY_TRIES` limits the tries. A
   * retry with the same code and verifier returns the same answer for five minutes.
   */
  readonly loginByPhone: PhoneLoginPayload;
  /**
   * Signs a person in to a mini program and binds the phone that they shared, in one call: as `wechatLogin` followed by
   * `bindPhoneWithWechat`. A phone that cannot be bound does not fail the login: `phoneRefusal` says why. A retry with the same codes
   * and `codeVerifier` returns the same answer for five minutes.
   *
   * A phone code that the app cannot have is refused before the login, with `PHONE_CHECK_UNSUPPORTED` or `INVALID_CODE`.
   */
  readonly loginByWechatPhone: WechatPhoneLoginPayload;
  /**
   * Links another app to the account of the signed-in person. Requires a fresh login. An openId of another account
   * is not moved: the error is `OPEN_ID_OWNED_BY_ANOTHER`, with a `mergeToken`. A retry of the same request in the
   * same session returns the same answer for five minutes.
   */
  readonly linkOpenId: LinkOpenIdPayload;
  /**
   * Removes an app from the account. Requires a fresh login; the last way to sign in cannot be removed. Orders
   * placed through the app leave the account with it and are assigned again at the app's next login.
   * `Idempotency-Key` works as for `unbindPhone`.
   */
  readonly unlinkOpenId: RemovalPayload;
  /**
   * Merges two accounts as the person chose. Requires a fresh login to one of them. The merge must have been offered
   * before, with a login or with an error that has a `mergeToken`. It can be undone for 30 days. A retry of the same
   * request in the same session returns the same answer for five minutes.
   */
  readonly mergeUsers: MergeUsersPayload;
  /**
   * Undoes a merge within 30 days. Everything that it moved goes back, and the merged account is restored with its
   * own id. Data added after the merge stays with the surviving account. Requires a fresh login to the surviving
   * account, or a service token with the scope `users:write`. `Idempotency-Key` works as for `unbindPhone`. If `support.four_eyes`
   * has `undo`, that of a service token or an operator waits for a second operator: see `pending`.
   */
  readonly undoMerge: UndoMergePayload;
  /**
   * Merges two accounts that belong to one person, as an operator decides (R14). Requires the scope
   * `users:manage`. All sessions of both end, the person gets the notice of a merge, and the merge can be undone for 30 days.
   * If there is a case about the two, decide it with `resolveConflict`. If `support.four_eyes` has `merge`, the merge waits for a
   * second operator: see `pending`.
   */
  readonly mergePeople: MergePeoplePayload;
  /**
   * Disables a person's account until it is enabled. Requires the scope `users:disable`. All
   * its sessions end immediately. Requests that would open it, merge it or remove something from it fail with
   * `ACCOUNT_CLOSED`.
   */
  readonly disableUser: StatusChangePayload;
  /**
   * Enables a disabled account. Requires the scope `users:disable`. Its keys, orders and phone
   * are unchanged; the person has to sign in again.
   */
  readonly enableUser: StatusChangePayload;
  /** Ends all sessions of a person: they are signed out everywhere, and can sign in again. Requires the scope `users:disable`. */
  readonly endSessions: EndSessionsPayload;
  /**
   * Sets the name and the picture that the person chose. They are shown in place of those that WeChat tells, and no
   * later login changes them. An argument that is left out changes nothing; null forgets the choice.
   */
  readonly updateProfile: UpdateProfilePayload;
  /**
   * Asks for the erasure of the person's account: everything that says who they are, in all apps. It is carried out
   * when the cooling time of the configuration is over (`erasure.cooling`, by default seven days). Until then logins
   * work as before, `User.erasure` shows the time, and `cancelErasure` calls it off. A second call changes nothing.
   * Requires a bound login of the last minutes (`BOUND_LOGIN_REQUIRED`, `FRESH_LOGIN_REQUIRED`), and not within a
   * day of taking a number over (`COOLING_OFF`). It cannot be undone afterwards.
   */
  readonly eraseMe: EraseMePayload;
  /** Calls off the erasure that the person asked for. Requires a bound login. */
  readonly cancelErasure: CancelErasurePayload;
  /** Erases an account at once, with all accounts that were merged into it. It cannot be undone. Requires the scope `users:erase`. Idempotent. If `support.four_eyes` has `erase`, it waits for a second operator: see `pending`. */
  readonly eraseUser: EraseUserPayload;
  /**
   * Records a batch of at most 1,000 orders. Requires the scope `orders:write`. An order is
   * identified by app and number. A repeated report changes nothing; status, total, items, refunds and
   * deliveries may change.
   *
   * Each order has its own outcome: one that cannot be recorded does not stop the others. Check `refused`.
   */
  readonly recordOrders: RecordOrdersPayload;
  /**
   * Corrects the openId or the time of an order, which reports of the shop never change. Requires the scope `users:manage`. Later
   * reports of the shop do not undo it, also if they still have the old values. An order of an erased person stays with it.
   */
  readonly correctOrder: CorrectOrderPayload;
  /**
   * Records an event that WeChat reported about a person. Requires the scope `users:write`. The
   * event moves no key to another account. An unknown openId is `NOT_FOUND`.
   */
  readonly recordPersonEvent: RecordPersonEventPayload;
  /**
   * Closes a case. Requires the scope `conflicts:write`. The case and the journal record the
   * actor, the decision and the reason. `MERGE` requires a choice for each field in which the two accounts differ,
   * as `mergeUsers` does. If `support.four_eyes` has `merge`, `MERGE` waits for a second operator: see `pending`.
   */
  readonly resolveConflict: ResolveConflictPayload;
  /**
   * Creates a service token. Requires the scope `tokens:write`. The new token has at most the
   * scopes and the lifetime of that token.
   */
  readonly createServiceToken: CreateServiceTokenPayload;
  /**
   * Revokes any service token. Requires the scope `tokens:write`. The revoked token is refused
   * immediately.
   */
  readonly revokeServiceToken: RevokeServiceTokenPayload;
  /** Signs the operator out, and removes the cookie. */
  readonly endOperatorSession: EndOperatorSessionPayload;
  /**
   * Approves an act that another operator asked for, and carries it out by what is true now: its errors are those of the act, and
   * leave the request open. Requires the scopes `users:read` and that of the act. Who asked cannot approve, nor a service token
   * that was created by who asked (`SECOND_OPERATOR_REQUIRED`).
   */
  readonly approveRequest: ApproveRequestPayload;
  /**
   * Declines an act that waits for a second operator, or withdraws an own one: nothing is done. Requires the scopes `users:read`
   * and that of the act.
   */
  readonly declineRequest: DeclineRequestPayload;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationBeginLoginArgs = {
  input: BeginLoginInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationBeginNativeLoginArgs = {
  input: BeginNativeLoginInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationWechatLoginArgs = {
  code: Scalars['String']['input'];
  app?: InputMaybe<Scalars['String']['input']>;
  state?: InputMaybe<Scalars['String']['input']>;
  codeVerifier?: InputMaybe<Scalars['String']['input']>;
  deviceToken?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationLoginArgs = {
  input: LoginInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationStartQrLoginArgs = {
  input: StartQrLoginInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationRefreshSessionArgs = {
  refreshToken?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationEndSessionArgs = {
  id: Scalars['ID']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationLogoutEverywhereArgs = {
  exceptThis?: Scalars['Boolean']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationSetPhoneArgs = {
  id: Scalars['ID']['input'];
  phone: Scalars['String']['input'];
  reason: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationSendPhoneCodeArgs = {
  phone: Scalars['String']['input'];
  purpose?: PhoneCodePurpose;
  humanToken?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationBindPhoneArgs = {
  phone: Scalars['String']['input'];
  code: Scalars['String']['input'];
  claim?: InputMaybe<PhoneClaim>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationChangePhoneArgs = {
  phone: Scalars['String']['input'];
  code: Scalars['String']['input'];
  claim?: InputMaybe<PhoneClaim>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationBindPhoneWithWechatArgs = {
  app: Scalars['String']['input'];
  kind: PhoneCheck;
  code?: InputMaybe<Scalars['String']['input']>;
  encrypted?: InputMaybe<EncryptedPhone>;
  claim?: InputMaybe<PhoneClaim>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationSendLoginCodeArgs = {
  phone: Scalars['String']['input'];
  app?: InputMaybe<Scalars['String']['input']>;
  codeChallenge?: InputMaybe<Scalars['String']['input']>;
  humanToken?: InputMaybe<Scalars['String']['input']>;
  deviceToken?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationLoginByPhoneArgs = {
  phone: Scalars['String']['input'];
  code: Scalars['String']['input'];
  codeVerifier?: InputMaybe<Scalars['String']['input']>;
  claim?: InputMaybe<PhoneClaim>;
  deviceToken?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationLoginByWechatPhoneArgs = {
  input: WechatPhoneLoginInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationLinkOpenIdArgs = {
  input: LoginInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationUnlinkOpenIdArgs = {
  app: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationMergeUsersArgs = {
  token: Scalars['String']['input'];
  survivor?: InputMaybe<Scalars['ID']['input']>;
  keep?: ReadonlyArray<MergeChoice>;
  otherAccessToken?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationUndoMergeArgs = {
  id: Scalars['ID']['input'];
  reason?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationMergePeopleArgs = {
  user: Scalars['ID']['input'];
  other: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
  survivor?: InputMaybe<Scalars['ID']['input']>;
  keep?: ReadonlyArray<MergeChoice>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationDisableUserArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationEnableUserArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationEndSessionsArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationUpdateProfileArgs = {
  nickname?: InputMaybe<Scalars['String']['input']>;
  avatarUrl?: InputMaybe<Scalars['String']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationEraseUserArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationRecordOrdersArgs = {
  input: ReadonlyArray<OrderInput>;
  atomic?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationCorrectOrderArgs = {
  input: CorrectOrderInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationRecordPersonEventArgs = {
  input: PersonEventInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationResolveConflictArgs = {
  id: Scalars['ID']['input'];
  decision: ConflictDecision;
  reason: Scalars['String']['input'];
  survivor?: InputMaybe<Scalars['ID']['input']>;
  keep?: ReadonlyArray<MergeChoice>;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationCreateServiceTokenArgs = {
  input: CreateServiceTokenInput;
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationRevokeServiceTokenArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
  withMade?: Scalars['Boolean']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationApproveRequestArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};

/** Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems. */
export type MutationDeclineRequestArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};

/** An object that can be fetched by its id. */
export type Node = {
  /** The globally unique id. */
  readonly id: Scalars['ID']['output'];
};

/** A notice to a person about a change of the account, without the number and the text. */
export type Notice = {
  /** The notice's id: `msg_…`. */
  readonly id: Scalars['ID']['output'];
  /** The account that it is about: this one, or one that was merged into it. */
  readonly userId: Scalars['ID']['output'];
  /** The kind of notice, such as `phone_changed`. More kinds may be added. */
  readonly kind: Scalars['String']['output'];
  /** How far it is. */
  readonly state: NoticeState;
  /** How often it was attempted. */
  readonly attempts: Scalars['Int']['output'];
  /** When the change was made. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** When it was sent or given up. */
  readonly settledAt: Maybe<Scalars['DateTime']['output']>;
};

/** How far a notice is. */
export type NoticeState =
  /** It is being sent, or will be again. */
  | 'PENDING'
  /** It was sent. */
  | 'SENT'
  /** It was given up. `guiyi outbox` shows why, and sends it again. */
  | 'FAILED';

/** The open cases of one kind. */
export type OpenCasesOfKind = {
  /** The kind. */
  readonly kind: ConflictKind;
  /** How many are open. */
  readonly count: Scalars['Int']['output'];
  /** How many of them have been open for more than a day. */
  readonly olderThanDay: Scalars['Int']['output'];
  /** How many of them have been open for more than seven days. */
  readonly olderThanWeek: Scalars['Int']['output'];
  /** When the oldest was opened. */
  readonly oldestAt: Scalars['DateTime']['output'];
};

/** An open session of the person. */
export type OpenSession = {
  /** The session's id: `ses_…`, for `endSession`. */
  readonly id: Scalars['ID']['output'];
  /**
   * The device's id, the same for all sessions on the device: `dev_…`. Null for sessions from before devices were
   * recorded.
   */
  readonly deviceId: Maybe<Scalars['ID']['output']>;
  /** The browser or app and the device, such as `WeChat on iPhone`. Null if unknown. */
  readonly device: Maybe<Scalars['String']['output']>;
  /** The block of IP addresses that the person signed in from: `/24` of IPv4, `/64` of IPv6. */
  readonly addressBlock: Maybe<Scalars['String']['output']>;
  /** When the person signed in. */
  readonly signedInAt: Scalars['DateTime']['output'];
  /**
   * When the session was last extended, by its login or by `refreshSession`. An active client refreshes at least
   * every 15 minutes.
   */
  readonly lastUsedAt: Scalars['DateTime']['output'];
  /** When the session expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** Whether this is the session of the current request. */
  readonly isCurrent: Scalars['Boolean']['output'];
  /** The name of the app that the person signed in through; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

/** A person who is signed in at the support desk. */
export type Operator = {
  /** The operator's id: `opr_…`. The audit names operators by it. */
  readonly id: Scalars['ID']['output'];
  /** The name. */
  readonly name: Scalars['String']['output'];
  /** The role. */
  readonly role: OperatorRole;
  /** The scopes of the role: what the operator may do. */
  readonly scopes: ReadonlyArray<ServiceScope>;
};

/** The role of an operator. */
export type OperatorRole =
  /** Reads accounts, orders, cases and numbers. Phone numbers are masked. */
  | 'VIEWER'
  /** Does the daily work of a support desk. */
  | 'AGENT'
  /** Does everything that a service token can. */
  | 'ADMIN';

/** An order in one of the company's apps. */
export type Order = Node & {
  /** The order's id: `ord_…`. */
  readonly id: Scalars['ID']['output'];
  /** The shop's order number, unique within the app. */
  readonly orderNo: Scalars['String']['output'];
  /** The name of the app in which the order was placed; the provider's app id if the app is no longer configured. */
  readonly app: Scalars['String']['output'];
  /** The openId that placed the order. */
  readonly openId: Scalars['String']['output'];
  /** The status of the order. */
  readonly status: OrderStatus;
  /** The total price. */
  readonly total: Money;
  /** When the order was placed. */
  readonly placedAt: Scalars['DateTime']['output'];
  /** What was paid back: the sum of `refunds`; without any, the total of an order that is `REFUNDED`, else 0. */
  readonly refunded: Money;
  /** The lines of the order. */
  readonly items: Maybe<ReadonlyArray<OrderItem>>;
  /** The refunds that the shop listed. */
  readonly refunds: Maybe<ReadonlyArray<OrderRefund>>;
  /** The parcels that were sent. */
  readonly deliveries: Maybe<ReadonlyArray<OrderDelivery>>;
  /** The changes of the status that reports told, the first one first. Empty for an order that has had one status only. */
  readonly statusChanges: Maybe<ReadonlyArray<OrderStatusChange>>;
  /**
   * The corrections by operators, the first one first. Requires the scope `orders:read`: a correction may name the openId of another
   * person.
   */
  readonly corrections: Maybe<ReadonlyArray<OrderCorrection>>;
};

/** A change of a person's orders. */
export type OrderChange = {
  /**
   * The order as it is now. Null to read the list of orders again: at the beginning, when an order was given to another person,
   * and when many orders were changed at once.
   */
  readonly order: Maybe<Order>;
};

/** A page of orders (Relay connection). */
export type OrderConnection = {
  /** The orders with their cursors. */
  readonly edges: ReadonlyArray<OrderEdge>;
  /** The orders without cursors. */
  readonly nodes: ReadonlyArray<Order>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
  /** The number of orders on all pages. */
  readonly totalCount: Maybe<Scalars['Int']['output']>;
  /** The orders on all pages, added up for each currency. */
  readonly totals: Maybe<ReadonlyArray<OrderTotals>>;
};

/** A correction of an order by an operator. */
export type OrderCorrection = {
  /** The openId before. */
  readonly oldOpenId: Scalars['String']['output'];
  /** The openId afterwards. */
  readonly newOpenId: Scalars['String']['output'];
  /** When the order was placed, before. */
  readonly oldPlacedAt: Scalars['DateTime']['output'];
  /** When the order was placed, afterwards. */
  readonly newPlacedAt: Scalars['DateTime']['output'];
  /** The operator's reason. Null once the person of one of the openIds is erased. */
  readonly reason: Maybe<Scalars['String']['output']>;
  /** When it was corrected. */
  readonly correctedAt: Scalars['DateTime']['output'];
};

/** A parcel that was sent to the buyer. */
export type OrderDelivery = {
  /** The carrier as the shop calls it. */
  readonly carrier: Scalars['String']['output'];
  /** The carrier's tracking number. */
  readonly trackingNo: Scalars['String']['output'];
  /** When it was sent, if the shop tells. */
  readonly shippedAt: Maybe<Scalars['DateTime']['output']>;
};

/** A parcel that was sent to the buyer. */
export type OrderDeliveryInput = {
  /** The carrier as the shop calls it: `SF`, `顺丰速运`. 1 to 64 characters. */
  readonly carrier: Scalars['String']['input'];
  /** The carrier's tracking number: 1 to 64 characters. */
  readonly trackingNo: Scalars['String']['input'];
  /** When it was sent. */
  readonly shippedAt?: InputMaybe<Scalars['DateTime']['input']>;
};

/** An order with its cursor. */
export type OrderEdge = {
  /** The order's position in the list, for `after` and `before`. */
  readonly cursor: Scalars['String']['output'];
  /** The order. */
  readonly node: Order;
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
export type OrderItem = {
  /** The shop's article number. */
  readonly sku: Maybe<Scalars['String']['output']>;
  /** The name of the article. */
  readonly title: Scalars['String']['output'];
  /** The quantity: a decimal number without trailing zeros, `2`, or `1.5` of what is weighed. */
  readonly quantity: Scalars['String']['output'];
  /** The price per unit. Quantity and price need not add up to the order's total: shops give discounts. */
  readonly unitPrice: Money;
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

/** Money that went back to the buyer. */
export type OrderRefund = {
  /** The shop's number of the refund, unique within the order. */
  readonly refundNo: Scalars['String']['output'];
  /** The amount. */
  readonly amount: Money;
  /** When the money went back. */
  readonly refundedAt: Scalars['DateTime']['output'];
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

/** A change of an order's status. */
export type OrderStatusChange = {
  /** The status before. */
  readonly from: OrderStatus;
  /** The status afterwards. */
  readonly to: OrderStatus;
  /** When the shop changed it (`shopUpdatedAt` of the report); when the report arrived, if it did not tell. */
  readonly changedAt: Scalars['DateTime']['output'];
};

/** The orders in one currency, added up. Nothing is converted. */
export type OrderTotals = {
  /** The ISO 4217 currency code: `CNY`. */
  readonly currency: Scalars['String']['output'];
  /** The number of orders, whatever their status. */
  readonly count: Scalars['Int']['output'];
  /** The sum of the orders that were paid for: `PAID`, `SHIPPED`, `COMPLETED` and `REFUNDED`. */
  readonly gross: Money;
  /** The sum of the orders that are `REFUNDED`. */
  readonly refunded: Money;
  /** `gross` less `refunded`. */
  readonly net: Money;
  /** The same for each app. */
  readonly byApp: ReadonlyArray<OrderTotalsOfApp>;
  /** The same for each month in which orders were placed, the latest first. */
  readonly byMonth: ReadonlyArray<OrderTotalsOfMonth>;
  /** The number and the sum of the orders of each status, also of those that were not paid for. */
  readonly byStatus: ReadonlyArray<OrderTotalsOfStatus>;
};

/** The orders in one app and one currency, added up. */
export type OrderTotalsOfApp = {
  /** The name of the app; the provider's app id if the app is no longer configured. */
  readonly app: Scalars['String']['output'];
  /** The number of orders, whatever their status. */
  readonly count: Scalars['Int']['output'];
  /** The sum of the orders that were paid for. */
  readonly gross: Money;
  /** What was paid back: of an order with listed refunds their sum, of another one that is `REFUNDED` its total. */
  readonly refunded: Money;
  /** `gross` less `refunded`. */
  readonly net: Money;
};

/** The orders of one month in one currency, added up. */
export type OrderTotalsOfMonth = {
  /** The month in which they were placed, in Beijing time: `2026-05`. */
  readonly month: Scalars['String']['output'];
  /** The number of orders, whatever their status. */
  readonly count: Scalars['Int']['output'];
  /** The sum of the orders that were paid for. */
  readonly gross: Money;
  /** What was paid back: of an order with listed refunds their sum, of another one that is `REFUNDED` its total. */
  readonly refunded: Money;
  /** `gross` less `refunded`. */
  readonly net: Money;
};

/** The orders of one status in one currency, added up. */
export type OrderTotalsOfStatus = {
  /** The status. */
  readonly status: OrderStatus;
  /** The number of orders. */
  readonly count: Scalars['Int']['output'];
  /** The sum of their totals. */
  readonly total: Money;
};

/** Information about pagination in a connection */
export type PageInfo = {
  /** When paginating backwards, are there more items? */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** When paginating forwards, are there more items? */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** When paginating backwards, the cursor to continue. */
  readonly startCursor: Maybe<Scalars['String']['output']>;
  /** When paginating forwards, the cursor to continue. */
  readonly endCursor: Maybe<Scalars['String']['output']>;
};

/** An act that waits for a second operator. Nothing of it has been done. */
export type PendingRequest = {
  /** The request's id: `req_…`. */
  readonly id: Scalars['ID']['output'];
  /** The act. */
  readonly kind: RequestKind;
  /** The account that it is about. For an undo, the one that survived the merge. */
  readonly userId: Scalars['ID']['output'];
  /** The other account of a merge. For an undo, the one that would be restored. */
  readonly otherUserId: Maybe<Scalars['ID']['output']>;
  /** The merge that would be undone: `evt_…`. */
  readonly mergeId: Maybe<Scalars['ID']['output']>;
  /** The case that would be closed: `cfl_…`. */
  readonly caseId: Maybe<Scalars['ID']['output']>;
  /** The masked phone number that would be set. */
  readonly maskedPhone: Maybe<Scalars['String']['output']>;
  /** The reason of the operator who asked. */
  readonly reason: Scalars['String']['output'];
  /** Who asked: the id of an operator or of a service token. */
  readonly requestedBy: Scalars['String']['output'];
  /** When. */
  readonly requestedAt: Scalars['DateTime']['output'];
  /** Until when it can be approved. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The name of the operator or of the service token that asked. */
  readonly requestedByName: Maybe<Scalars['String']['output']>;
  /** Whether the caller asked, and so cannot approve it. */
  readonly isMine: Scalars['Boolean']['output'];
};

/** A page of open requests, oldest first (Relay connection). */
export type PendingRequestConnection = {
  /** The requests with their cursors. */
  readonly edges: ReadonlyArray<PendingRequestEdge>;
  /** The requests without cursors. */
  readonly nodes: ReadonlyArray<PendingRequest>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** An open request with its cursor. */
export type PendingRequestEdge = {
  /** The request's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The request. */
  readonly node: PendingRequest;
};

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

/** What a search has found of a person. */
export type PersonMatch = {
  /** What was found. */
  readonly kind: PersonMatchKind;
  /** The union scope of a unionId: the operator's name for the Open Platform account. */
  readonly unionScope: Maybe<Scalars['String']['output']>;
  /** The account that has the key, if it was merged into this one. */
  readonly formerId: Maybe<Scalars['ID']['output']>;
  /**
   * The key, as it is stored. A phone number is masked, unless the service token has the scope `users:read:phone`: then the
   * audit records that it was read.
   */
  readonly key: Maybe<Scalars['String']['output']>;
  /** The app of an openId or of an order, by name; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

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

/** The result of `loginByPhone`. */
export type PhoneLoginPayload = {
  /** The access token, for the header `Authorization: Bearer …` of every request. */
  readonly accessToken: Scalars['String']['output'];
  /**
   * The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
   * cookie holds it.
   */
  readonly refreshToken: Maybe<Scalars['String']['output']>;
  /** When the access token expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The token that identifies this device; see `LoginPayload`. */
  readonly deviceToken: Scalars['String']['output'];
  /** Whether this login created the account. */
  readonly isNewUser: Scalars['Boolean']['output'];
  /** The person's account. */
  readonly user: User;
};

/** Why the phone of a login was not bound. */
export type PhoneRefusal = {
  /** The code, as `bindPhoneWithWechat` would have failed with it. */
  readonly code: ErrorCode;
  /** What is wrong, where the code does not say it. For developers, in English. */
  readonly detail: Maybe<Scalars['String']['output']>;
  /** The seconds until the same may succeed, if they are known. */
  readonly retryAfter: Maybe<Scalars['Int']['output']>;
  /** The merge that the person may confirm, if there is one. */
  readonly mergeOffer: Maybe<MergeOffer>;
};

/** A profile field for which the permission can be withdrawn. */
export type ProfileField =
  /** The nickname. */
  | 'NICKNAME'
  /** The picture. */
  | 'AVATAR_URL';

/** A login by a QR code. */
export type QrLogin = {
  /** How far the person with the phone is. */
  readonly status: QrLoginStatus;
  /** The code for `login`, with the state and the `codeVerifier`. Null until the person has confirmed. */
  readonly code: Maybe<Scalars['String']['output']>;
};

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

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type Query = {
  /** The signed-in person. Null for an anonymous request, a service token or an operator. */
  readonly me: Maybe<User>;
  /**
   * Any person's account. Requires the scope `users:read`. Null if the account does not exist.
   * The id of an account that was merged into another finds the surviving account. A disabled account is found, an erased one is
   * not.
   */
  readonly user: Maybe<User>;
  /**
   * The people whom a text can mean: first those who have it as a key, then those whose nickname begins with it, in the order of
   * the nicknames. Requires the scope `users:read`.
   *
   * The text is a phone number in any spelling, an openId, a unionId, the company's id of a person, an order number, the id of an
   * account, or the beginning of a nickname. Spaces, full-width characters and Chinese words around a key are ignored. A nickname
   * is found in capitals and small letters. The `openId`s and order numbers of the configured apps are found.
   *
   * The id of an account that was merged finds the one that remains, with `FORMER_ID`. Disabled accounts are found, erased ones
   * are not.
   */
  readonly people: Maybe<FoundPersonConnection>;
  /** Where the person is signed in, the session that was used last first: at most fifty. */
  readonly sessions: Maybe<ReadonlyArray<OpenSession>>;
  /** Returns how far a login by a QR code is. Ask every two seconds, or subscribe to `qrLoginStatus`. */
  readonly qrLogin: QrLogin;
  /**
   * The orders of the person with this unionId in all apps. For the person, or a service token with the scope
   * `orders:read`. A unionId that is unknown or belongs to another person is `NOT_FOUND`.
   */
  readonly ordersByUnionId: Maybe<OrderConnection>;
  /**
   * The order with this number. For the person who placed it, or a service token with the scope `orders:read`. Null
   * if there is none, or if it is another person's.
   */
  readonly order: Maybe<Order>;
  /** Shows the effects of an offered merge. The token remains valid. */
  readonly mergePreview: Maybe<MergePreview>;
  /** Shows what a merge of two accounts would do, and why it is not possible if it is not. Requires the scope `users:read`. An account that is disabled is `ACCOUNT_CLOSED`, two ids of one account are `INVALID_INPUT`. */
  readonly mergePeoplePreview: Maybe<MergePeoplePreview>;
  /** All apps that people can sign in through. */
  readonly apps: ReadonlyArray<App>;
  /**
   * Signs a page for WeChat's JS-SDK (`wx.config`). WeChat on iOS compares the address with which the page was
   * loaded, also after a single-page app has changed it. All others compare the present address: there, request a
   * new signature after every change.
   */
  readonly jsSdkConfig: Maybe<JsSdkConfig>;
  /** Fetches an object by its id. Null if it does not exist or the caller may not read it. */
  readonly node: Maybe<Node>;
  /**
   * Cases, oldest first: links that a rule refused or doubted. Requires the scope
   * `conflicts:read`.
   */
  readonly conflicts: Maybe<ConflictConnection>;
  /**
   * All service tokens, including expired and revoked ones, oldest first. Requires the scope
   * `tokens:read`.
   */
  readonly serviceTokens: Maybe<ServiceTokenConnection>;
  /**
   * Audit events, newest first. Requires the scope `audit:read`. For the reasons why keys
   * belong to one account, see `User.linkHistory`.
   */
  readonly auditEvents: Maybe<AuditEventConnection>;
  /**
   * The feed of events, oldest first, for systems that poll: each event is on exactly one page if every request names the
   * last cursor. Requires the scope `events:read`, and the setting `events.feed`.
   */
  readonly events: Maybe<EventConnection>;
  /**
   * Counts logins, new people, merges, undos and SMS in a time of at most seven days, and the open cases: what shows a rule that
   * merges too much. Requires the scope `statistics:read`.
   */
  readonly statistics: Maybe<Statistics>;
  /**
   * The health of the service: upstreams and their tokens, budgets, what waits to be sent, SMS, and the errors of answers. Requires
   * the scope `statistics:read`.
   */
  readonly health: Maybe<Health>;
  /** The settings of the service that operators may see, and what `guiyi check` warns of. Requires the scope `settings:read`. */
  readonly settings: Maybe<Settings>;
  /**
   * The operator who is signed in with the cookie of the console. Null for every other request, also after the operator was
   * removed.
   */
  readonly operator: Maybe<Operator>;
  /** The acts that wait for a second operator, oldest first. Requires the scope `users:read`. */
  readonly pendingRequests: Maybe<PendingRequestConnection>;
  /**
   * Whether the rules of today would make a merge that was made before, and why not. Requires the scope `users:read`. Null if there
   * is no such merge.
   */
  readonly wouldMergeToday: Maybe<MergeVerdict>;
  /**
   * The merges of the last 30 days that the rules of today would not make, newest first. Requires the scope `users:read`. A page
   * looks at `first` merges: it has fewer entries, or none, also if there is a next page.
   */
  readonly doubtfulMerges: Maybe<MergeVerdictConnection>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryPeopleArgs = {
  search: Scalars['String']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryQrLoginArgs = {
  state: Scalars['String']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryOrdersByUnionIdArgs = {
  unionId: Scalars['String']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OrderFilter>;
  sort?: InputMaybe<OrderSort>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryOrderArgs = {
  app: Scalars['String']['input'];
  orderNo: Scalars['String']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryMergePreviewArgs = {
  token: Scalars['String']['input'];
  otherAccessToken?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryMergePeoplePreviewArgs = {
  user: Scalars['ID']['input'];
  other: Scalars['ID']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryJsSdkConfigArgs = {
  app: Scalars['String']['input'];
  url: Scalars['String']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryConflictsArgs = {
  filter?: ConflictFilter;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryServiceTokensArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryAuditEventsArgs = {
  filter?: AuditFilter;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryEventsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryStatisticsArgs = {
  since: Scalars['DateTime']['input'];
  until: Scalars['DateTime']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryPendingRequestsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryWouldMergeTodayArgs = {
  mergeId: Scalars['ID']['input'];
};

/** Queries about a person's own account and, for service tokens, about all accounts. */
export type QueryDoubtfulMergesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** What is left of a queue, on all replicas. */
export type QueueHealth = {
  /** How much is due or waits for a retry. */
  readonly pending: Scalars['Int']['output'];
  /** How much was given up. The command line makes it due again. */
  readonly failed: Scalars['Int']['output'];
  /** When the oldest that is pending was made. */
  readonly oldestAt: Maybe<Scalars['DateTime']['output']>;
};

/** The reason why one order was not recorded. */
export type RecordOrderError = {
  /** The code: `INVALID_INPUT`, `UNKNOWN_APP`, or `ORDER_CLASH` for an order that contradicts the recorded one. */
  readonly code: ErrorCode;
  /** The path of the field within the order: `items[0].unitPrice`. */
  readonly field: Scalars['String']['output'];
  /** What is wrong with it, or what was expected. For developers, in English. */
  readonly detail: Scalars['String']['output'];
};

/** The outcome of one order: it has either `order` or `error`. */
export type RecordOrderResult = {
  /** The recorded order. Null if it was not recorded. */
  readonly order: Maybe<RecordedOrder>;
  /** The reason why it was not recorded. Null if it was. */
  readonly error: Maybe<RecordOrderError>;
};

/** The result of `recordOrders`. */
export type RecordOrdersPayload = {
  /** One entry for each order of the input, in the order of the input. */
  readonly results: ReadonlyArray<RecordOrderResult>;
  /** How many orders were created. */
  readonly created: Scalars['Int']['output'];
  /** How many orders were changed. */
  readonly updated: Scalars['Int']['output'];
  /** How many orders were as reported. */
  readonly unchanged: Scalars['Int']['output'];
  /** How many reports were older than what is recorded. */
  readonly outdated: Scalars['Int']['output'];
  /** How many orders were not recorded. */
  readonly refused: Scalars['Int']['output'];
};

/** The result of `recordPersonEvent`. */
export type RecordPersonEventPayload = {
  /** Whether the event changed anything. A repeated event, or one older than the recorded state, does not. */
  readonly changed: Scalars['Boolean']['output'];
};

/** One recorded order. */
export type RecordedOrder = {
  /** The order's id: `ord_…`. */
  readonly id: Scalars['ID']['output'];
  /** What the report changed. */
  readonly effect: OrderEffect;
};

/** The result of `unbindPhone` or `unlinkOpenId`. */
export type RemovalPayload = {
  /** The account after the removal. */
  readonly user: User;
};

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

/** The result of `resolveConflict`. */
export type ResolveConflictPayload = {
  /** The case. */
  readonly conflict: Conflict;
  /** The id of the merge, for `undoMerge`: `evt_…`. Null unless two accounts were merged. */
  readonly mergeId: Maybe<Scalars['ID']['output']>;
  /** The request, if the merge waits for a second operator. Then nothing was merged, and the case is open. */
  readonly pending: Maybe<PendingRequest>;
};

/** The result of `revokeServiceToken`. */
export type RevokeServiceTokenPayload = {
  /** The ids of the revoked tokens. Empty if the token was already revoked. */
  readonly revokedIds: ReadonlyArray<Scalars['ID']['output']>;
};

/** The role that a group of the provider gives. */
export type RoleOfGroup = {
  /** The group, as the provider names it. */
  readonly group: Scalars['String']['output'];
  /** The role. */
  readonly role: OperatorRole;
};

/** The result of `sendPhoneCode` or `sendLoginCode`. */
export type SendPhoneCodePayload = {
  /** When the code expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** The earliest time for another code. */
  readonly resendAt: Scalars['DateTime']['output'];
};

/** An SMS code that the person requested, without the code and the number. */
export type SentPhoneCode = {
  /** When it was requested. */
  readonly sentAt: Scalars['DateTime']['output'];
  /** When it expires or expired. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** How often a code was entered, right or wrong. */
  readonly tries: Scalars['Int']['output'];
  /** When the right code was entered. */
  readonly usedAt: Maybe<Scalars['DateTime']['output']>;
  /** When the carrier refused to send it. */
  readonly refusedAt: Maybe<Scalars['DateTime']['output']>;
  /** The name of the app that requested it; the provider's app id if the app is no longer configured. */
  readonly app: Maybe<Scalars['String']['output']>;
};

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

/** A service token. */
export type ServiceToken = {
  /** The token's id: `svc_…`. The token itself is not stored. */
  readonly id: Scalars['ID']['output'];
  /** The system that uses the token. */
  readonly name: Scalars['String']['output'];
  /** The token's scopes. */
  readonly scopes: ReadonlyArray<ServiceScope>;
  /** When the token was created. */
  readonly createdAt: Scalars['DateTime']['output'];
  /** The token or the operator that created it: `svc_…` or `opr_…`. Null for a token created at the command line. */
  readonly madeById: Maybe<Scalars['ID']['output']>;
  /** When the token expires or expired. Null if never. */
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  /** When the token was revoked. */
  readonly revokedAt: Maybe<Scalars['DateTime']['output']>;
  /** When the token was last used, to the hour. */
  readonly lastUsedAt: Maybe<Scalars['DateTime']['output']>;
};

/** A page of service tokens, oldest first (Relay connection). */
export type ServiceTokenConnection = {
  /** The tokens with their cursors. */
  readonly edges: ReadonlyArray<ServiceTokenEdge>;
  /** The tokens without cursors. */
  readonly nodes: ReadonlyArray<ServiceToken>;
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo;
};

/** A service token with its cursor. */
export type ServiceTokenEdge = {
  /** The token's position in the list, for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The token. */
  readonly node: ServiceToken;
};

/** The tokens of a session. */
export type Session = {
  /** The access token, for the header `Authorization: Bearer …` of every request. */
  readonly accessToken: Scalars['String']['output'];
  /**
   * The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
   * cookie holds it.
   */
  readonly refreshToken: Maybe<Scalars['String']['output']>;
  /** When the access token expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
};

/** The result of `setPhone`. */
export type SetPhonePayload = {
  /** The account. If the given account was merged into another, the surviving one. */
  readonly userId: Scalars['ID']['output'];
  /** Whether the account had another number, or none. */
  readonly changed: Scalars['Boolean']['output'];
  /** The number of ended sessions. */
  readonly endedSessions: Scalars['Int']['output'];
  /** The request, if the change waits for a second operator. Then nothing was changed. */
  readonly pending: Maybe<PendingRequest>;
};

/** The settings of the service that operators may see, without secrets. They are changed in its configuration. */
export type Settings = {
  /** The version of the service. */
  readonly version: Scalars['String']['output'];
  /** How strict it is. */
  readonly mode: ServiceMode;
  /** The address at which it is reached. */
  readonly publicUrl: Scalars['String']['output'];
  /** The apps. */
  readonly apps: ReadonlyArray<App>;
  /** The names of the apps through which operators sign in. */
  readonly consoleApps: ReadonlyArray<Scalars['String']['output']>;
  /** The groups that make a person an operator. */
  readonly consoleGroups: ReadonlyArray<RoleOfGroup>;
  /** The acts that need a second operator. */
  readonly fourEyes: ReadonlyArray<FourEyesAct>;
  /** How many hours such an act waits. */
  readonly requestHours: Scalars['Int']['output'];
  /** What `guiyi check` warns of. */
  readonly warnings: ReadonlyArray<SettingsWarning>;
};

/** A setting that is valid, but weak or strange. */
export type SettingsWarning = {
  /** The setting, such as `mode`; or the variable, argument or file that is no setting. */
  readonly path: Scalars['String']['output'];
  /** What is odd about it, as `guiyi check` prints it, in the language of `Accept-Language`. */
  readonly text: Scalars['String']['output'];
};

/** The SMS of today, and their budget. */
export type SmsHealth = {
  /** What was sent. */
  readonly today: SmsOfDay;
  /** The budget of a day, in hundredths of the currency of `sms.budget`. Null for no limit. */
  readonly budgetCents: Maybe<Scalars['Int']['output']>;
  /** What is left of it. */
  readonly leftCents: Maybe<Scalars['Int']['output']>;
};

/** The SMS of one day. */
export type SmsOfDay = {
  /** The day in the time zone of `sms.budget`: `2026-11-21`. */
  readonly day: Scalars['String']['output'];
  /** How many codes were sent. */
  readonly codes: Scalars['Int']['output'];
  /** What they cost, in hundredths of the currency of `sms.budget`. */
  readonly codeCents: Scalars['Int']['output'];
  /** How many notices were sent. */
  readonly notices: Scalars['Int']['output'];
  /** What they cost, in hundredths of the currency of `sms.budget`. */
  readonly noticeCents: Scalars['Int']['output'];
};

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

/** The result of `startQrLogin`. */
export type StartQrLoginPayload = {
  /** The state, for `qrLogin` and, with the code, for `login`. Keep it in this browser. */
  readonly state: Scalars['String']['output'];
  /** The text to draw as a QR code. */
  readonly qrText: Scalars['String']['output'];
  /** Two digits to show beside the QR code. The phone shows them too, so that the person sees that both belong together. */
  readonly checkNumber: Scalars['String']['output'];
  /** When the code expires: after 5 minutes. */
  readonly expiresAt: Scalars['DateTime']['output'];
};

/** Counts of what happened in a time. Errors are not among them: each replica counts its own, see `Health.errors`. */
export type Statistics = {
  /** The hours in which something happened, the earliest first. */
  readonly hours: ReadonlyArray<StatisticsOfHour>;
  /** The logins of each app, the one with the most first. Sessions that have expired are deleted after a time, and not counted then. */
  readonly logins: ReadonlyArray<LoginsOfApp>;
  /** The entries of the journal, by rule. A login that changes nothing has no entry. */
  readonly rules: ReadonlyArray<EntriesOfRule>;
  /** The cases that are open now, whenever they were opened. */
  readonly openCases: ReadonlyArray<OpenCasesOfKind>;
  /** The SMS of each day that has a part in the time, as whole days, the earliest first. A day without SMS is left out. */
  readonly sms: ReadonlyArray<SmsOfDay>;
};

/** What happened in an hour. */
export type StatisticsOfHour = {
  /** The beginning of the hour. */
  readonly hour: Scalars['DateTime']['output'];
  /** How many sessions were opened. */
  readonly logins: Scalars['Int']['output'];
  /** How many accounts were created. An imported account counts at the time that its file says. */
  readonly newPeople: Scalars['Int']['output'];
  /** How many merges were made, whichever rule decided. */
  readonly merges: Scalars['Int']['output'];
  /** How many merges were undone. */
  readonly undos: Scalars['Int']['output'];
};

/** The result of `disableUser` or `enableUser`. */
export type StatusChangePayload = {
  /** The account. If the given account was merged into another, the surviving one. */
  readonly userId: Scalars['ID']['output'];
  /** Whether the status changed. */
  readonly changed: Scalars['Boolean']['output'];
  /** The number of ended sessions. */
  readonly endedSessions: Scalars['Int']['output'];
};

/** Changes as they happen, over a WebSocket with the protocol `graphql-transport-ws`. */
export type Subscription = {
  /** Returns how far a login by a QR code is, at once and at each further step. Ends after `CONFIRMED`, `REFUSED` or `EXPIRED`. */
  readonly qrLoginStatus: QrLogin;
  /**
   * Tells each change of the person's orders in all apps, half a second later at most. For the person; with a unionId, also for a
   * service token with the scope `orders:read`. The first event comes at once, without an order: from then on no change is
   * missed, so read the list now. An order that is changed several times within half a second is told once.
   */
  readonly orderChanged: OrderChange;
};

/** Changes as they happen, over a WebSocket with the protocol `graphql-transport-ws`. */
export type SubscriptionQrLoginStatusArgs = {
  state: Scalars['String']['input'];
};

/** Changes as they happen, over a WebSocket with the protocol `graphql-transport-ws`. */
export type SubscriptionOrderChangedArgs = {
  unionId?: InputMaybe<Scalars['String']['input']>;
};

/** The result of `undoMerge`. */
export type UndoMergePayload = {
  /** The account that survived the merge. */
  readonly survivorId: Scalars['ID']['output'];
  /** The restored account. */
  readonly restoredId: Scalars['ID']['output'];
  /**
   * The account that the session belongs to now: the one with the openId through which the session was opened. Null
   * for a service token.
   */
  readonly user: Maybe<User>;
  /** New tokens if the session has moved to another account. Null if the present tokens remain valid. */
  readonly session: Maybe<Session>;
  /** The request, if the undo waits for a second operator. Then nothing was undone, and the ids say what would be. */
  readonly pending: Maybe<PendingRequest>;
};

/** Whether logins through an app return a unionId. */
export type UnionIdAbility =
  /** No login returns a unionId. */
  | 'NEVER'
  /** Some logins do. It depends on the scope, the person, and when the app was added to the Open Platform account. */
  | 'SOMETIMES'
  /** Every login returns a unionId. */
  | 'ALWAYS';

/** The result of `updateProfile`. */
export type UpdateProfilePayload = {
  /** The person's account. */
  readonly user: User;
};

/** What an app has used of its budgets in the present minute, on all replicas. */
export type UpstreamBudgetHealth = {
  /** The app's name. */
  readonly app: Scalars['String']['output'];
  /** How many codes were exchanged. */
  readonly exchanges: Scalars['Int']['output'];
  /** How many may be: `upstream.exchanges_per_minute`. */
  readonly maxExchanges: Scalars['Int']['output'];
  /** How many of the exchanges were those of clients of whom nothing is known. */
  readonly ofStrangers: Scalars['Int']['output'];
  /** How many calls about followers were made. Null if the app has no followers. */
  readonly followerCalls: Maybe<Scalars['Int']['output']>;
  /** How many may be: `backfill.calls_per_minute`. */
  readonly maxFollowerCalls: Maybe<Scalars['Int']['output']>;
};

/** A failure at an upstream. */
export type UpstreamFailure = {
  /** What failed: `exchange`, `phone_number` and so on, as in the metrics. */
  readonly operation: Scalars['String']['output'];
  /** What it failed of. */
  readonly kind: UpstreamFailureKind;
  /** When. */
  readonly at: Scalars['DateTime']['output'];
};

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

/** What the replica that answers has seen of the upstream of an app. */
export type UpstreamHealth = {
  /** The app's name. */
  readonly app: Scalars['String']['output'];
  /** The upstream's name, such as its host. */
  readonly upstream: Scalars['String']['output'];
  /** Until when logins are refused without a call, because the upstream counts as down. Null if it is up. */
  readonly refusesUntil: Maybe<Scalars['DateTime']['output']>;
  /** How many calls run at the upstream, of all its apps. */
  readonly runningCalls: Scalars['Int']['output'];
  /** How many may run; further ones wait. */
  readonly maxCalls: Scalars['Int']['output'];
  /** The app's last failure that is not about a person or a login. Null if there was none since the replica started. */
  readonly lastFailure: Maybe<UpstreamFailure>;
  /** When a call of the app last succeeded. Null if none did since the replica started. */
  readonly lastSuccessAt: Maybe<Scalars['DateTime']['output']>;
};

/** A token that an upstream has issued to an app, without the token. All replicas share it. */
export type UpstreamTokenHealth = {
  /** The app's name; the provider's app id if the app is no longer configured. */
  readonly app: Scalars['String']['output'];
  /** What the upstream calls it, such as `access_token` or `jsapi_ticket`. */
  readonly kind: Scalars['String']['output'];
  /** When it was fetched. Null if there is none, or if an older version fetched it. */
  readonly fetchedAt: Maybe<Scalars['DateTime']['output']>;
  /** When it expires. Null if there is none. */
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  /** Until when one replica fetches the next one. A time that is past says that it has not come back with one. */
  readonly fetchingUntil: Maybe<Scalars['DateTime']['output']>;
};

/** One person's account, whatever the number of apps they sign in through. */
export type User = Node & {
  /** The account's id: `usr_…`. The id of an account that was merged into this one finds it, too. */
  readonly id: Scalars['ID']['output'];
  /** The person's nickname: the one that they chose with `updateProfile`, else the one at the provider. */
  readonly nickname: Maybe<Scalars['String']['output']>;
  /**
   * The address of the person's picture: the one that they chose with `updateProfile`, else the one at the provider.
   * WeChat's addresses become invalid when the person changes the picture.
   */
  readonly avatarUrl: Maybe<Scalars['String']['output']>;
  /** Whether the account can be used. */
  readonly status: UserStatus;
  /**
   * The bound phone in E.164: `+8613800000001`. For the person, or a service token with the scope `users:read:phone`; the audit
   * records each reading by a token. See `maskedPhone`.
   */
  readonly phone: Maybe<Scalars['String']['output']>;
  /** The bound phone with its first and last digits only: `+86*******0001`. */
  readonly maskedPhone: Maybe<Scalars['String']['output']>;
  /** Whether a phone is bound. */
  readonly phoneBound: Scalars['Boolean']['output'];
  /** The company's id of the person, if the company imported the account. */
  readonly externalId: Maybe<Scalars['String']['output']>;
  /** The person's openIds, oldest first. */
  readonly openIds: Maybe<ReadonlyArray<LinkedOpenId>>;
  /** The person's unionIds. */
  readonly unionIds: Maybe<ReadonlyArray<LinkedUnionId>>;
  /** The person's orders in all apps. */
  readonly orders: Maybe<OrderConnection>;
  /** The merges into this account that can still be undone, oldest first. If there are more than 50, the newest 50. */
  readonly merges: Maybe<ReadonlyArray<Merge>>;
  /**
   * The journal of this account and of those merged into it, newest first: why these keys belong to one person. For
   * the person, or a service token with the scope `users:read`.
   */
  readonly linkHistory: Maybe<LinkHistoryConnection>;
  /** The erasure that is scheduled, if one is. For the person, or a service token with the scope `users:read`. */
  readonly erasure: Maybe<Erasure>;
  /**
   * The accounts that were merged into this one, the newest first: at most fifty. For the person, or a service token with the
   * scope `users:read`, like `sessions`, `notices` and `phoneCodes`.
   */
  readonly aliases: Maybe<ReadonlyArray<FormerAccount>>;
  /** Where the person is signed in, the session that was used last first: at most fifty. */
  readonly sessions: Maybe<ReadonlyArray<OpenSession>>;
  /**
   * The cases that concern this account or one that was merged into it, oldest first. Requires the scope
   * `conflicts:read`.
   */
  readonly conflicts: Maybe<ConflictConnection>;
  /** The newest notices that were sent to the person about changes of the account, the newest first: at most fifty. */
  readonly notices: Maybe<ReadonlyArray<Notice>>;
  /** The newest SMS codes that the person requested, the newest first: at most fifty. Expired codes are deleted after a time. */
  readonly phoneCodes: Maybe<ReadonlyArray<SentPhoneCode>>;
  /** When the account was created. */
  readonly createdAt: Scalars['DateTime']['output'];
};

/** One person's account, whatever the number of apps they sign in through. */
export type UserOrdersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OrderFilter>;
  sort?: InputMaybe<OrderSort>;
};

/** One person's account, whatever the number of apps they sign in through. */
export type UserLinkHistoryArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
};

/** One person's account, whatever the number of apps they sign in through. */
export type UserConflictsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Whether an account can be used. */
export type UserStatus =
  /** It is in use. */
  | 'ACTIVE'
  /** An operator has disabled it: see `disableUser`. */
  | 'DISABLED';

/** A webhook. */
export type WebhookHealth = {
  /** The name. */
  readonly name: Scalars['String']['output'];
  /** The events that are left. */
  readonly queue: QueueHealth;
  /** How many attempts have failed since the last one that succeeded. */
  readonly failures: Scalars['Int']['output'];
  /** When the last attempt failed. */
  readonly failedAt: Maybe<Scalars['DateTime']['output']>;
  /** Why. */
  readonly lastError: Maybe<Scalars['String']['output']>;
  /** When it answered that it is gone: nothing is sent to it since. */
  readonly goneAt: Maybe<Scalars['DateTime']['output']>;
};

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

/** The result of `loginByWechatPhone`: that of a login, and what became of the phone. */
export type WechatPhoneLoginPayload = {
  /** The access token, for the header `Authorization: Bearer …` of every request. */
  readonly accessToken: Scalars['String']['output'];
  /**
   * The refresh token, for one `refreshSession`. Null if the request has the header `Guiyi-Session: cookie`: the
   * cookie holds it.
   */
  readonly refreshToken: Maybe<Scalars['String']['output']>;
  /** When the access token expires. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /**
   * The token that identifies this device. Keep it with the refresh token, also after a logout, and send it with the
   * next login: a device on which a phone was proved needs no further `humanToken`. It does not authenticate a
   * person.
   */
  readonly deviceToken: Scalars['String']['output'];
  /** Whether this login created the account. */
  readonly isNewUser: Scalars['Boolean']['output'];
  /** The person's openId in the app. */
  readonly openId: Scalars['String']['output'];
  /** The person's unionId in all apps of the Open Platform account. Null if the provider does not return it. */
  readonly unionId: Maybe<Scalars['String']['output']>;
  /** The person's account. */
  readonly user: User;
  /**
   * A merge that the person may confirm. Present if the provider's answer shows that another account belongs to the
   * same person.
   */
  readonly mergeOffer: Maybe<MergeOffer>;
  /**
   * Whether the person's account was merged into the account that already had this phone. `user` and the tokens are those of that
   * account.
   */
  readonly merged: Scalars['Boolean']['output'];
  /** Why the phone was not bound. Null if it was. The person is signed in all the same. */
  readonly phoneRefusal: Maybe<PhoneRefusal>;
};

export type BeginLoginMutationVariables = Exact<{
  input: BeginLoginInput;
}>;

export type BeginLoginMutation = {
  readonly beginLogin: { readonly authorizeUrl: string; readonly state: string };
};

export type SignInMutationVariables = Exact<{
  input: LoginInput;
}>;

export type SignInMutation = {
  readonly login: {
    readonly accessToken: string;
    readonly refreshToken: string | null;
    readonly expiresAt: string;
    readonly deviceToken: string;
    readonly isNewUser: boolean;
    readonly user: {
      readonly id: string;
      readonly nickname: string | null;
      readonly avatarUrl: string | null;
      readonly phoneBound: boolean;
    };
    readonly mergeOffer: {
      readonly token: string;
      readonly expiresAt: string;
      readonly maskedPhone: string | null;
      readonly maskedNickname: string | null;
    } | null;
  };
};

export type RefreshSessionMutationVariables = Exact<{
  refreshToken?: InputMaybe<Scalars['String']['input']>;
}>;

export type RefreshSessionMutation = {
  readonly refreshSession: {
    readonly accessToken: string;
    readonly refreshToken: string | null;
    readonly expiresAt: string;
  };
};

export type LogoutMutationVariables = Exact<{ [key: string]: never }>;

export type LogoutMutation = { readonly logout: boolean };

export type MeQueryVariables = Exact<{ [key: string]: never }>;

export type MeQuery = {
  readonly me: {
    readonly id: string;
    readonly nickname: string | null;
    readonly avatarUrl: string | null;
    readonly phoneBound: boolean;
  } | null;
};

export type OrdersQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<OrderFilter>;
}>;

export type OrdersQuery = {
  readonly me: {
    readonly orders: {
      readonly nodes: ReadonlyArray<{
        readonly id: string;
        readonly orderNo: string;
        readonly app: string;
        readonly status: OrderStatus;
        readonly placedAt: string;
        readonly total: { readonly amount: string; readonly currency: string };
        readonly items: ReadonlyArray<{
          readonly title: string;
          readonly quantity: string;
          readonly unitPrice: { readonly amount: string; readonly currency: string };
        }> | null;
      }>;
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    } | null;
  } | null;
};

export type JsSdkConfigQueryVariables = Exact<{
  app: Scalars['String']['input'];
  url: Scalars['String']['input'];
}>;

export type JsSdkConfigQuery = {
  readonly jsSdkConfig: {
    readonly appId: string;
    readonly timestamp: number;
    readonly nonceStr: string;
    readonly signature: string;
  } | null;
};

export type BindPhoneWithWechatMutationVariables = Exact<{
  app: Scalars['String']['input'];
  kind: PhoneCheck;
  code: Scalars['String']['input'];
  claim?: InputMaybe<PhoneClaim>;
}>;

export type BindPhoneWithWechatMutation = {
  readonly bindPhoneWithWechat: {
    readonly merged: boolean;
    readonly user: { readonly id: string; readonly phone: string | null };
    readonly session: {
      readonly accessToken: string;
      readonly refreshToken: string | null;
      readonly expiresAt: string;
    } | null;
  };
};

export type SendLoginCodeMutationVariables = Exact<{
  phone: Scalars['String']['input'];
  app?: InputMaybe<Scalars['String']['input']>;
  codeChallenge?: InputMaybe<Scalars['String']['input']>;
  humanToken?: InputMaybe<Scalars['String']['input']>;
  deviceToken?: InputMaybe<Scalars['String']['input']>;
}>;

export type SendLoginCodeMutation = {
  readonly sendLoginCode: { readonly expiresAt: string; readonly resendAt: string };
};

export type LoginByPhoneMutationVariables = Exact<{
  phone: Scalars['String']['input'];
  code: Scalars['String']['input'];
  codeVerifier?: InputMaybe<Scalars['String']['input']>;
  claim?: InputMaybe<PhoneClaim>;
  deviceToken?: InputMaybe<Scalars['String']['input']>;
}>;

export type LoginByPhoneMutation = {
  readonly loginByPhone: {
    readonly accessToken: string;
    readonly refreshToken: string | null;
    readonly expiresAt: string;
    readonly deviceToken: string;
    readonly isNewUser: boolean;
    readonly user: {
      readonly id: string;
      readonly nickname: string | null;
      readonly avatarUrl: string | null;
      readonly phoneBound: boolean;
    };
  };
};

export type LoginByWechatPhoneMutationVariables = Exact<{
  input: WechatPhoneLoginInput;
}>;

export type LoginByWechatPhoneMutation = {
  readonly loginByWechatPhone: {
    readonly accessToken: string;
    readonly refreshToken: string | null;
    readonly expiresAt: string;
    readonly deviceToken: string;
    readonly isNewUser: boolean;
    readonly merged: boolean;
    readonly phoneRefusal: {
      readonly code: ErrorCode;
      readonly detail: string | null;
      readonly retryAfter: number | null;
      readonly mergeOffer: {
        readonly token: string;
        readonly expiresAt: string;
        readonly maskedPhone: string | null;
        readonly maskedNickname: string | null;
      } | null;
    } | null;
    readonly user: {
      readonly id: string;
      readonly nickname: string | null;
      readonly avatarUrl: string | null;
      readonly phoneBound: boolean;
    };
  };
};

export type StartQrLoginMutationVariables = Exact<{
  input: StartQrLoginInput;
}>;

export type StartQrLoginMutation = {
  readonly startQrLogin: {
    readonly state: string;
    readonly qrText: string;
    readonly checkNumber: string;
    readonly expiresAt: string;
  };
};

export type QrLoginQueryVariables = Exact<{
  state: Scalars['String']['input'];
}>;

export type QrLoginQuery = {
  readonly qrLogin: { readonly status: QrLoginStatus; readonly code: string | null };
};

export type QrLoginStatusSubscriptionVariables = Exact<{
  state: Scalars['String']['input'];
}>;

export type QrLoginStatusSubscription = {
  readonly qrLoginStatus: { readonly status: QrLoginStatus; readonly code: string | null };
};
