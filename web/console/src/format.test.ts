import { expect, test } from 'vitest';
import { add, ago, money, short } from './format';

test.each([
  ['128.50', 'CNY', '¥128.50'],
  ['1234567.00', 'CNY', '¥1,234,567.00'],
  ['-1234.5', 'USD', '$-1,234.5'],
  ['1000', 'JPY', '1,000 JPY'],
  ['12345678901234567890.12', 'CNY', '¥12,345,678,901,234,567,890.12'],
])('%s %s is %s: no digit is lost', (amount, currency, text) => {
  expect(money({ amount, currency })).toBe(text);
});

test.each([
  ['0.10', '0.20', '0.30'],
  ['12345678901234567.89', '0.02', '12345678901234567.91'],
  ['-5.00', '3.5', '-1.50'],
  ['-0.30', '0.25', '-0.05'],
  ['7', '8', '15'],
])('%s and %s are %s', (one, other, sum) => {
  expect(add(one, other)).toBe(sum);
});

test.each([
  [5_000, '5 seconds ago', '5秒钟前'],
  [3 * 3_600_000, '3 hours ago', '3小时前'],
  [86_400_000, 'yesterday', '昨天'],
  [400 * 86_400_000, 'last year', '去年'],
])('%i ms are %s', (span, en, zh) => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const at = new Date(now - span).toISOString();

  expect(ago('en', at, now)).toBe(en);
  expect(ago('zh', at, now)).toBe(zh);
});

test('a long id shows its beginning and its end', () => {
  expect(short('usr_01a22848cb6c776c870771e610806d4d')).toBe('usr_01a228…06d4d');
  expect(short('C-1001')).toBe('C-1001');
});
