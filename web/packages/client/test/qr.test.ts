// The login by a QR code: with a socket that the test plays, with requests, and with sockets that fail in each way.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGuiyi, type Guiyi } from '../src/index.js';
import { startQrLogin, watchQrLogin, type QrLoginOptions, type QrLoginState } from '../src/qr.js';

const USER = { id: 'usr_1', nickname: 'Lan', avatarUrl: null, phoneBound: false };

/** The other end of each socket that the client opens. */
class StubSocket {
  static all: StubSocket[] = [];
  static isBlocked = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  sent: any[] = [];
  closed: number | undefined;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    if (StubSocket.isBlocked) throw new DOMException('blocked', 'SecurityError');
    StubSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(code: number): void {
    this.closed = code;
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  tell(status: string, code: string | null = null): void {
    this.say({ type: 'next', id: '1', payload: { data: { qrLoginStatus: { status, code } } } });
  }
}

const socket = StubSocket as unknown as typeof WebSocket;
let asked: { operation: string; variables: any }[];
/** What the service answers: to `qrLogin` one after the other, the last one again and again. */
let steps: (object | Error)[];
let refusal: object | null;
let guiyi: Guiyi;

beforeEach(() => {
  vi.stubGlobal('location', { origin: 'https://shop.example.com', href: 'https://shop.example.com/' });
  vi.useFakeTimers({ now: new Date('2026-06-01T00:00:00Z') });
  [StubSocket.all, StubSocket.isBlocked, asked, steps, refusal] = [[], false, [], [], null];
  guiyi = createGuiyi({
    endpoint: 'https://id.example.com/graphql',
    apps: { browser: 'website' },
    storage: 'memory',
    language: 'en',
    fetch: async (_, init) => new Response(JSON.stringify(answer(String(init?.body)))),
  });
});

afterEach(() => {
  guiyi.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function answer(body: string): object {
  const { query, variables } = JSON.parse(body);
  const operation = String(query).match(/(?:mutation|query) (\w+)/)![1]!;
  asked.push({ operation, variables });
  if (operation === 'StartQrLogin') {
    const startQrLogin = {
      state: 's1',
      qrText: 'https://q',
      checkNumber: '42',
      expiresAt: '2026-06-01T00:05:00Z',
    };
    return { data: { startQrLogin } };
  }
  if (operation === 'QrLogin') {
    const step = steps.length > 1 ? steps.shift() : steps[0];
    if (step instanceof Error) throw step;
    return step && 'errors' in step ? step : { data: { qrLogin: step } };
  }
  if (refusal) return { errors: [refusal] };
  const login = { accessToken: 'a', refreshToken: 'r', expiresAt: '2026-06-01T00:15:00Z', deviceToken: 'd' };
  return { data: { login: { ...login, isNewUser: false, user: USER, mergeOffer: null } } };
}

/** Starts a login and watches it. */
async function watch(options: Partial<QrLoginOptions> = {}) {
  const told: QrLoginState[] = [];
  const login = await startQrLogin(guiyi, { app: 'shop', socket, ...options });
  const stop = watchQrLogin(guiyi, login, (state) => told.push(state));
  return { login, stop, told, statuses: () => told.map(({ status }) => status) };
}

async function acknowledged(): Promise<StubSocket> {
  const [opened] = StubSocket.all;
  opened!.onopen!();
  opened!.say({ type: 'connection_ack' });
  return opened!;
}

const names = () => asked.map(({ operation }) => operation);
const later = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

test('a login is started with a challenge, and shows what to draw', async () => {
  const { login } = await watch({ way: 'PAGE' });

  const { text, checkNumber, expiresAt } = login;
  expect({ text, checkNumber, expiresAt }).toEqual({
    text: 'https://q',
    checkNumber: '42',
    expiresAt: '2026-06-01T00:05:00Z',
  });
  const { input } = asked[0]!.variables;
  expect(input).toEqual({ app: 'shop', way: 'PAGE', codeChallenge: expect.stringMatching(/^[\w-]{43}$/) });
});

test('each step is told over the socket, and the person is signed in', async () => {
  const { login, statuses } = await watch();
  const opened = await acknowledged();
  expect([opened.url, opened.protocol]).toEqual(['wss://id.example.com/graphql', 'graphql-transport-ws']);
  expect(opened.sent.map(({ type }) => type)).toEqual(['connection_init', 'subscribe']);
  expect(opened.sent[1].payload.variables).toEqual({ state: 's1' });

  for (const status of ['WAITING', 'SCANNED', 'SCANNED']) opened.tell(status);
  opened.tell('CONFIRMED', 'guiyi.qr.x');
  opened.say({ type: 'complete', id: '1' });
  await later(1);

  expect(statuses()).toEqual(['waiting', 'scanned', 'confirmed', 'signed-in']);
  expect(names()).toEqual(['StartQrLogin', 'SignIn']);
  expect(asked[1]!.variables.input).toMatchObject({
    code: 'guiyi.qr.x',
    state: 's1',
    codeVerifier: login.secret.verifier,
  });
  expect(guiyi.state).toMatchObject({ status: 'authenticated', user: { id: 'usr_1' } });
  expect(opened.closed).toBe(1000);
});

test.each([
  ['REFUSED', 'refused'],
  ['EXPIRED', 'expired'],
])('%s is the end', async (status, told) => {
  const { statuses } = await watch();
  const opened = await acknowledged();

  opened.tell(status);
  opened.say({ type: 'complete', id: '1' });
  await later(60);

  expect(statuses()).toEqual([told]);
  expect(names()).toEqual(['StartQrLogin']);
});

test.each<[string, (opened: StubSocket) => unknown]>([
  ['is closed before it opens', (opened) => opened.onclose!()],
  ['fails', (opened) => opened.onerror!()],
  ['is never acknowledged', (opened) => (opened.onopen!(), later(10))],
  ['says what is no message', (opened) => (opened.onopen!(), opened.onmessage!({ data: '{' }))],
  ['refuses the subscription', (opened) => opened.say({ type: 'error', id: '1', payload: [{}] })],
  ['answers no ping', async (opened) => (await acknowledged(), opened.tell('WAITING'), later(30))],
  ['ends in the middle', async (opened) => (await acknowledged(), opened.tell('WAITING'), opened.onclose!())],
])('a socket that %s gives way to requests', async (_, spoil) => {
  steps = [
    { status: 'WAITING', code: null },
    { status: 'SCANNED', code: null },
    { status: 'CONFIRMED', code: 'c' },
  ];
  const { statuses } = await watch();

  await spoil(StubSocket.all[0]!);
  await later(5);

  expect(statuses()).toEqual(['waiting', 'scanned', 'confirmed', 'signed-in']);
  expect(names()).toEqual(['StartQrLogin', 'QrLogin', 'QrLogin', 'QrLogin', 'SignIn']);
  expect(StubSocket.all).toHaveLength(1);
});

test('a page that blocks sockets asks, and so does one without them', async () => {
  steps = [{ status: 'REFUSED', code: null }];
  StubSocket.isBlocked = true;
  const blocked = await watch();
  await later(1);
  const without = await watch({ socket: null });
  await later(1);

  expect([blocked.statuses(), without.statuses()]).toEqual([['refused'], ['refused']]);
});

test('a socket whose pings are answered lives', async () => {
  const { statuses } = await watch();
  const opened = await acknowledged();
  opened.tell('WAITING');
  opened.say({ type: 'ping' });

  for (let at = 0; at < 10; at++) {
    await later(20);
    opened.say({ type: 'pong' });
  }

  expect(opened.sent.filter(({ type }) => type === 'ping')).toHaveLength(10);
  expect(opened.sent.filter(({ type }) => type === 'pong')).toHaveLength(1);
  expect([statuses(), names()]).toEqual([['waiting'], ['StartQrLogin']]);
});

test('requests that fail are repeated, not more often than the service allows', async () => {
  const limited = { errors: [{ message: 'wait', extensions: { code: 'RATE_LIMITED', retryAfter: 30 } }] };
  steps = [new Error('offline'), limited, { status: 'REFUSED', code: null }];
  const { statuses } = await watch({ socket: null });

  await later(31);
  expect(names().filter((name) => name === 'QrLogin')).toHaveLength(2);
  await later(2);

  expect(statuses()).toEqual(['refused']);
});

test('a service that is gone for longer than the code lives ends the login', async () => {
  steps = [new Error('offline')];
  const { told } = await watch({ socket: null });

  await later(340);

  expect(told).toMatchObject([{ status: 'failed', error: { code: 'NETWORK' } }]);
  const before = asked.length;
  await later(60);
  expect(asked).toHaveLength(before);
});

test('a login that the service refuses ends with its error', async () => {
  refusal = { message: 'closed', extensions: { code: 'ACCOUNT_CLOSED' } };
  const { told } = await watch();
  const opened = await acknowledged();

  opened.tell('CONFIRMED', 'c');
  await later(1);

  expect(told).toMatchObject([
    { status: 'confirmed' },
    { status: 'failed', error: { code: 'ACCOUNT_CLOSED' } },
  ]);
  expect(guiyi.state.status).not.toBe('authenticated');
});

test('nothing is told after it was stopped', async () => {
  const { statuses, stop } = await watch();
  const opened = await acknowledged();
  opened.tell('WAITING');

  stop();
  opened.tell('SCANNED');
  opened.onclose!();
  await later(60);

  expect([statuses(), names(), opened.closed]).toEqual([['waiting'], ['StartQrLogin'], 1000]);
});
