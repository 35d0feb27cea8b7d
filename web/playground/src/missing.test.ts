// What is missing before a document can be run.
import { expect, test } from 'vitest';
import { missingIn as missing } from './missing';
import { preparedTabs } from './tabs';

const missingIn = (query: string, operationName: string | undefined, variables: unknown, hasSandbox = true) =>
  missing({ query, operationName, variables }, hasSandbox);
const LOG_IN = 'mutation LogIn($code: String!) { wechatLogin(code: $code) { accessToken } }';
const PHONE = `mutation SendPhoneCode($phone: String!) { sendPhoneCode(phone: $phone) { resendAt } }
  mutation BindPhone($phone: String!, $code: String!) { bindPhone(phone: $phone, code: $code) { merged } }`;

test('a login without a code needs one, and with a code needs nothing', () => {
  expect(missingIn(LOG_IN, undefined, { code: '' })).toBe('needsCode');
  expect(missingIn(LOG_IN, undefined, { code: '' }, false)).toBe('needsCodeByHand');
  expect(missingIn(LOG_IN, 'LogIn', { code: '0a' })).toBeNull();
});

test('only the operation that is run counts', () => {
  const variables = { phone: '+8613800000001', code: '' };

  expect(missingIn(PHONE, 'SendPhoneCode', variables)).toBeNull();
  expect(missingIn(PHONE, 'BindPhone', variables)).toBe('needsSms');
});

test('a document that is not valid, or has values of its own, is left to the service', () => {
  expect(missingIn('mutation {', undefined, { code: '' })).toBeNull();
  expect(missingIn('mutation { wechatLogin(code: "") { accessToken } }', undefined, null)).toBeNull();
});

test('of the prepared tabs, three need something before their first run', () => {
  const words = preparedTabs(true).tabs.map(({ query, variables }) =>
    missingIn(query ?? '', undefined, JSON.parse(variables || '{}')),
  );

  expect(words).toEqual(['needsCode', null, null, 'needsLogin', null]);
});
