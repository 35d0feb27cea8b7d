// The client of a mini program, against an imitation of `wx`.

import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGuiyi, type Guiyi } from '../src/index.js';
import { FakeWx } from './wx.js';

let wx: FakeWx;
const clients: Guiyi[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-06-01T00:00:00Z'), toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  // What a mini program does not have.
  for (const name of ['fetch', 'atob', 'btoa', 'AbortController', 'BroadcastChannel', 'crypto'])
    vi.stubGlobal(name, undefined);
  wx = new FakeWx();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function newClient(): Guiyi {
  const client = createGuiyi({ endpoint: 'https://id.test/graphql', app: 'mini', wx });
  clients.push(client);
  return client;
}

const mine = (client: Guiyi) =>
  client.request('query Mine { me { id } }').then((data) => (data as { me: { id: string } }).me.id);

test('the person is signed in without a page, once for all who ask', async () => {
  const client = newClient();

  const ids = await Promise.all([
    mine(client),
    mine(client),
    client.start().then(() => client.state.user?.id),
  ]);
  expect(ids).toEqual(['usr_lan', 'usr_lan', 'usr_lan']);
  expect(wx.logins).toBe(1);
  expect(wx.service.calls[0]?.headers['accept-language']).toBe('zh-CN');
});

test('the next start goes on with the session', async () => {
  await newClient().start();
  const client = newClient();

  expect(await mine(client)).toBe('usr_lan');
  expect(wx.logins).toBe(1);
});

test('a lost answer to the login is asked for again with the same code and verifier', async () => {
  wx.service.next('SignIn', { kind: 'lost' });
  const client = newClient();

  expect(await mine(client)).toBe('usr_lan');
  const [first, second] = wx.service.calls.filter(({ operation }) => operation === 'SignIn');
  expect(first?.variables['input'].codeVerifier).toMatch(/^[0-9a-f]{64}$/);
  expect(second?.variables).toEqual(first?.variables);
  expect(wx.service.sessions.size).toBe(1);
});

test('without randomness the login has no verifier, and is not repeated', async () => {
  delete wx.getRandomValues;
  wx.service.next('SignIn', { kind: 'lost' });
  const client = newClient();

  await client.start();
  expect(client.state).toMatchObject({ status: 'anonymous', error: { code: 'NETWORK' } });
  expect(wx.service.count('SignIn')).toBe(1);
});

test('the picture of chooseAvatar is stored, and shown at once', async () => {
  const client = newClient();

  const address = await client.uploadAvatar('wxfile://tmp_1.jpg');

  expect(wx.uploadedTo).toBe('https://id.test/pictures');
  await vi.advanceTimersByTimeAsync(0);
  expect(client.state.user?.avatarUrl).toBe(address);
  expect(wx.service.calls.find(({ operation }) => operation === 'Upload')?.variables).toEqual({
    picture: 'wxfile://tmp_1.jpg',
  });
});

test('an upload signs in again where the session has ended, and says why a picture is refused', async () => {
  const client = newClient();
  await client.start();
  wx.service.endSessions();

  expect(await client.uploadAvatar('wxfile://tmp_1.jpg')).toMatch(/^https:/);
  expect(wx.logins).toBe(2);
  wx.service.next('Upload', { kind: 'error', code: 'INVALID_INPUT' }, { kind: 'lost' });
  wx.service.next('Upload', { kind: 'body', status: 413, type: 'text/html', text: '<h1>413</h1>' });
  for (const code of ['INVALID_INPUT', 'NETWORK', 'BAD_ANSWER'])
    await expect(client.uploadAvatar('wxfile://tmp_1.jpg')).rejects.toMatchObject({ code });
});

test('a session that has ended is replaced by a new one', async () => {
  const client = newClient();
  await client.start();
  wx.service.endSessions();

  expect(await mine(client)).toBe('usr_lan');
  expect(wx.logins).toBe(2);
});

test('one request signs in and binds the phone of the button', async () => {
  const client = newClient();

  const { merged, phoneRefusal, user } = await client.loginByWechatPhone('tap', 'REAL_TIME');

  expect([merged, phoneRefusal, user.id]).toEqual([false, null, 'usr_lan']);
  expect(client.state).toMatchObject({ status: 'authenticated', user: { id: 'usr_lan' } });
  const [call] = wx.service.calls;
  expect(call?.operation).toBe('LoginByWechatPhone');
  expect(call?.variables['input']).toMatchObject({
    app: 'mini',
    phoneCode: 'tap',
    kind: 'REAL_TIME',
    claim: null,
  });
  expect(await mine(client)).toBe('usr_lan');
  expect(wx.logins).toBe(1);
});

test('a phone that was not bound is no failed login, and a lost answer is asked for again', async () => {
  wx.service.next('LoginByWechatPhone', { kind: 'lost' });
  wx.service.phoneRefusals.push('PHONE_PROOF_TOO_WEAK', 'PHONE_PROOF_TOO_WEAK');
  const client = newClient();

  const { phoneRefusal } = await client.loginByWechatPhone('tap');

  expect(phoneRefusal?.code).toBe('PHONE_PROOF_TOO_WEAK');
  expect(client.state.status).toBe('authenticated');
  const [first, second] = wx.service.calls;
  expect(second?.variables).toEqual(first?.variables);
});

test('a login with a phone that fails ends no session, and says why', async () => {
  const client = newClient();
  await client.start();
  wx.service.next('LoginByWechatPhone', { kind: 'error', code: 'PHONE_CHECK_UNSUPPORTED' });

  await expect(client.loginByWechatPhone('tap')).rejects.toMatchObject({ code: 'PHONE_CHECK_UNSUPPORTED' });

  expect(await mine(client)).toBe('usr_lan');
  const other = newClient();
  await other.logout();
  wx.service.next('LoginByWechatPhone', { kind: 'error', code: 'LOGIN_BLOCKED' });
  await expect(other.loginByWechatPhone('tap')).rejects.toMatchObject({ code: 'LOGIN_BLOCKED' });
  expect(other.state).toMatchObject({ status: 'anonymous', error: { code: 'LOGIN_BLOCKED' } });
});

test('after a logout nobody is signed in until the page says so', async () => {
  const client = newClient();
  await client.start();
  await client.logout();

  expect(await client.request('query Mine { me { id } }')).toEqual({ me: null });
  for (const show of wx.shown) show();
  await vi.advanceTimersByTimeAsync(100);
  expect([wx.logins, wx.service.sessions.size]).toEqual([1, 0]);
  await client.login();
  expect(await mine(client)).toBe('usr_lan');
});

test('offline at the start, the person is signed in when the network is back', async () => {
  wx.isOffline = true;
  const client = newClient();
  await client.start();
  expect(client.state).toMatchObject({
    status: 'anonymous',
    error: { code: 'NETWORK', message: '网络不可用，请重试。' },
  });

  wx.connect(true);
  await vi.advanceTimersByTimeAsync(100);
  expect(client.state).toMatchObject({ status: 'authenticated', user: { id: 'usr_lan' }, error: null });
});

test('a mini program that slept for a day refreshes first', async () => {
  const client = newClient();
  await client.start();
  vi.setSystemTime(Date.now() + 24 * 3_600_000);

  for (const show of wx.shown) show();
  await vi.advanceTimersByTimeAsync(100);
  expect(wx.service.count('RefreshSession')).toBe(1);
  expect(await mine(client)).toBe('usr_lan');
});

test('a full storage makes a session for as long as the mini program runs', async () => {
  wx.isFull = true;
  const client = newClient();

  expect(await mine(client)).toBe('usr_lan');
  await expect(client.accessToken()).resolves.toMatch(/^ey/);
});

test('a phone is bound with the code of the button', async () => {
  const client = newClient();

  const { bindPhoneWithWechat } = await client.bindPhone('c'.repeat(64));
  expect(bindPhoneWithWechat.user.id).toBe('usr_lan');
  expect(wx.service.calls.at(-1)?.variables).toMatchObject({ app: 'mini', kind: 'QUICK', claim: null });
});

test('what is no answer of the service is BAD_ANSWER', async () => {
  wx.service.next('SignIn', { kind: 'body', status: 502, type: 'text/html', text: '<h1>Bad gateway' });
  const client = newClient();

  await client.start();
  expect(client.state).toMatchObject({ status: 'anonymous', error: { code: 'BAD_ANSWER' } });
});

test('a refusal is a typed error, and the next request tries again', async () => {
  wx.service.next('SignIn', { kind: 'error', code: 'LOGIN_BLOCKED' });
  const client = newClient();
  await client.start();
  expect(client.state.error).toMatchObject({ code: 'LOGIN_BLOCKED' });

  expect(await mine(client)).toBe('usr_lan');
});

test('dispose ends timers and listeners', async () => {
  const client = newClient();
  await client.start();
  client.dispose();

  expect([wx.shown.size, wx.network.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
});

test('the package has the layout of mini programs: one folder of CommonJS that needs nothing else', () => {
  const root = new URL('../', import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const main = new URL(manifest.main, root);
  expect(manifest.miniprogram).toBe('miniprogram_dist');
  expect(manifest.main.startsWith('miniprogram_dist/')).toBe(true);
  expect(manifest.dependencies).toBeUndefined();
  expect(existsSync(new URL(manifest.types, root))).toBe(true);

  const code = readFileSync(main, 'utf8');
  expect(code).not.toMatch(/\brequire\(|\bimport\b/);
  const built = createRequire(import.meta.url)(main.pathname) as typeof import('../src/index.js');
  expect(Object.keys(built).sort()).toEqual(['Guiyi', 'GuiyiError', 'ORDERS', 'createGuiyi']);
});
