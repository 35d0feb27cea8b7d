import { expect, test } from 'vitest';
import { documentWithoutSecrets, variablesWithoutSecrets } from './secrets';

test('codes, states and tokens leave the variables at any depth', () => {
  const text =
    '{"app": "shop", "code": "c", "codeVerifier": "v", "input": {"state": "s", "refreshToken": "r", "phone": "+86"}}';

  expect(JSON.parse(variablesWithoutSecrets(text)!)).toEqual({
    app: 'shop',
    code: '',
    codeVerifier: '',
    input: { state: '', refreshToken: '', phone: '+86' },
  });
});

test('variables that cannot be read are dropped', () => {
  expect(variablesWithoutSecrets('{"code": "081secret')).toBe('');
});

test('absent variables stay absent', () => {
  expect([variablesWithoutSecrets(null), variablesWithoutSecrets('')]).toEqual([null, '']);
});

test.each([
  [
    '{ wechatLogin(code: "081x", app: "shop") { openId } }',
    '{ wechatLogin(code: "", app: "shop") { openId } }',
  ],
  ['{ wechatLogin(code : """08\n1""") { id } }', '{ wechatLogin(code : "") { id } }'],
  ['{ refreshSession(refreshToken:"a\\"b") { id } }', '{ refreshSession(refreshToken:"") { id } }'],
  ['{ wechatLogin(code: "unfinished', '{ wechatLogin(code: ""'],
  ['{ wechatLogin(code: $code) { code } }', '{ wechatLogin(code: $code) { code } }'],
])('a secret written into a document is blanked: %s', (document, blanked) => {
  expect(documentWithoutSecrets(document)).toBe(blanked);
});
