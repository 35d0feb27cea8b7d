// Sends operations to the service, and reads its answers.

import type { OperationText } from './documents.js';
import { clientError, serviceError, type AnswerError, GuiyiError } from './errors.js';

/** Sends one request and returns the body of the answer; not JSON is null. Rejects if there is no answer in time. */
export type SendRequest = (url: string, headers: Record<string, string>, body: string) => Promise<unknown>;

export interface TransportOptions {
  readonly endpoint: string;
  readonly send: SendRequest;
  /** Whether the refresh token travels in the service's cookie. */
  readonly cookie: boolean;
  /** The language of messages, as in `Accept-Language`. */
  readonly language: () => string;
}

/** The body of an answer. */
export interface Answer<Data> {
  data?: Data | null;
  errors?: AnswerError[];
}

export class Transport {
  constructor(readonly options: TransportOptions) {}

  /** The headers of every request. */
  headers(token: string | null): Record<string, string> {
    return {
      'Accept-Language': this.options.language(),
      ...(this.options.cookie && { 'Guiyi-Session': 'cookie' }),
      ...(token && { Authorization: `Bearer ${token}` }),
    };
  }

  /** Sends one operation and returns the whole answer. Throws `NETWORK` or `BAD_ANSWER`. */
  async answer<Data, Variables>(
    operation: OperationText<Data, Variables>,
    variables: Variables,
    token: string | null = null,
  ): Promise<Answer<Data>> {
    const { endpoint, send, language } = this.options;
    const headers = { ...this.headers(token), 'Content-Type': 'application/json' };
    const body = JSON.stringify({ query: String(operation), variables });
    const answer = await send(endpoint, headers, body).catch((cause: unknown) => {
      throw clientError('NETWORK', language(), undefined, cause);
    });
    const { data, errors } = Object(answer) as Answer<Data>;
    if (!(Array.isArray(errors) || (data && typeof data === 'object'))) throw this.error('BAD_ANSWER');
    return { data: data ?? null, ...(Array.isArray(errors) && { errors }) };
  }

  /** Sends one operation and returns its data. Throws the first error of the answer. */
  async send<Data, Variables>(
    operation: OperationText<Data, Variables>,
    variables: Variables,
    token: string | null = null,
  ): Promise<Data> {
    return this.dataOf(await this.answer(operation, variables, token));
  }

  /** Returns the data of an answer. Throws its first error. */
  dataOf<Data>({ data, errors }: Answer<Data>): Data {
    if (errors?.[0]) throw serviceError(errors[0]);
    if (!data) throw this.error('BAD_ANSWER');
    return data;
  }

  error(code: Parameters<typeof clientError>[0], detail?: string): GuiyiError {
    return clientError(code, this.options.language(), detail);
  }
}

/** Returns whether the service refused the access token. */
export function isRefused({ errors }: Answer<unknown>): boolean {
  return errors?.some((error) => error?.extensions?.['code'] === 'UNAUTHENTICATED') ?? false;
}
