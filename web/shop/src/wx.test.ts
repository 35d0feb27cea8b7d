// The imitation of `wx`: callbacks for every outcome, and a storage for each person.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Sandbox } from './sandbox';
import { imitateWx } from './wx';

const storage = new Map<string, string>();
const calls: { url: string; body: unknown }[] = [];
let answer = () => new Response('{"code": "c1"}');

beforeEach(() => {
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
    removeItem: (key: string) => storage.delete(key),
  });
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    calls.push({ url, body: init?.body });
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  storage.clear();
  calls.length = 0;
  answer = () => new Response('{"code": "c1"}');
});

const wx = (person: string) => imitateWx(new Sandbox('http://sandbox'), person, 'zh_CN');
const login = (person: string) =>
  new Promise<unknown>((done) => wx(person).login({ success: done, fail: done }));

test('a login asks the sandbox for a code of this person', async () => {
  expect(await login('wei')).toEqual({ code: 'c1' });
  expect(calls).toEqual([{ url: 'http://sandbox/_sandbox/codes', body: '{"app":"mini","person":"wei"}' }]);
});

test('a sandbox that refuses is a failed login, and no exception', async () => {
  answer = () => new Response('', { status: 429 });

  expect(await login('lan')).toMatchObject({ errMsg: expect.stringMatching(/^login:fail .*429/) as string });
});

test('a request tells the status and the parsed answer; what is no answer fails', async () => {
  const options = { url: 'http://api', method: 'POST' as const, header: {}, data: '{}', timeout: 1_000 };
  const send = () =>
    new Promise<unknown>((done) => wx('lan').request({ ...options, success: done, fail: done }));
  answer = () => new Response('{"data": 1}', { status: 400 });

  expect(await send()).toEqual({ data: { data: 1 }, statusCode: 400 });
  answer = () => new Response('<html>');
  expect(await send()).toMatchObject({ errMsg: expect.stringContaining('request:fail') as string });
});

test('each person has a storage of their own', () => {
  wx('lan').setStorageSync('guiyi.session', 'of lan');

  expect([wx('lan'), wx('wei')].map((own) => own.getStorageSync('guiyi.session'))).toEqual(['of lan', '']);
  wx('lan').removeStorageSync('guiyi.session');
  expect(wx('lan').getStorageSync('guiyi.session')).toBe('');
});
