// Sends operations to the service with the operator's cookie, and turns its errors into one typed error.

import type { ErrorCode } from './generated';
import { currentLanguage } from './language';
import { say } from './words';

/** An operation as text, with the types that the code generator made of it. */
export interface Operation<Data, Variables> {
  readonly text: string;
  /** For the compiler only: there is no such value. */
  readonly types?: (variables: Variables) => Data;
}

/** What the service, or the way to it, finds wrong. `message` and `advice` are in the operator's language. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: ErrorCode | 'NETWORK' | 'BAD_ANSWER',
    message: string,
    readonly details: { advice?: string; detail?: string; errorId?: string; retryAfter?: number } = {},
  ) {
    super(message);
  }
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: ErrorCode } & Failure['details'];
  }[];
}

/** Calls when an answer says that the operator is signed out or lost a scope. */
type Watcher = () => void;
const watchers = new Set<Watcher>();

/** Is told when the service no longer accepts who the operator is, or refuses a scope. */
export function onRefusal(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

const ENDPOINT = '/graphql';
const TIMEOUT_MS = 30_000;

/**
 * Sends one operation and returns its data. Throws the first error of the answer as a `Failure`. `key` makes a repetition of the
 * same act return the first answer.
 */
export async function send<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  options: { readonly key?: string; readonly signal?: AbortSignal } = {},
): Promise<Data> {
  const { data, errors } = await answerOf<Data>(operation.text, variables, options);
  const first = errors?.[0];
  if (first) {
    const { code = 'INTERNAL', ...details } = first.extensions ?? {};
    if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') for (const tell of watchers) tell();
    throw new Failure(code, first.message, details);
  }
  if (!data) throw local('BAD_ANSWER');
  return data;
}

async function answerOf<Data>(
  query: string,
  variables: unknown,
  { key, signal }: { readonly key?: string; readonly signal?: AbortSignal },
): Promise<Answer<Data>> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Accept-Language': currentLanguage() === 'zh' ? 'zh-CN' : 'en',
    // Forms and images of other sites cannot send this header: the operator's cookie counts only with it.
    'Guiyi-Session': 'operator',
    ...(key && { 'Idempotency-Key': key }),
  };
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    credentials: 'same-origin',
    headers,
    body: JSON.stringify({ query, variables }),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw local('NETWORK');
  });
  const answer: unknown = await response.json().catch(() => null);
  const { data, errors } = Object(answer) as Answer<Data>;
  if (!Array.isArray(errors) && !data) throw local('BAD_ANSWER');
  return { data: data ?? null, ...(Array.isArray(errors) && { errors }) };
}

function local(code: 'NETWORK' | 'BAD_ANSWER'): Failure {
  return new Failure(code, say(currentLanguage(), code === 'NETWORK' ? 'noConnection' : 'badAnswer'));
}
