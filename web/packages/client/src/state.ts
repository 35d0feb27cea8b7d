// The state of a session, and what is told about it.

import type { GuiyiError } from './errors.js';

/** What is known about the person who is signed in. */
export interface SessionUser {
  readonly id: string;
  readonly nickname: string | null;
  readonly avatarUrl: string | null;
  readonly phoneBound: boolean;
}

/**
 * Where the session stands.
 *
 * - `loading`: the client is finding out.
 * - `authenticated`: somebody is signed in.
 * - `anonymous`: nobody is.
 * - `unreachable`: there is a session, but the service cannot be asked. The client goes on trying.
 * - `leaving`: the page is on its way to WeChat.
 */
export type SessionStatus = 'loading' | 'authenticated' | 'anonymous' | 'unreachable' | 'leaving';

/**
 * What the page has to tell the person.
 *
 * - `open-in-wechat`: nobody can sign in here; the page has to be opened in WeChat.
 * - `use-full-service`: WeChat shows a snapshot: tap 使用完整服务 at the bottom of the page.
 * - `ask-consent`: the step needs the person's consent: call `upgrade`.
 */
export type Hint = 'open-in-wechat' | 'use-full-service' | 'ask-consent';

/** The state of the session. A new object after each change, the same one between two. */
export interface SessionState {
  readonly status: SessionStatus;
  /** True while the page should wait: `loading` and `leaving`. */
  readonly isLoading: boolean;
  readonly isAuthenticated: boolean;
  /** Null without a session, and until the service has told. */
  readonly user: SessionUser | null;
  /** Why the last step failed. */
  readonly error: GuiyiError | null;
  readonly hint: Hint | null;
}

/** New tokens, as the service returns them. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string | null;
  readonly expiresAt?: string;
}

/** What other tabs are told. */
export type Notice =
  { type: 'tokens'; accessToken: string; until: number; user: SessionUser | null } | { type: 'signed-out' };

export type SessionEvent = 'signedIn' | 'signedOut' | 'refreshed';

/** Makes a state. */
export function stateOf(
  status: SessionStatus,
  { user = null, error = null, hint = null }: Partial<Pick<SessionState, 'user' | 'error' | 'hint'>> = {},
): SessionState {
  const isLoading = status === 'loading' || status === 'leaving';
  return { status, isLoading, isAuthenticated: status === 'authenticated', user, error, hint };
}

/** Whether two states say the same. */
export function isSame(one: SessionState, other: SessionState): boolean {
  return (
    one.status === other.status &&
    one.error === other.error &&
    one.hint === other.hint &&
    JSON.stringify(one.user) === JSON.stringify(other.user)
  );
}
