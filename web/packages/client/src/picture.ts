// Sends a picture to the service, by any session and any platform.

import { clientError } from './errors.js';
import type { Session } from './session.js';
import { isRefused, type Answer, type Transport } from './transport.js';

/** Sends one picture and returns the body of the answer; not JSON is null. Rejects if there is no answer in time. */
export type SendPicture = (url: string, headers: Record<string, string>) => Promise<unknown>;

/** Stores a picture as that of the session's person, and returns its address. Throws the first error of the answer. */
export async function sendPicture(
  session: Session,
  transport: Transport,
  send: SendPicture,
): Promise<string> {
  // Beside the address of the API.
  const url = transport.options.endpoint.replace(/graphql\/?$/, 'pictures');
  const answer = await session.withToken(async (token) => {
    const told = await send(url, transport.headers(token)).catch((cause: unknown) => {
      throw clientError('NETWORK', transport.options.language(), undefined, cause);
    });
    const { data, errors } = Object(told) as Answer<{ avatarUrl: string }>;
    return { data: data ?? null, ...(Array.isArray(errors) && { errors }) };
  }, isRefused);
  const { avatarUrl } = transport.dataOf(answer);
  // The state of the session has the new address, too.
  void session.identify().catch(() => undefined);
  return avatarUrl;
}
