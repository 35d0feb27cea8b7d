import { expect, test } from 'vitest';
import { languageOf, say, WORDS } from './words';

test('neither language lacks a sentence', () => {
  expect(Object.keys(WORDS.zh).sort()).toEqual(Object.keys(WORDS.en).sort());
  expect(
    [...Object.values(WORDS.zh), ...Object.values(WORDS.en)].filter((text) => text.trim() === ''),
  ).toEqual([]);
});

test('both languages have the same blanks', () => {
  const blanks = (words: Record<string, string>) =>
    Object.entries(words).map(([word, text]) => [word, (text.match(/\{\w+\}/g) ?? []).sort()]);

  expect(Object.fromEntries(blanks(WORDS.zh))).toEqual(Object.fromEntries(blanks(WORDS.en)));
});

test('a blank is filled in', () => {
  expect(say('en', 'noSms', { phone: '+861' })).toBe(
    'No SMS for +861 yet. Press ▶ and choose SendPhoneCode first.',
  );
});

test.each([
  [['zh-CN', 'en'], 'zh'],
  [['en-GB', 'zh'], 'en'],
  [['fr', 'zh-Hant-TW', 'en'], 'zh'],
  [['fr'], 'en'],
  [[], 'en'],
] as const)('a browser that asks for %j gets %s', (preferred, language) => {
  expect(languageOf(preferred)).toBe(language);
});
