import { expect, test } from 'vitest';
import { BLANK, languageOf, say, WORDS, wordOf } from './words';

test('neither language lacks a text', () => {
  const empty = Object.entries(WORDS).filter(
    ([, texts]) => texts.length !== 2 || texts.some((text) => !text.trim()),
  );

  expect(empty).toEqual([]);
});

test('both languages have the same blanks', () => {
  const blanks = (text: string) => [...new Set([...text.matchAll(BLANK)].map(([, name]) => name))].sort();
  const unlike = Object.entries(WORDS).filter(([, [en, zh]]) => String(blanks(en)) !== String(blanks(zh)));

  expect(unlike).toEqual([]);
});

test.each([
  [1, '1 order'],
  [2, '2 orders'],
  [0, '0 orders'],
])('a number of %i has its noun', (count, text) => {
  expect(say('en', 'ordersCount', { count })).toBe(text);
});

test('Chinese has one form for all numbers', () => {
  expect(say('zh', 'ordersCount', { count: 1 })).toBe('1 笔订单');
});

test('what fills a blank is not read as a blank', () => {
  expect(say('en', 'resultsFor', { text: '{text} $& ' })).toBe('“{text} $& ”');
});

test('a name that is no word has none', () => {
  expect(wordOf('notice_of_tomorrow')).toBeNull();
  expect(wordOf('toString')).toBeNull();
});

test.each([
  ['zh', ['en'], 'zh'],
  [null, ['zh-Hant-TW', 'en'], 'zh'],
  [null, ['fr', 'en-GB', 'zh'], 'en'],
  [null, [], 'en'],
] as const)('a choice of %j in a browser that asks for %j gives %s', (chosen, preferred, language) => {
  expect(languageOf(chosen, preferred)).toBe(language);
});
