// The parts of the shop that need no browser: config, stores, amounts, texts, and the imitation of WeChat.
import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { CODE, region } from './code';
import { configFrom } from './config';
import { brief, money } from './money';
import * as operations from './operations';
import { STORES, storeOf, titleOf } from './stores';
import { imitateWechat, takesSecureCookies } from './wechat';
import { languageOf, say, WORDS, wordOf } from './words';

test('a config without its addresses is named', () => {
  expect(configFrom({ endpoint: 'http://a/graphql', sandbox: 'http://b/' })).toEqual({
    endpoint: 'http://a/graphql',
    sandbox: 'http://b',
  });
  expect(() => configFrom({ endpoint: 'http://a/graphql', sandbox: null })).toThrow('no sandbox');
  expect(() => configFrom(null)).toThrow('no endpoint');
});

test('a path names its store, and any other path none', () => {
  const names = ['/club', '/mini/', '/', '/nothing', ''].map((path) => storeOf(path)?.name);

  expect(names).toEqual(['club', 'mini', undefined, undefined, undefined]);
  expect(titleOf('app', 'en')).toBe('app');
});

test('the stores are apps of the demo company', () => {
  const config = readFileSync(new URL('../../../api/config.demo.toml', import.meta.url), 'utf8');

  for (const { name, title } of STORES) {
    expect(config).toContain(`name = "${name}"\ntitle = "${title.zh}"`);
  }
});

test('amounts are exact, also beyond the numbers of a computer', () => {
  expect(money('90071992547409931.05', 'CNY', 'zh')).toBe('¥90,071,992,547,409,931.05');
  expect(money('0.10', 'CNY', 'en')).toBe('¥0.10');
  expect(money('1200', 'JPY', 'en')).toBe('¥1,200');
});

test('a short id stays as it is', () => {
  expect([brief('o1'), brief('o321r55vyeAyJL2n_H4wp6gJHGnb')]).toEqual(['o1', 'o321r55…HGnb']);
});

test('every text is there in both languages, with the same placeholders', () => {
  const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();
  const words = Object.keys(WORDS.en) as (keyof typeof WORDS.en)[];

  for (const word of words) {
    expect(WORDS.zh[word], word).not.toBe('');
    expect(blanks(WORDS.zh[word]), word).toEqual(blanks(WORDS.en[word]));
  }
  expect(say('en', 'hello', { name: 'Lan' })).toBe('Hello, Lan');
});

test('every status of an order has a word', () => {
  const schema = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');
  const [, body = ''] = /enum OrderStatus \{(.*?)\n\}/s.exec(schema) ?? [];
  const statuses = [...body.matchAll(/^\t([A-Z]+)$/gm)].map(([, status = '']) => status);

  expect(statuses.length).toBeGreaterThan(4);
  expect(statuses.filter((status) => !wordOf(status))).toEqual([]);
});

test('the address comes before the browser, and Chinese before nothing', () => {
  expect(languageOf('en', ['zh-CN'])).toBe('en');
  expect(languageOf(null, ['fr', 'en-GB', 'zh'])).toBe('en');
  expect(languageOf(null, ['fr'])).toBe('zh');
});

test('every operation is valid by the schema', () => {
  const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));

  const faults = Object.entries(operations).map(([name, text]) => [
    name,
    validate(schema, parse(text.toString())).map(({ message }) => message),
  ]);
  expect(faults.length).toBeGreaterThan(7);
  expect(faults.filter(([, messages]) => messages?.length)).toEqual([]);
});

test('the code that is shown is cut out of the sources', () => {
  expect(CODE.account).toContain('createGuiyi({');
  expect(CODE.account).toContain('<GuiyiProvider client={guiyi}>');
  for (const [name, text] of Object.entries(CODE)) {
    expect(text, name).not.toMatch(/region|^\s*$/);
    expect(text.split('\n').length, name).toBeLessThan(62);
  }
  expect(region('a\n  // region x\n  if (b)\n    c\n  // endregion\n', 'x')).toBe('if (b)\n  c');
  expect(() => region('a', 'x')).toThrow('no region x');
});

test('a browser imitates WeChat once, and WeChat itself stays as it is', () => {
  const phone = {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Safari/537.36',
  } as Navigator;
  imitateWechat(phone);
  const { userAgent } = phone;
  imitateWechat(phone);

  expect(userAgent).toMatch(/^Mozilla\/5.0 \(Linux; Android 14; wv\) .*MicroMessenger\/8/);
  expect(userAgent).not.toContain('X11');
  expect(phone.userAgent).toBe(userAgent);
});

test('only WebKit over plain http stores no secure cookie', () => {
  const [http, https] = [{ protocol: 'http:' }, { protocol: 'https:' }] as Location[];
  const [webkit, chromium] = [
    { vendor: 'Apple Computer, Inc.', userAgent: 'AppleWebKit/605' },
    { vendor: 'Google Inc.', userAgent: 'AppleWebKit/537 Chrome/140' },
  ] as Navigator[];

  expect(takesSecureCookies(http!, webkit!)).toBe(false);
  expect(takesSecureCookies(https!, webkit!)).toBe(true);
  expect(takesSecureCookies(http!, chromium!)).toBe(true);
});
