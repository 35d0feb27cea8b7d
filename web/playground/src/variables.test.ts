import { expect, test } from 'vitest';
import { variable, withVariables } from './variables';

test('a variable is set and the others stay', () => {
  const text = '{"code": "old", "mine": [1, 2]}';

  const changed = withVariables(text, { code: 'new', app: 'shop' });

  expect(JSON.parse(changed)).toEqual({ code: 'new', mine: [1, 2], app: 'shop' });
});

test('null removes a variable', () => {
  expect(withVariables('{"code": "c", "state": "s"}', { state: null })).toBe('{\n  "code": "c"\n}');
});

test.each([null, '', '  ', '{"code": ', '[1]', '"text"', 'null'])('%j is replaced as a whole', (text) => {
  expect(JSON.parse(withVariables(text, { code: 'c' }))).toEqual({ code: 'c' });
});

test('only a text can be read', () => {
  const text = '{"phone": "+8613800000001", "first": 5}';

  expect([
    variable(text, 'phone'),
    variable(text, 'first'),
    variable(text, 'code'),
    variable('{', 'phone'),
  ]).toEqual(['+8613800000001', null, null, null]);
});
