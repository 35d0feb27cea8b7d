// node-easywechat, as published, as the company's own receiver of pushes: behind Guiyi, which passes them on, and before it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { pushServer } from '../demo/push.mjs';
import { control } from '../sandbox.mjs';

const PUSH = { token: 'sandboxtoken01', aes_key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' };
const SHOP = { id: 'wxde30000000005409', secret: 'de300000000000000000000000005409' };
const OUTLET = { id: 'wxde300000000007e7', secret: 'de3000000000000000000000000007e7' };
const { SERVICE_URL, SERVICE_SANDBOX_URL, RELAY_NODE } = process.env;

async function listen(t, handler, port = 0) {
  const server = createServer(handler).listen(port, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

test('a push that Guiyi passes on is verified, decrypted and answered', async (t) => {
  const heard = [];
  const receiver = pushServer(SHOP, PUSH, (message) => heard.push(message));
  await listen(t, receiver, Number(RELAY_NODE.split(':')[1]));

  const event = { app: 'shop', person: 'lan', event: 'SCAN', scene: 'table-7' };
  const { attempts } = await control('POST', 'push', event, SERVICE_SANDBOX_URL);

  assert.deepEqual([attempts.length, attempts[0].status, attempts[0].body], [1, 200, 'success']);
  assert.equal(heard.length, 1);
  assert.match(heard[0].EventKey, /table-7$/);
});

test('a push that the receiver passes on with the original signature is accepted', async (t) => {
  const heard = [];
  const answers = [];
  const receiver = pushServer(OUTLET, PUSH, (message) => heard.push(message));
  const origin = await listen(t, async (request, response) => {
    if (request.method === 'POST') {
      const parts = [];
      for await (const part of request) parts.push(part);
      const body = Buffer.concat(parts);
      const address = `${SERVICE_URL}/push/outlet${new URL(request.url, 'http://x').search}`;
      const answer = await fetch(address, { method: 'POST', body });
      answers.push([answer.status, await answer.text()]);
      // The SDK reads the body of a request itself.
      const again = await fetch(`${own}${request.url}`, { method: 'POST', headers: request.headers, body });
      response.writeHead(again.status).end(await again.text());
    } else {
      receiver(request, response);
    }
  });
  const own = await listen(t, receiver);
  const push = { ...PUSH, url: `${origin}/push`, mode: 'secure', format: 'xml' };
  await control('PATCH', 'apps/outlet', { push }, SERVICE_SANDBOX_URL);

  const verified = await control('POST', 'push/verify', { app: 'outlet' }, SERVICE_SANDBOX_URL);
  const event = { app: 'outlet', person: 'lan', event: 'subscribe' };
  const { received } = await control('POST', 'push', event, SERVICE_SANDBOX_URL);

  assert.deepEqual([verified, received], [{ verified: true }, true]);
  assert.equal(heard[0].Event, 'subscribe');
  assert.deepEqual(answers, [[200, 'success']]);
});
