import { expect, test, vi } from 'vitest';
import { doubtsSession, endsSession, sessionIn, Sessions, type NewSession } from './session';

const SESSION: NewSession = { accessToken: 'at', expiresAt: '2030-01-01T00:00:00Z', unionId: null };
const BEFORE = Date.parse('2029-12-31T23:59:59Z');

test('a login answers with a session and a unionId', () => {
  const { accessToken, expiresAt } = SESSION;
  const answer = { data: { wechatLogin: { accessToken, expiresAt, unionId: 'o6_', user: { id: 'usr_1' } } } };

  expect(sessionIn(answer)).toEqual({ ...SESSION, unionId: 'o6_' });
});

test('a session is found inside of a payload and under an alias', () => {
  expect(sessionIn({ data: { bound: { merged: true, session: SESSION } } })).toEqual(SESSION);
});

test('the last of several sessions counts', () => {
  const first = { ...SESSION, accessToken: 'first' };

  expect(sessionIn({ data: { a: first, b: SESSION, c: { id: 'usr_1' } } })).toEqual(SESSION);
});

test.each([
  null,
  'text',
  {},
  { data: null, errors: [{ message: 'no' }] },
  { data: { bindPhone: { merged: false, session: null } } },
  { data: { wechatLogin: { accessToken: '' } } },
  { data: { __schema: { types: [{ name: 'accessToken' }] } } },
])('%j holds no session', (answer) => {
  expect(sessionIn(answer)).toBeNull();
});

test('only a logout that succeeded ends a session', () => {
  const answers = [{ data: { logout: true } }, { data: { logout: false } }, { data: { me: null } }, null];

  expect(answers.map(endsSession)).toEqual([true, false, false, false]);
});

test('a session is doubted by the status and by the error code', () => {
  const unauthenticated = { errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] };

  expect([
    doubtsSession(401, {}),
    doubtsSession(200, unauthenticated),
    doubtsSession(200, { errors: [{ message: 'no' }] }),
  ]).toEqual([true, true, false]);
});

test('a session outlives a reload, and its refresh token is not kept', () => {
  const storage = memoryStorage();

  new Sessions(storage, () => BEFORE).begin({ ...SESSION, refreshToken: 'rt' } as NewSession);

  expect(new Sessions(storage, () => BEFORE).current()).toEqual({
    accessToken: 'at',
    expiresAt: '2030-01-01T00:00:00Z',
    name: null,
  });
  expect(JSON.stringify([...storage.texts])).not.toContain('rt');
});

test('an expired session is not used', () => {
  const sessions = new Sessions(memoryStorage(), () => BEFORE + 1000);

  sessions.begin(SESSION);

  expect(sessions.current()).toBeNull();
});

test('a session without an expiry is used', () => {
  const sessions = new Sessions(memoryStorage(), () => BEFORE);

  sessions.begin({ ...SESSION, expiresAt: null });

  expect(sessions.current()?.accessToken).toBe('at');
});

test('a name that comes late does not name somebody else', () => {
  const sessions = new Sessions(memoryStorage(), () => BEFORE);

  sessions.begin({ ...SESSION, accessToken: 'of-lan' });
  sessions.begin({ ...SESSION, accessToken: 'of-wei' });
  sessions.name('of-lan', '兰心');

  expect(sessions.current()?.name).toBeNull();
});

test('a logout of an older session does not end the newer one', () => {
  const sessions = new Sessions(memoryStorage(), () => BEFORE);

  sessions.begin(SESSION);
  sessions.end('older');

  expect(sessions.current()?.accessToken).toBe('at');
});

test('the end is told and nothing stays stored', () => {
  const storage = memoryStorage();
  const sessions = new Sessions(storage, () => BEFORE);
  const tell = vi.fn();
  sessions.begin(SESSION);
  sessions.watch(tell);

  sessions.end();

  expect([sessions.current(), storage.texts.size, tell.mock.calls.length]).toEqual([null, 0, 1]);
});

test('a stored text that is not a session is nobody', () => {
  const storage = memoryStorage();
  storage.setItem('guiyi:session', '{"accessToken": 1}');

  expect(new Sessions(storage, () => BEFORE).current()).toBeNull();
});

function memoryStorage() {
  const texts = new Map<string, string>();
  const storage = {
    texts,
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, value: string) => void texts.set(key, value),
    removeItem: (key: string) => void texts.delete(key),
  };
  return storage as typeof storage & Storage;
}
