import { expect, test } from 'vitest';
import { isForPage } from './keys';
import { cleaned } from './SearchBox';

const at = (inside: string | null) => ({
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  defaultPrevented: false,
  isComposing: false,
  target: {
    closest: (selector: string) => (inside && selector.includes(inside) ? {} : null),
  } as unknown as EventTarget,
});

test('a key is for the page unless text is typed, a window is open, or it has a modifier', () => {
  expect(isForPage(at(null))).toBe(true);
  expect(isForPage(at('textarea'))).toBe(false);
  expect(isForPage(at('[role=dialog]'))).toBe(false);
  expect(isForPage({ ...at(null), ctrlKey: true })).toBe(false);
  expect(isForPage({ ...at(null), isComposing: true })).toBe(false);
  expect(isForPage({ ...at(null), target: null })).toBe(true);
});

test.each([
  ['  138 0000\t0001\n', '138 0000 0001'],
  ['\u200b\u2068订单号：S-1\u2069', '订单号：S-1'],
  ['　兰心　', '兰心'],
  [' \n ', ''],
])('the pasted text %j is searched as %j', (pasted, searched) => {
  expect(cleaned(pasted)).toBe(searched);
});
