// Signing in by a phone, with an imitation of the service.

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createGuiyi, type Guiyi } from '../src/index.js';
import { loginByPhone, sendLoginCode } from '../src/phone.js';
import { FakeService } from './support/service.js';

const PHONE = '13800000001';

let service: FakeService;
const clients: Guiyi[] = [];

beforeEach(() => {
  vi.useFakeTimers({
    now: new Date('2026-06-01T00:00:00Z'),
    toFake: ['setTimeout', 'clearTimeout', 'Date'],
    shouldAdvanceTime: true,
    advanceTimeDelta: 500,
  });
  service = new FakeService();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
  vi.useRealTimers();
});

function newClient(): Guiyi {
  const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
    const headers = Object.entries(init?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const { body, status } = await service.answer(String(init?.body), Object.fromEntries(headers), null);
    return new Response(body, { status });
  };
  const endpoint = 'https://id.test/graphql';
  const client = createGuiyi({
    endpoint,
    apps: { wechat: 'shop', browser: 'site' },
    storage: 'memory',
    fetch,
  });
  clients.push(client);
  return client;
}

const codeOf = (phone: string) => service.phoneCodes.get(phone)?.code ?? 'none';
const sent = (operation: string) => service.calls.filter((call) => call.operation === operation);

test('a code signs in, and the state is that of any login', async () => {
  const client = newClient();

  const { expiresAt } = await sendLoginCode(client, PHONE);
  const { isNewUser, user } = await loginByPhone(client, PHONE, codeOf(PHONE));

  expect(expiresAt).toBe('2026-06-01T00:05:00.000Z');
  expect([isNewUser, user.id]).toEqual([true, `usr_of-${PHONE}`]);
  expect(client.state).toMatchObject({ status: 'authenticated', user: { id: user.id }, error: null });
  expect(await client.request('query Mine { me { id } }')).toEqual({ me: { id: user.id } });
  expect(sent('SendLoginCode')[0]?.variables).toMatchObject({ phone: PHONE, app: 'site', deviceToken: null });
});

test('the service gets the challenge first and the verifier with the code, the same for every code', async () => {
  const client = newClient();
  await sendLoginCode(client, PHONE, { app: 'shop' });
  await sendLoginCode(client, PHONE, { humanToken: 'solved' });
  await loginByPhone(client, PHONE, codeOf(PHONE));

  const [first, second] = sent('SendLoginCode').map(({ variables }) => variables);
  const verifier = sent('LoginByPhone')[0]?.variables['codeVerifier'] as string;
  expect(first?.['codeChallenge']).toBe(createHash('sha256').update(verifier).digest('base64url'));
  expect(second).toMatchObject({ codeChallenge: first?.['codeChallenge'], humanToken: 'solved' });
  expect(first).toMatchObject({ app: 'shop', humanToken: null });
  // The next login has another one, and says which device it is.
  await sendLoginCode(client, PHONE);
  const third = sent('SendLoginCode')[2]?.variables;
  expect(third?.['codeChallenge']).not.toBe(first?.['codeChallenge']);
  expect(third?.['deviceToken']).toMatch(/^device-/);
});

test('a code that this tab has not requested signs nobody in', async () => {
  const [mine, other] = [newClient(), newClient()];
  await sendLoginCode(mine, PHONE);

  await expect(loginByPhone(other, PHONE, codeOf(PHONE))).rejects.toMatchObject({
    code: 'TRANSACTION_MISSING',
  });
  await sendLoginCode(other, '13800000002');
  await expect(loginByPhone(other, PHONE, codeOf(PHONE))).rejects.toMatchObject({
    code: 'PHONE_CODE_REJECTED',
  });
  expect(other.state.isAuthenticated).toBe(false);
});

test('a lost answer is asked for again with the same code and verifier', async () => {
  const client = newClient();
  await sendLoginCode(client, PHONE);
  service.next('LoginByPhone', { kind: 'lost' });

  const { user } = await loginByPhone(client, PHONE, codeOf(PHONE));

  const [first, second] = sent('LoginByPhone');
  expect(second?.variables).toEqual(first?.variables);
  expect([user.id, service.sessions.size]).toEqual([`usr_of-${PHONE}`, 1]);
});

test('a refusal leaves the code to the next call, with what the person claims', async () => {
  const client = newClient();
  await sendLoginCode(client, PHONE);
  service.next('LoginByPhone', { kind: 'error', code: 'PHONE_PROOF_TOO_OLD' });

  await expect(loginByPhone(client, PHONE, codeOf(PHONE))).rejects.toMatchObject({
    code: 'PHONE_PROOF_TOO_OLD',
  });
  await loginByPhone(client, PHONE, codeOf(PHONE), 'NEW_TO_ME');

  expect(sent('LoginByPhone').map(({ variables }) => variables['claim'])).toEqual([null, 'NEW_TO_ME']);
});

test('a person who signs out while the answer is on its way stays signed out, and the new session ends', async () => {
  const client = newClient();
  await sendLoginCode(client, PHONE);
  let arrive: (value?: unknown) => void = () => undefined;
  service.next('LoginByPhone', { kind: 'delay', until: new Promise((done) => (arrive = done)) });
  const login = loginByPhone(client, PHONE, codeOf(PHONE));
  await vi.waitFor(() => expect(service.sessions.size).toBe(1));

  client.session.end(null);
  arrive();

  await expect(login).rejects.toMatchObject({ code: 'CANCELLED' });
  expect([client.state.isAuthenticated, service.sessions.size]).toEqual([false, 0]);
});
