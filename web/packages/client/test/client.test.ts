// The parts that need no browser: a server that renders, the challenge, the address, and the generated types.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { afterEach, expect, test, vi } from 'vitest';
import { generatedTypes, TARGET } from '../../../scripts/codegen.mjs';
import { returnIn, withoutReturn } from '../src/address.js';
import { challengeOf, newVerifier } from '../src/challenge.js';
import { clientError, serviceError } from '../src/errors.js';
import { createGuiyi } from '../src/index.js';

afterEach(() => vi.unstubAllGlobals());

test('the generated types are those of schema.graphql', async () => {
  expect(await generatedTypes(), 'run `npm run codegen`').toBe(readFileSync(TARGET, 'utf8'));
});

test('on a server the client does nothing, and its page is loading', async () => {
  const client = createGuiyi({ endpoint: 'https://id.example.com/graphql', apps: { wechat: 'shop' } });

  await client.start();
  expect(client.state).toMatchObject({ status: 'loading', isLoading: true, isAuthenticated: false });
  client.dispose();
});

const { subtle } = crypto;
test.each([
  ['a page over https', subtle],
  ['a page over plain http', undefined],
])('on %s the challenge is the hash of the verifier', async (_, given) => {
  vi.stubGlobal('crypto', { subtle: given, getRandomValues: (bytes: Uint8Array) => bytes.fill(7) });
  const verifier = newVerifier();

  expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await challengeOf(verifier)).toBe(createHash('sha256').update(verifier).digest('base64url'));
});

test.each([
  ['https://a.test/?code=1&state=2', 'https://a.test/'],
  ['https://a.test/?a=1&code=1&state=2&b=%20+', 'https://a.test/?a=1&b=%20+'],
  ['https://a.test/?code=1&code=2&state=2&state', 'https://a.test/'],
  ['https://a.test/p/?xcode=1&codes=2&state=1#/r?code=3', 'https://a.test/p/?xcode=1&codes=2#/r?code=3'],
  ['https://a.test/?app_id=2021&auth_code=1&state=2', 'https://a.test/?app_id=2021'],
  ['https://a.test/?authCode=1&code=1&state=2', 'https://a.test/'],
  ['https://a.test/#x', 'https://a.test/#x'],
])('%s without its return is %s', (url, rest) => {
  expect(withoutReturn(new URL(url))).toBe(rest);
});

test('a code without a state is no return', () => {
  expect(returnIn(new URL('https://a.test/?code=1'))).toBeNull();
  expect(returnIn(new URL('https://a.test/?state=1'))).toEqual({ states: ['1'], codes: [] });
});

test.each([
  ['code=1&state=2', ['1']],
  ['code=1&code=2&state=2', ['1', '2']],
  ['app_id=2021&scope=auth_user&auth_code=1&state=2', ['1']],
  ['authCode=1&code=1&state=2', ['1']],
  ['authCode=1&state=2', ['1']],
])('a return with %s has the codes %j', (query, codes) => {
  expect(returnIn(new URL(`https://a.test/?${query}`))).toEqual({ states: ['2'], codes });
});

test('errors of the client speak the language of the page', () => {
  expect(clientError('NETWORK', 'zh-CN').message).toBe('网络不可用，请重试。');
  expect(clientError('NETWORK', 'en').message).toBe('No connection. Please try again.');
  expect(clientError('NETWORK', 'zha').message).toBe('No connection. Please try again.');
});

test.each([
  [{ message: 'm', extensions: { code: 'A', retryAfter: -1 } }, 'A', undefined],
  [{ message: 'm', extensions: { code: 'A', retryAfter: 'soon' } }, 'A', undefined],
  [{ message: 'm', extensions: { code: 'A', retryAfter: 3 } }, 'A', 3],
  [{}, 'INTERNAL', undefined],
  [null, 'INTERNAL', undefined],
])('the error %j is %s, with the wait %s', (entry, code, wait) => {
  const error = serviceError(entry as never);
  expect([error.code, error.retryAfter]).toEqual([code, wait]);
});

/** The names of all tests in a folder: of the calls `test('…', …)` and `test.each(…)('…', …)`. */
function testsIn(folder: URL): string[] {
  const files = readdirSync(folder, { recursive: true }).map(String);
  const names: string[] = [];
  const read = (node: ts.Node): void => {
    const isTest =
      ts.isCallExpression(node) &&
      /^test(\.each\(.*\))?$/s.test(node.expression.getText()) &&
      node.arguments[0];
    if (isTest && ts.isStringLiteralLike(isTest)) names.push(isTest.text);
    ts.forEachChild(node, read);
  };
  for (const name of files.filter((name) => /\.(test|spec)\.ts$/.test(name))) {
    const text = readFileSync(new URL(name, folder), 'utf8');
    read(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  }
  return names;
}

/** The tests that the table of a README names. */
function testsOf(root: URL): string[] {
  const [, table = ''] = readFileSync(new URL('README.md', root), 'utf8').split(/\| behaviour +\| test +\|/);
  const rows = (table.split('\n\n')[0] ?? '').matchAll(/^\|(.+?)\|(.+?)\|$/gm);
  return [...rows].slice(1).flatMap(([, , test = '']) => test.trim() || []);
}

test.each(['client', 'miniprogram'])('every behaviour in the README of %s names a test', (name) => {
  const root = new URL(`../../${name}/`, import.meta.url);
  const tests = testsIn(new URL('test/', root));
  const named = testsOf(root);

  expect(named.filter((test) => !tests.includes(test))).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});

test.each(['browser', 'engines'])(
  'every test in a browser, in %s, is a behaviour in the README',
  (folder) => {
    const named = testsOf(new URL('../', import.meta.url));
    const tests = testsIn(new URL(`${folder}/`, import.meta.url));

    expect(tests.filter((test) => !named.includes(test))).toEqual([]);
    expect(tests.length).toBeGreaterThan(5);
  },
);
