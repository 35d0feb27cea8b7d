// What can go wrong, as one typed error.

import type { ErrorCode } from './generated.js';

/**
 * What the client itself finds wrong. All other codes are the service's.
 *
 * - `NETWORK`: no answer, or none in time.
 * - `CANCELLED`: the person came back without an answer, or the client was told to stop.
 * - `TRANSACTION_MISSING`: a return from WeChat that this browser did not start, or has already used.
 * - `CALLBACK_INVALID`: a return from WeChat that contradicts itself, such as one with two codes.
 * - `STORAGE_UNAVAILABLE`: the browser stores nothing for this page, so a login could not be finished.
 * - `OPEN_IN_WECHAT`: the page can sign nobody in here; it has to be opened in WeChat.
 * - `BAD_ANSWER`: the answer is none of the service: of a proxy, or of another version.
 * - `JS_SDK_REFUSED`: WeChat's script refused the configuration; `detail` has its reason.
 */
export type ClientErrorCode =
  | 'NETWORK'
  | 'CANCELLED'
  | 'TRANSACTION_MISSING'
  | 'CALLBACK_INVALID'
  | 'STORAGE_UNAVAILABLE'
  | 'OPEN_IN_WECHAT'
  | 'BAD_ANSWER'
  | 'JS_SDK_REFUSED';

const OUTDATED = [
  'This sign-in is not valid here. Please sign in again.',
  '此登录在这里无效，请重新登录。',
] as const;
// English and Chinese. The service's own errors bring their text along, and WeChat's script its reason.
const TEXTS: Partial<Record<ClientErrorCode, readonly [string, string]>> = {
  NETWORK: ['No connection. Please try again.', '网络不可用，请重试。'],
  CANCELLED: ['The sign-in was not completed.', '登录未完成。'],
  TRANSACTION_MISSING: OUTDATED,
  CALLBACK_INVALID: OUTDATED,
  STORAGE_UNAVAILABLE: [
    'Please allow this page to store data, then sign in.',
    '请允许此页面存储数据后再登录。',
  ],
  OPEN_IN_WECHAT: ['Please open this page in WeChat.', '请在微信中打开此页面。'],
  BAD_ANSWER: ['The service is not available. Please try again.', '服务不可用，请重试。'],
};

/** The fields of `extensions` beside the code. Each is there if the service sends it. */
export interface ErrorDetails {
  /** What to do, for people, in the language of the request. */
  readonly advice?: string;
  /** The id under which the operator finds the cause. */
  readonly errorId?: string;
  /** For developers, in English. */
  readonly detail?: string;
  /** Seconds to wait before the next attempt. */
  readonly retryAfter?: number;
  /** For `mergePreview` and `mergeUsers`. */
  readonly mergeToken?: string;
  readonly mergeTokenExpiresAt?: string;
  readonly maskedPhone?: string;
  readonly maskedNickname?: string;
}

/** An error of the client or of the service. `message` is for people, in the page's language; decide by `code`. */
export class GuiyiError extends Error {
  override readonly name = 'GuiyiError';
  /** A newer service may send a code that this version does not list. */
  readonly code: ErrorCode | ClientErrorCode | (string & {});
  readonly details: ErrorDetails;

  constructor(code: GuiyiError['code'], message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message);
    this.cause = cause;
    this.code = code;
    this.details = details;
  }

  /** Seconds to wait before the next attempt, if the service says so. */
  get retryAfter(): number | undefined {
    return this.details.retryAfter;
  }
}

// The library of es2020 has no `cause`.
export interface GuiyiError {
  cause?: unknown;
}

/** Makes an error of the client. */
export function clientError(
  code: ClientErrorCode,
  language: string,
  detail?: string,
  cause?: unknown,
): GuiyiError {
  const message = TEXTS[code]?.[/^zh\b/i.test(language) ? 1 : 0] ?? detail ?? code;
  return new GuiyiError(code, message, detail === undefined ? {} : { detail }, cause);
}

/** One entry of `errors` in an answer. */
export interface AnswerError {
  message?: unknown;
  extensions?: Record<string, unknown> | null;
}

/** Makes the error of an entry of `errors`. */
export function serviceError(error: AnswerError): GuiyiError {
  const { message, extensions } = Object(error) as AnswerError;
  const { code = 'INTERNAL', retryAfter, ...details } = extensions ?? {};
  const wait = Number(retryAfter) >= 0 && { retryAfter: Number(retryAfter) };
  return new GuiyiError(String(code), String(message ?? code), { ...details, ...wait });
}
