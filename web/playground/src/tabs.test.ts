import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { indexOfTab, preparedTab, preparedTabs, tabsFrom, tabsWithoutSecrets, withTabInFront } from './tabs';

test('the prepared documents are GraphQL, and say what to do in two languages', () => {
  for (const { query } of preparedTabs(true).tabs) {
    expect(parse(query!).definitions.length).toBeGreaterThan(0);
    expect(query).toMatch(/^# [\w\d]/);
    expect(query).toMatch(/^# .*[\u4e00-\u9fff]/m);
  }
});

test('every variable that is filled in is declared', () => {
  for (const { query, variables } of preparedTabs(true).tabs) {
    for (const name of Object.keys(JSON.parse(variables || '{}'))) expect(query).toContain(`$${name}:`);
  }
});

test('every purpose finds its own tab', () => {
  const { tabs } = preparedTabs(true);
  const purposes = ['logIn', 'me', 'bindPhone', 'orders', 'whatNext'] as const;

  expect(purposes.map((purpose) => indexOfTab(tabs, purpose))).toEqual([0, 1, 2, 3, 4]);
});

test('a tab is found after it was rewritten, and not by a word in a comment', () => {
  const tabs = [
    { query: '# wechatLogin(code)\n{ me { id } }' },
    { query: 'mutation X { a: wechatLogin(code: "c") { id } }' },
  ];

  expect([indexOfTab(tabs, 'logIn'), indexOfTab(tabs, 'orders')]).toEqual([1, -1]);
});

test('without a demo nobody’s phone is filled in', () => {
  expect(preparedTabs(false).tabs.map(({ variables }) => JSON.parse(variables || '{}'))).toEqual([
    { code: '', app: '' },
    {},
    { phone: '', code: '' },
    { unionId: '' },
    {},
  ]);
});

test('a tab comes to the front with its variables', () => {
  const state = { ...preparedTabs(true), activeTabIndex: 3 };

  const { tabs, activeTabIndex } = withTabInFront(state, 'logIn', { code: 'c', state: 's', app: null });

  expect(activeTabIndex).toBe(0);
  expect(JSON.parse(tabs[0]!.variables!)).toEqual({ code: 'c', state: 's' });
});

test('a closed tab comes back', () => {
  const state = { tabs: [preparedTab('me')], activeTabIndex: 0 };

  const { tabs, activeTabIndex } = withTabInFront(state, 'logIn', { code: 'c' });

  expect([tabs.length, activeTabIndex, JSON.parse(tabs[1]!.variables!)]).toEqual([
    2,
    1,
    { code: 'c', app: 'shop' },
  ]);
});

test('stored tabs hold no code, no header and no answer', () => {
  const tab = {
    ...preparedTab('logIn'),
    variables: '{"code": "planted"}',
    headers: '{"Authorization": "planted"}',
    response: '{"accessToken": "planted"}',
    hash: 'planted',
    query: '{ wechatLogin(code: "planted") { id } }',
  };

  const stored = JSON.stringify(tabsWithoutSecrets({ tabs: [tab], activeTabIndex: 0 }));

  expect(stored).not.toContain('planted');
  expect(tabsFrom(stored)?.tabs.length).toBe(1);
});

test.each([
  null,
  '',
  '{',
  'null',
  '{"tabs": []}',
  '{"tabs": [], "activeTabIndex": 0}',
  '{"tabs": 3, "activeTabIndex": 0}',
])('the stored text %j is no tabs', (stored) => {
  expect(tabsFrom(stored)).toBeNull();
});
