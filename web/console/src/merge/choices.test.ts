import { expect, test } from 'vitest';
import { choicesOf, sumsOf, type Half } from './choices';

test('a merge waits until each clash has a choice', () => {
  expect(choicesOf(['PHONE', 'NICKNAME'], { PHONE: 'usr_1' })).toBeNull();
  expect(choicesOf(['PHONE'], { PHONE: 'usr_1', NICKNAME: 'usr_2' })).toEqual([
    { field: 'PHONE', user: 'usr_1' },
  ]);
  expect(choicesOf([], {})).toEqual([]);
});

function half(...totals: { currency: string; count: number; net: string }[]): Half {
  return {
    orders: { nodes: [], totals: totals.map(({ net, ...total }) => ({ ...total, net: { amount: net } })) },
  } as unknown as Half;
}

test('orders are added up for each currency', () => {
  const one = half({ currency: 'CNY', count: 2, net: '0.10' }, { currency: 'HKD', count: 1, net: '5.00' });
  const other = half({ currency: 'CNY', count: 1, net: '0.20' });

  expect(sumsOf([one, other, null])).toEqual([
    { currency: 'CNY', count: 3, net: '0.30' },
    { currency: 'HKD', count: 1, net: '5.00' },
  ]);
});
