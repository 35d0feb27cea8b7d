// Runs every audit of the package graphql-http, MUST, SHOULD and MAY, against the binary.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { openGuiyi } from './guiyi.mjs';

/** The number of audits in this version: a difference means that the list has changed and needs a review. */
const AUDITS = 61;

let guiyi;
before(async () => (guiyi = await openGuiyi()));
after(() => guiyi.close());

test('all audits pass for a client that is not signed in', () => audited(fetch));

test('all audits pass for a person who is signed in', async () => {
  const token = await guiyi.signIn();
  await audited((url, init = {}) => {
    return fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  });
});

async function audited(fetchFn) {
  const results = await Promise.all(serverAudits({ url: guiyi.url, fetchFn }).map((audit) => audit.fn()));
  const failed = results
    .filter(({ status }) => status !== 'ok')
    .map(({ id, name, reason }) => ({ id, name, reason }));
  assert.deepEqual(failed, []);
  assert.equal(results.length, AUDITS);
}
