// The published client of graphql-transport-ws, `graphql-ws`, against `guiyi demo`: each line is one promise of the protocol.
// GUIYI_BINARY is the path of the binary.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { answers, freePort } from './servers.mjs';

const STATUS = 'subscription ($state: String!) { qrLoginStatus(state: $state) { status code } }';
const folder = await mkdtemp(join(tmpdir(), 'guiyi-sockets-'));
const [apiPort, sandboxPort] = [await freePort(), await freePort()];
const [api, sandbox] = [`http://127.0.0.1:${apiPort}`, `http://127.0.0.1:${sandboxPort}`];
const url = `ws://127.0.0.1:${apiPort}/graphql`;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GUIYI_')));
const demo = spawn(process.env.GUIYI_BINARY, ['demo'], {
  cwd: folder,
  env: {
    ...env,
    GUIYI_HTTP__LISTEN: `127.0.0.1:${apiPort}`,
    GUIYI_SANDBOX__LISTEN: `127.0.0.1:${sandboxPort}`,
    GUIYI_SANDBOX__SHOP: '',
  },
  stdio: 'ignore',
});

const cases = [
  [
    'a client is acknowledged when it subscribes, and closes when it has no more subscriptions',
    async () => {
      const events = [];
      const on = { connected: () => events.push('connected'), closed: ({ code }) => events.push(code) };
      const client = newClient({ on });
      assert.deepEqual(events, []);
      await collect(client, { query: STATUS, variables: { state: 'x' } });
      await until(() => events.length === 2);
      assert.deepEqual(events, ['connected', 1000]);
    },
  ],
  [
    'the last event comes before the end',
    async () => {
      const told = await collect(newClient(), { query: STATUS, variables: { state: 'x' } });
      assert.deepEqual(told, [{ data: { qrLoginStatus: { status: 'EXPIRED', code: null } } }]);
    },
  ],
  [
    'two subscriptions share a socket',
    async () => {
      let sockets = 0;
      const client = newClient({ on: { opened: () => (sockets += 1) } });
      const { state } = await startQrLogin();
      const waiting = first(client, state);
      const told = await collect(client, { query: STATUS, variables: { state: 'x' } });
      assert.deepEqual([(await waiting).status, told.length, sockets], ['WAITING', 1, 1]);
    },
  ],
  [
    'an id may be used again',
    async () => {
      const client = newClient({ generateID: () => 'same' });
      for (let at = 0; at < 3; at += 1) {
        assert.equal((await collect(client, { query: STATUS, variables: { state: 'x' } })).length, 1);
      }
    },
  ],
  [
    'two subscriptions of one id end the socket with 4409',
    async () => {
      const client = newClient({ generateID: () => 'same' });
      const { state } = await startQrLogin();
      const both = await Promise.allSettled(
        [0, 1].map(() => collect(client, { query: STATUS, variables: { state } })),
      );
      assert.deepEqual(
        both.map(({ reason }) => reason?.code),
        [4409, 4409],
      );
    },
  ],
  [
    'a document that does not fit the schema is an error of its subscription',
    async () => {
      const errors = await refused(newClient(), { query: 'subscription { orders { id } }' });
      assert.equal(errors[0].extensions.code, 'INVALID_QUERY');
      assert.ok(errors[0].message && errors[0].extensions.errorId);
    },
  ],
  [
    'a query and a mutation are refused',
    async () => {
      for (const query of ['{ __typename }', 'mutation { logout }']) {
        const errors = await refused(newClient(), { query });
        assert.equal(errors[0].extensions.code, 'INVALID_QUERY');
      }
    },
  ],
  [
    'the socket lives on after an error',
    async () => {
      let sockets = 0;
      const client = newClient({ lazyCloseTimeout: 1_000, on: { opened: () => (sockets += 1) } });
      await refused(client, { query: 'subscription { x }' });
      await collect(client, { query: STATUS, variables: { state: 'x' } });
      assert.equal(sockets, 1);
    },
  ],
  [
    'nothing is told of a subscription that was ended',
    async () => {
      const messages = [];
      const client = newClient({
        lazyCloseTimeout: 2_000,
        on: { message: ({ type }) => messages.push(type) },
      });
      const { state } = await startQrLogin();
      await first(client, state);
      await new Promise((done) => setTimeout(done, 1_200));
      assert.deepEqual(messages, ['connection_ack', 'next']);
    },
  ],
  [
    'pings of the client are answered',
    async () => {
      let pongs = 0;
      const client = newClient({ keepAlive: 100, on: { pong: () => (pongs += 1) } });
      const { state } = await startQrLogin();
      const end = client.subscribe({ query: STATUS, variables: { state } }, sink());
      await until(() => pongs >= 3);
      end();
    },
  ],
  [
    'a person is acknowledged by the access token',
    async () => {
      const { accessToken } = await signIn();
      const client = newClient({ connectionParams: { authorization: `Bearer ${accessToken}` } });
      assert.equal((await collect(client, { query: STATUS, variables: { state: 'x' } })).length, 1);
    },
  ],
  [
    'a token that is none ends the socket with 4403',
    async () => {
      const client = newClient({ connectionParams: { authorization: 'Bearer x' } });
      const failed = collect(client, { query: STATUS, variables: { state: 'x' } });
      await assert.rejects(failed, ({ code }) => code === 4403);
    },
  ],
  [
    'a socket ends with the session, and a fresh token opens the next one',
    async () => {
      const tokens = [await signIn(), await signIn('mei')];
      const ended = tokens[0].accessToken;
      const closed = [];
      const client = newClient({
        retryAttempts: 3,
        connectionParams: () => ({ authorization: `Bearer ${tokens.shift().accessToken}` }),
        on: { closed: ({ code }) => closed.push(code) },
      });
      const { state } = await startQrLogin();
      const told = [];
      const end = client.subscribe({ query: STATUS, variables: { state } }, sink(told));
      await until(() => told.length === 1);
      await post({ query: 'mutation { logout }' }, ended);
      await until(() => told.length === 2);
      assert.deepEqual(closed, [4403]);
      end();
    },
  ],
  [
    'each step of a login is told, and then the end',
    async () => {
      const { state, qrText } = await startQrLogin();
      const told = [];
      let isComplete = false;
      newClient().subscribe(
        { query: STATUS, variables: { state } },
        { ...sink(told), complete: () => (isComplete = true) },
      );
      await until(() => told.length === 1);
      const page = await scan(qrText);
      await until(() => told.length === 2);
      const body = new URLSearchParams({ decision: 'confirm' });
      assert.equal((await fetch(page, { method: 'POST', body })).status, 200);
      await until(() => isComplete);
      const steps = told.map(({ data }) => data.qrLoginStatus);
      assert.deepEqual(
        steps.map(({ status }) => status),
        ['WAITING', 'SCANNED', 'CONFIRMED'],
      );
      assert.match(steps[2].code, /^guiyi\.qr\./);
    },
  ],
  [
    'the older protocol is closed with 4406',
    async () => {
      const socket = new WebSocket(url, 'graphql-ws');
      const outcome = await new Promise((done) => {
        socket.on('close', done);
        socket.on('error', () => undefined);
      });
      // A client that asked for a protocol fails by itself when the server speaks none of it.
      assert.ok([4406, 1006].includes(outcome), String(outcome));
      const plain = new WebSocket(url);
      assert.equal(await new Promise((done) => plain.on('close', done)), 4406);
    },
  ],
  [
    'a process that stops closes its sockets with 1012',
    async () => {
      const closed = [];
      const client = newClient({ retryAttempts: 0, on: { closed: ({ code }) => closed.push(code) } });
      const { state } = await startQrLogin();
      const failed = collect(client, { query: STATUS, variables: { state } });
      const told = assert.rejects(failed, ({ code }) => code === 1012);
      await new Promise((done) => setTimeout(done, 500));
      demo.kill('SIGTERM');
      await told;
      assert.deepEqual(closed, [1012]);
    },
  ],
];

