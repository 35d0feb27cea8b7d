import { expect, test } from 'vitest';
import { barsOf } from './bars';

const none = { newPeople: 0, merges: 0, undos: 0 };

test('there is a bar for each hour, also for those in which nothing happened', () => {
  const span = { since: new Date('2026-01-01T00:30:00Z'), until: new Date('2026-01-01T03:30:00Z') };
  const told = [
    { hour: '2026-01-01T00:00:00+00:00', logins: 2, ...none },
    { hour: '2026-01-01T03:00:00+00:00', logins: 5, ...none },
  ];

  expect(barsOf(told, 'logins', span, 1)).toEqual([
    { from: '2026-01-01T00:00:00.000Z', value: 2 },
    { from: '2026-01-01T01:00:00.000Z', value: 0 },
    { from: '2026-01-01T02:00:00.000Z', value: 0 },
    { from: '2026-01-01T03:00:00.000Z', value: 5 },
  ]);
});

test('bars of several hours add up', () => {
  const span = { since: new Date('2026-01-01T00:00:00Z'), until: new Date('2026-01-02T00:00:00Z') };
  const told = Array.from({ length: 24 }, (_, hour) => ({
    hour: `2026-01-01T${String(hour).padStart(2, '0')}:00:00Z`,
    logins: 1,
    ...none,
  }));

  expect(barsOf(told, 'logins', span, 6).map(({ value }) => value)).toEqual([6, 6, 6, 6]);
});
