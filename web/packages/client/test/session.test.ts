// The session, with an imitation of the service and a clock of the test's own.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { operation } from '../src/documents.js';
import { GuiyiError } from '../src/errors.js';
import { sendPicture } from '../src/picture.js';
import { Session } from '../src/session.js';
import type { Notice } from '../src/state.js';
import { memoryStore, safeStore, type SafeStore } from '../src/storage.js';
import { Transport } from '../src/transport.js';
import { FakeService } from './support/service.js';

let service: FakeService;
const open: Session[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-06-01T00:00:00Z') });
  service = new FakeService();
});

afterEach(() => {
  for (const session of open.splice(0)) session.dispose();
  vi.useRealTimers();
});

const minutes = (count: number) => count * 60_000;

function newSession(store: SafeStore = memoryStore(), isShared = false): Session {
  const transport = new Transport({
    endpoint: '/graphql',
    cookie: false,
    language: () => 'zh-CN',
    send: async (_, headers, body) => {
      const lower = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const { body: text } = await service.answer(body, lower, null);
      return JSON.parse(text) as unknown;
    },
  });
  const session = new Session(transport, store, 'guiyi.session', isShared);
  open.push(session);
  return session;
}

/** A session of lan, as a login opens it. */
async function signedIn(store?: SafeStore, isShared?: boolean): Promise<Session> {
  const session = newSession(store, isShared);
  const code = service.newCode('mini');
  const fields = 'accessToken refreshToken expiresAt user { id nickname avatarUrl phoneBound }';
  const query = `mutation SignIn($input: LoginInput!) { login(input: $input) { ${fields} } }`;
  const body = { query, variables: { input: { app: 'mini', code } } };
  const { data } = JSON.parse((await service.answer(JSON.stringify(body), {}, null)).body);
  session.accept(data.login, data.login.user, Date.now());
  return session;
}

const ME = operation<{ me: { id: string } | null }, object>('query Mine { me { id } }');

test('requests that need a token at the same time share one refresh', async () => {
  const session = await signedIn();
  await vi.advanceTimersByTimeAsync(0);
  vi.setSystemTime(Date.now() + minutes(20));

  const answers = await Promise.all([1, 2, 3].map(() => session.request(ME, {})));

  expect(answers.map(({ me }) => me?.id)).toEqual(['usr_lan', 'usr_lan', 'usr_lan']);
  expect(service.count('RefreshSession')).toBe(1);
});

test('the token is replaced 90 seconds before it expires', async () => {
  await signedIn();

  await vi.advanceTimersByTimeAsync(minutes(15) - 91_000);
  expect(service.count('RefreshSession')).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(service.count('RefreshSession')).toBe(1);
});

test.each([-3_600, 3_600 * 5])('a clock that is off by %d seconds changes nothing', async (skew) => {
  service.skew = skew;
  const session = await signedIn();

  await vi.advanceTimersByTimeAsync(minutes(15) - 91_000);
  expect(service.count('RefreshSession')).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(service.count('RefreshSession')).toBe(1);
  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
});

test('a token of a minute is replaced after two thirds of it', async () => {
  service.life = 60;
  await signedIn();

  await vi.advanceTimersByTimeAsync(39_000);
  expect(service.count('RefreshSession')).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(service.count('RefreshSession')).toBe(1);
});

