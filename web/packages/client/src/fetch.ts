/**
 * `fetch` for other GraphQL clients.
 *
 * @packageDocumentation
 */

import type { Guiyi } from './client.js';
import { isRefused, type Answer } from './transport.js';

/**
 * Returns a `fetch` that attaches the access token to requests to the service, and repeats a request once with a new
 * token if the old one was refused. Requests to other addresses stay as they are.
 */
export function guiyiFetch(client: Guiyi): typeof globalThis.fetch {
  const send = client.options.fetch ?? ((...request) => globalThis.fetch(...request));
  return async (input, init) => {
    if (typeof window === 'undefined') return send(input, init);
    const request = new Request(input, init);
    if (placeOf(request.url) !== placeOf(client.options.endpoint)) return send(request);
    await client.start();
    const at = Date.now();
    const response = await client.session.withToken(
      (token) => send(prepared(client, request, token)),
      async (answer) => isRefused(await bodyOf(answer)),
    );
    client.session.keep((await bodyOf(response)).data, at);
    return response;
  };
}

function placeOf(address: string): string {
  const { origin, pathname } = new URL(address, location.href);
  return origin + pathname;
}

function prepared({ transport }: Guiyi, request: Request, token: string | null): Request {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(transport.headers(token))) headers.set(name, value);
  const credentials = transport.options.cookie ? 'include' : request.credentials;
  return new Request(request.clone(), { headers, credentials });
}

/** Reads an answer without using it up. What is no answer of the service has no errors. */
async function bodyOf(response: Response): Promise<Answer<unknown>> {
  if (!/json/.test(response.headers.get('content-type') ?? '')) return {};
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const { data, errors } = Object(body) as Answer<unknown>;
  return { data, ...(Array.isArray(errors) && { errors }) };
}
