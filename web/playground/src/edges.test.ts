// Tests of external input (the address, the server's config) and of request headers.
import { expect, test } from 'vitest';
import { arrivalFrom } from './arrival';
import { configFrom } from './config';
import { operationNameIn } from './operation';
import { opensInBrowser, scopeOf, type App, type AppKind } from './sandbox';
import { requestHeaders } from './service';

test.each([
  ['', null],
  ['?utm=1', null],
  ['?code=081&state=s1', { kind: 'code', code: '081', state: 's1' }],
  ['?code=081', { kind: 'code', code: '081', state: null }],
  ['?auth_code=081&state=s1', { kind: 'code', code: '081', state: 's1' }],
  ['?authCode=081&state=s1', { kind: 'code', code: '081', state: 's1' }],
  ['?state=s1', { kind: 'declined' }],
  ['?code=authdeny&state=s1', { kind: 'declined' }],
])('the address %j is read', (search, arrival) => {
  expect(arrivalFrom(search)).toEqual(arrival);
});

test.each([
  [null, { endpoint: '/graphql', sandbox: null }],
  [
    { endpoint: '/api', sandbox: null },
    { endpoint: '/api', sandbox: null },
  ],
  [{ sandbox: 'http://127.0.0.1:8001/' }, { endpoint: '/graphql', sandbox: 'http://127.0.0.1:8001' }],
  [
    { endpoint: 3, sandbox: '' },
    { endpoint: '/graphql', sandbox: null },
  ],
])('the config %j is read', (answer, config) => {
  expect(configFrom(answer)).toEqual(config);
});

test('a remembered token is sent', () => {
  expect(requestHeaders({}, 'at', 'en').get('authorization')).toBe('Bearer at');
});

test('the person’s own header wins over the token, however it is written', () => {
  expect(requestHeaders({ AUTHORIZATION: 'Bearer mine' }, 'at', 'en').get('authorization')).toBe(
    'Bearer mine',
  );
});

test('the service answers in the language of the bar', () => {
  expect(requestHeaders({}, undefined, 'zh').get('accept-language')).toBe('zh-CN');
});

test('an operation of another tab is not named', () => {
  const document = 'mutation SendPhoneCode { a } mutation BindPhone { b }';

  expect(['BindPhone', 'LogIn', null].map((name) => operationNameIn(document, name))).toEqual([
    'BindPhone',
    undefined,
    undefined,
  ]);
  expect(operationNameIn('{ broken', 'LogIn')).toBeUndefined();
});

test.each([
  ['wechat-official-account', true, 'snsapi_userinfo'],
  ['wechat-website', true, 'snsapi_login'],
  ['wechat-mobile', false, 'snsapi_userinfo'],
  ['wechat-mini-program', false, 'snsapi_userinfo'],
] satisfies [AppKind, boolean, string][])(
  'a %s app opens in the browser: %s, with the scope %s',
  (kind, opens, scope) => {
    const app: App = { name: 'x', title: 'X', kind };

    expect([opensInBrowser(app), scopeOf(app)]).toEqual([opens, scope]);
  },
);
