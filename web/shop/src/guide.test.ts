// The story's steps, by what the account has.
import { expect, test } from 'vitest';
import { reachedIn, screenOf, stepsOf } from './guide';
import type { Account } from './operations';

const LAN: Account = {
  id: 'usr_1',
  nickname: null,
  avatarUrl: null,
  phone: null,
  externalId: null,
  openIds: [{ app: 'shop', openId: 'o1' }],
  unionIds: [],
  merges: [],
  linkHistory: { nodes: [] },
  orders: { totalCount: 3, totals: [] },
};
const done = (account: Account | null) => stepsOf(account).map(({ isDone }) => isDone);

test('nothing is done before a login, and one step by it', () => {
  expect(done(null)).toEqual([false, false, false, false, false]);
  expect(done(LAN)).toEqual([true, false, false, false, false]);
});

test('each thing that the account gains is a step', () => {
  expect(done({ ...LAN, phone: '+8613800000001' })).toEqual([true, true, false, false, false]);
  expect(done({ ...LAN, unionIds: [{ unionId: 'u' }] })).toEqual([true, false, true, false, false]);
});

test('a merge is two official accounts in one account; a website alone is none', () => {
  const openIds = (...apps: string[]) => apps.map((app) => ({ app, openId: app }));

  expect(done({ ...LAN, openIds: openIds('shop', 'club') })[3]).toBe(true);
  expect(done({ ...LAN, openIds: openIds('shop', 'site') }).slice(3)).toEqual([false, true]);
});

test('what was reached in another store is remembered, and nonsense is nothing', () => {
  expect(reachedIn('[true,false,1]')).toEqual([true, false, false]);
  expect([null, '{', '{"a":1}', '7'].map(reachedIn)).toEqual([[], [], [], []]);
});

test('a fragment that is no screen is the goods', () => {
  expect(['#me', '#orders', '#goods', '', '#x'].map(screenOf)).toEqual([
    'me',
    'orders',
    'goods',
    'goods',
    'goods',
  ]);
});