try {
  await answers(`${api}/readyz`);
  for (const [name, run] of cases) {
    await Promise.race([
      run(),
      new Promise((_, fail) => setTimeout(fail, 20_000, new Error(`${name}: too late`)).unref()),
    ]);
    console.log(`ok      ${name}`);
  }
  console.log(`${cases.length} of ${cases.length}`);
} finally {
  demo.kill();
  await rm(folder, { recursive: true, force: true });
}

function newClient(options = {}) {
  return createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
}

function sink(told = []) {
  return { next: (value) => told.push(value), error: () => undefined, complete: () => undefined };
}

/** Subscribes, and returns everything that is told until the end. */
function collect(client, payload) {
  const told = [];
  return new Promise((complete, error) => {
    client.subscribe(payload, { next: (value) => told.push(value), error, complete: () => complete(told) });
  });
}

/** Returns the first step of a login, and ends the subscription. */
async function first(client, state) {
  for await (const { data } of client.iterate({ query: STATUS, variables: { state } }))
    return data.qrLoginStatus;
  throw new Error('nothing was told');
}

async function refused(client, payload) {
  return collect(client, payload).then(
    (told) => assert.fail(JSON.stringify(told)),
    (errors) => errors,
  );
}

async function until(isSo) {
  for (let tries = 0; tries < 400 && !isSo(); tries += 1) await new Promise((done) => setTimeout(done, 25));
  assert.ok(isSo(), `not within ten seconds: ${isSo}`);
}

async function post(body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${api}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

function challenge() {
  const codeVerifier = randomBytes(32).toString('base64url');
  return { codeVerifier, codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url') };
}

async function startQrLogin() {
  const query = 'mutation ($input: StartQrLoginInput!) { startQrLogin(input: $input) { state qrText } }';
  const { codeChallenge } = challenge();
  return (await post({ query, variables: { input: { app: 'shop', way: 'PAGE', codeChallenge } } }))
    .startQrLogin;
}

async function signIn(person = 'lan') {
  const codes = { method: 'POST', body: JSON.stringify({ app: 'mini', person }) };
  const { code } = await (await fetch(`${sandbox}/_sandbox/codes`, codes)).json();
  const query = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
  return (await post({ query, variables: { input: { app: 'mini', code } } })).login;
}

/** Scans a code on lan's phone. Returns the address of the page that asks. */
async function scan(qrText) {
  const opened = await fetch(qrText, { redirect: 'manual' });
  const cookie = opened.headers.get('set-cookie').split(';')[0];
  const body = new URLSearchParams({ decision: 'allow', person: 'lan' });
  const allowed = await fetch(opened.headers.get('location').split('#')[0], {
    method: 'POST',
    body,
    redirect: 'manual',
  });
  const back = await fetch(allowed.headers.get('location'), { redirect: 'manual', headers: { cookie } });
  return new URL(back.headers.get('location'), api).href;
}