test('a refused token is refreshed and the request repeated, once', async () => {
  const session = await signedIn();
  service.next('Mine', { kind: 'error', code: 'UNAUTHENTICATED' });

  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
  service.next(
    'Mine',
    { kind: 'error', code: 'UNAUTHENTICATED' },
    { kind: 'error', code: 'UNAUTHENTICATED' },
  );
  await expect(session.request(ME, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(service.count('Mine')).toBe(4);
  expect(service.count('RefreshSession')).toBe(2);
});

test('a picture goes to the address beside that of the API, with a token, and is shown at once', async () => {
  const session = await signedIn();
  const urls: string[] = [];
  const { transport } = session as unknown as { transport: Transport };
  const upload = () =>
    sendPicture(session, transport, async (url, headers) => {
      urls.push(url);
      const { body } = await service.upload({ authorization: headers['Authorization'] }, 'a picture');
      return JSON.parse(body) as unknown;
    });

  const address = await upload();

  expect(urls).toEqual(['/pictures']);
  await vi.advanceTimersByTimeAsync(0);
  expect(session.state.user?.avatarUrl).toBe(address);
  service.next('Upload', { kind: 'error', code: 'UNAUTHENTICATED' });
  expect(await upload()).toMatch(/^https:/);
  expect(service.count('RefreshSession')).toBe(1);
  service.next('Upload', { kind: 'error', code: 'INVALID_INPUT' }, { kind: 'lost' });
  service.next('Upload', { kind: 'body', status: 502, type: 'application/json', text: 'null' });
  for (const code of ['INVALID_INPUT', 'NETWORK', 'BAD_ANSWER'])
    await expect(upload()).rejects.toMatchObject({ code });
});

test('after a failed refresh there is a pause, in which the present token is used while it is good', async () => {
  const session = await signedIn();
  service.next('RefreshSession', { kind: 'unsent' });
  await vi.advanceTimersByTimeAsync(minutes(15) - 89_000);
  expect(service.count('RefreshSession')).toBe(1);

  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
  expect(service.count('RefreshSession')).toBe(1);
  await vi.advanceTimersByTimeAsync(5_100);
  expect(service.count('RefreshSession')).toBe(2);
  expect(session.state.isAuthenticated).toBe(true);
});

test('a pause that the service asks for is kept', async () => {
  const session = await signedIn();
  service.next('RefreshSession', { kind: 'error', code: 'RATE_LIMITED', retryAfter: 40 });
  await vi.advanceTimersByTimeAsync(minutes(15) - 89_000);

  await vi.advanceTimersByTimeAsync(38_000);
  expect(service.count('RefreshSession')).toBe(1);
  await expect(session.refresh()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 40 });
  expect(service.count('RefreshSession')).toBe(1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(service.count('RefreshSession')).toBe(2);
});

test.each([
  'TIMEOUT',
  'INTERNAL',
  'SERVICE_UNAVAILABLE',
  'RATE_LIMITED',
  'INVALID_QUERY',
  'A_CODE_OF_TOMORROW',
])('a refresh that fails with %s does not end the session', async (code) => {
  const session = await signedIn();
  service.next('RefreshSession', { kind: 'error', code });

  await expect(session.refresh()).rejects.toMatchObject({ code });
  expect(session.isRemembered).toBe(true);
  await vi.advanceTimersByTimeAsync(minutes(2));
  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
});

test('a lost answer to a refresh is asked for again with the same token, and gets the same successor', async () => {
  const session = await signedIn();
  service.next('RefreshSession', { kind: 'lost' });

  await expect(session.refresh()).rejects.toMatchObject({ code: 'NETWORK' });
  await vi.advanceTimersByTimeAsync(6_000);
  const [first, second] = service.calls.filter(({ operation }) => operation === 'RefreshSession');
  expect(second?.variables).toEqual(first?.variables);
  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
});

test('a session that ended elsewhere ends here, with the reason', async () => {
  const session = await signedIn();
  const events: string[] = [];
  session.on('signedOut', () => events.push('signedOut'));
  service.endSessions();

  await expect(session.request(ME, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(session.state).toMatchObject({ status: 'anonymous', error: { code: 'INVALID_REFRESH_TOKEN' } });
  expect(session.isRemembered).toBe(false);
  expect(events).toEqual(['signedOut']);
});

test('a late refresh never revives a session that was signed out', async () => {
  const session = await signedIn();
  let go: (value?: unknown) => void = () => undefined;
  service.next('RefreshSession', { kind: 'delay', until: new Promise((resolve) => (go = resolve)) });

  const late = session.refresh().catch((error: GuiyiError) => error.code);
  await session.signOut();
  go();
  expect(await late).toBe('CANCELLED');
  expect(session.state.status).toBe('anonymous');
  expect(session.isRemembered).toBe(false);
  await vi.advanceTimersByTimeAsync(minutes(60));
  expect(service.count('RefreshSession')).toBe(1);
  expect(service.sessions.size).toBe(0);
});

test('signing out is at once, and a sign-out that the service missed can be repeated', async () => {
  const session = await signedIn();
  service.next('Logout', { kind: 'unsent' });

  const signedOut = session.signOut();
  expect(session.state.status).toBe('anonymous');
  await expect(signedOut).rejects.toMatchObject({ code: 'NETWORK' });
  expect(service.sessions.size).toBe(1);
  await session.signOut();
  expect(service.sessions.size).toBe(0);
});

test('signing out with an expired token ends the session at the service too', async () => {
  const session = await signedIn();
  await vi.advanceTimersByTimeAsync(0);
  vi.setSystemTime(Date.now() + minutes(60 * 24));

  await session.signOut();
  expect(service.sessions.size).toBe(0);
});

test('after a day asleep the next request refreshes first', async () => {
  const session = await signedIn();
  vi.setSystemTime(Date.now() + minutes(60 * 24));

  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
  expect(service.count('Mine')).toBe(1);
});

test('a handler may call the client without a deadlock, and one that throws harms no other', async () => {
  const session = await signedIn();
  const seen: string[] = [];
  session.on('refreshed', () => {
    throw new Error('of the page');
  });
  session.on('refreshed', () => void session.refresh().then(() => seen.push('refreshed again')));
  session.subscribe(() => void session.request(ME, {}).then(({ me }) => seen.push(me?.id ?? '')));
  await session.refresh();
  session.set('authenticated', { user: null });
  // The error goes where uncaught errors go: here, to the clock of the test.
  const errors: unknown[] = [];
  for (let tick = 0; tick < 10; tick += 1) {
    await vi.advanceTimersByTimeAsync(1).catch((error: unknown) => errors.push(error));
  }

  expect(seen).toContain('refreshed again');
  expect(seen).toContain('usr_lan');
  expect(errors).toContainEqual(new Error('of the page'));
});

test('events end with their unsubscribe function, and all with dispose', async () => {
  const session = await signedIn();
  let calls = 0;
  const end = session.subscribe(() => (calls += 1));
  session.set('authenticated', { user: null });
  end();
  session.subscribe(() => (calls += 10));
  session.dispose();
  session.set('anonymous');

  expect(calls).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a change that changes nothing is not told, and the state stays the same object', async () => {
  const session = await signedIn();
  const listener = vi.fn();
  session.subscribe(listener);
  const { state } = session;

  session.set('authenticated', { user: state.user && { ...state.user } });
  expect(listener).not.toHaveBeenCalled();
  expect(session.state).toBe(state);
});

test('a mutation that moves the account brings its tokens along', async () => {
  const session = await signedIn();
  const bind = operation<object, object>(
    'mutation Bind { bindPhone(phone: "1", code: "2") { session { accessToken refreshToken expiresAt } } }',
  );

  await session.request(bind, {});
  await vi.advanceTimersByTimeAsync(10);
  expect(session.state.user?.id).toBe('usr_company');
  await session.refresh();
  expect((await session.request(ME, {})).me?.id).toBe('usr_company');
});

test('a mutation whose document asks for no refresh token leaves the one that is stored', async () => {
  const store = memoryStore();
  const session = await signedIn(store);
  const before = store.get('guiyi.session');

  session.keep(
    { bindPhone: { session: { accessToken: 'new', expiresAt: '2026-06-01T00:15:00Z' } } },
    Date.now(),
  );
  expect(store.get('guiyi.session')).toBe(before);
});

/** Two tabs of one browser: one storage, and a channel. */
async function twoTabs() {
  const values = new Map<string, string>();
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
  const store = () => safeStore(() => storage);
  const one = await signedIn(store(), true);
  const other = newSession(store(), true);
  const connect = (from: Session, to: Session) => {
    from.announce = (notice: Notice) => queueMicrotask(() => to.hear(structuredClone(notice)));
  };
  return { one, other, connect, values };
}

test('another tab takes over the new token, and does not refresh', async () => {
  const { one, other, connect } = await twoTabs();
  await other.restore();
  connect(one, other);
  connect(other, one);

  await vi.advanceTimersByTimeAsync(minutes(14));
  expect(service.count('RefreshSession')).toBe(2);
  const tokens = [await one.accessToken(), await other.accessToken()];
  expect(tokens[0]).toBe(tokens[1]);
});

test('two tabs that refresh at the same moment both go on', async () => {
  const { one, other } = await twoTabs();

  await Promise.all([one.refresh(), other.restore()]);
  for (const _ of [1, 2, 3]) await Promise.all([one.refresh(), other.refresh()]);
  expect((await one.request(ME, {})).me?.id).toBe('usr_lan');
  expect((await other.request(ME, {})).me?.id).toBe('usr_lan');
  expect(service.sessions.size).toBe(1);
});

test('the slow answer of one tab does not put an older token over the newer one of another', async () => {
  const { one, other, values } = await twoTabs();
  let go: (value?: unknown) => void = () => undefined;
  service.next('RefreshSession', { kind: 'delay', until: new Promise((resolve) => (go = resolve)) });

  const slow = one.refresh();
  await other.refresh();
  await other.refresh();
  const newest = values.get('guiyi.session');
  go();
  await slow.catch(() => undefined);
  expect(values.get('guiyi.session')).toBe(newest);
  await other.refresh();
  expect((await other.request(ME, {})).me?.id).toBe('usr_lan');
});

test('signing out in one tab signs out the other, also while it refreshes', async () => {
  const { one, other, connect } = await twoTabs();
  await other.restore();
  connect(one, other);
  let go: (value?: unknown) => void = () => undefined;
  service.next('RefreshSession', { kind: 'delay', until: new Promise((resolve) => (go = resolve)) });
  const late = other.refresh().catch((error: GuiyiError) => error.code);

  await one.signOut();
  go();
  expect(await late).toBe('CANCELLED');
  expect(other.state.status).toBe('anonymous');
  expect(other.isRemembered).toBe(false);
});

test('without a channel, a tab finds out from the storage that another signed out', async () => {
  const { one, other } = await twoTabs();
  await other.restore();
  await one.signOut();

  await expect(other.refresh()).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await other.accessToken().catch((error: GuiyiError) => error.code)).not.toBe('NETWORK');
});

test('offline at the start, the session waits for the network and goes on', async () => {
  const values = memoryStore();
  await signedIn(values);
  const session = newSession(values);
  service.next('RefreshSession', { kind: 'unsent' });

  await session.restore();
  expect(session.state).toMatchObject({
    status: 'unreachable',
    isAuthenticated: false,
    error: { code: 'NETWORK' },
  });
  await vi.advanceTimersByTimeAsync(6_000);
  expect(session.state).toMatchObject({ status: 'authenticated', user: { id: 'usr_lan' }, error: null });
});

test('a storage that throws makes a session of this page', async () => {
  const broken = safeStore(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
  const session = await signedIn(broken);

  expect(broken.isDurable).toBe(false);
  await session.refresh();
  expect((await session.request(ME, {})).me?.id).toBe('usr_lan');
});

test('errors have the code, the message of the service in the language of the page, and the wait', async () => {
  const session = await signedIn();
  service.next('Mine', { kind: 'error', code: 'RATE_LIMITED', retryAfter: 7 });

  const error = await session.request(ME, {}).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(GuiyiError);
  expect(error).toMatchObject({ code: 'RATE_LIMITED', message: 'message of RATE_LIMITED', retryAfter: 7 });
  expect(service.calls.at(-1)?.headers['accept-language']).toBe('zh-CN');
});

test.each([
  ['a page of a proxy', 'null'],
  ['a list', '[1]'],
  ['a text', '"ok"'],
  ['no data', '{"data": null}'],
  ['errors that are none', '{"errors": 3}'],
])('%s in place of an answer is BAD_ANSWER, and ends nothing', async (_, text) => {
  const session = await signedIn();
  service.next('RefreshSession', { kind: 'body', status: 200, type: 'application/json', text });

  await expect(session.refresh()).rejects.toMatchObject({
    code: 'BAD_ANSWER',
    message: '服务不可用，请重试。',
  });
  expect(session.isRemembered).toBe(true);
});

test('an answer of another version without tokens is BAD_ANSWER', async () => {
  const session = await signedIn();
  service.next('RefreshSession', {
    kind: 'body',
    status: 200,
    type: 'application/json',
    text: '{"data": {"refreshSession": {"token": "x"}}}',
  });

  await expect(session.refresh()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  expect(session.state.isAuthenticated).toBe(true);
});
