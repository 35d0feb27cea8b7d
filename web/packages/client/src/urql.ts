/**
 * An exchange for urql.
 *
 * @packageDocumentation
 */

import { makeOperation, type Exchange } from '@urql/core';
import { map, pipe } from 'wonka';
import type { Guiyi } from './client.js';
import { guiyiFetch } from './fetch.js';

/**
 * Returns the exchange for requests to the service: attaches the access token, refreshes it, and repeats what was refused.
 * It stands before `fetchExchange`.
 */
export function guiyiExchange(client: Guiyi): Exchange {
  const fetch = guiyiFetch(client);
  return ({ forward }) =>
    (operations) =>
      forward(
        pipe(
          operations,
          map((operation) => {
            if (operation.kind === 'teardown') return operation;
            return makeOperation(operation.kind, operation, { ...operation.context, fetch });
          }),
        ),
      );
}
