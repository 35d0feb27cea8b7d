/**
 * A terminating link for Apollo Client.
 *
 * @packageDocumentation
 */

import { HttpLink } from '@apollo/client';
import type { Guiyi } from './client.js';
import { guiyiFetch } from './fetch.js';

/** Returns the link to the service: attaches the access token, refreshes it, and repeats what was refused. */
export function guiyiLink(client: Guiyi, options: Omit<HttpLink.Options, 'uri' | 'fetch'> = {}): HttpLink {
  return new HttpLink({ ...options, uri: client.options.endpoint, fetch: guiyiFetch(client) });
}
