import { expect, test } from 'vitest';
import { graphOf, layoutOf, type Graph } from './graph';
import { svgOf } from './svg';
import type { Entry } from './timeline';
import type { User } from './Person';

const AT = '2026-01-01T00:00:00Z';
const LATER = '2026-02-01T00:00:00Z';

function person(changes: Partial<User>): User {
  return {
    id: 'usr_1',
    nickname: '兰心',
    avatarUrl: null,
    status: 'ACTIVE',
    maskedPhone: null,
    phoneBound: false,
    externalId: null,
    createdAt: AT,
    openIds: [],
    unionIds: [],
    erasure: null,
    merges: [],
    aliases: [],
    sessions: [],
    ...changes,
  };
}

function openId(app: string, key: string, unionId: string | null = null) {
  const never = { nickname: null, lastLoginAt: null, follows: null, cancelledAt: null };
  return { id: `oid_${key}`, app, openId: key, unionId, linkedAt: AT, ...never };
}

function entry(
  rule: Entry['rule'],
  at: string,
  evidence: Partial<Entry['evidence']>,
  otherUserId: string | null = null,
): Entry {
  const none = {
    app: null,
    openId: null,
    unionScope: null,
    unionId: null,
    maskedPhone: null,
    externalId: null,
    decision: null,
    reason: null,
  };
  return {
    id: `evt_${rule}${at}`,
    rule,
    actor: 'PERSON',
    at,
    undoneAt: null,
    otherUserId,
    evidence: { ...none, ...evidence },
  };
}

const edges = ({ edges: all }: Graph) => all.map(({ from, to, rule, at }) => [from, to, rule, at]);

test('each key has the rule and the date of its entry', () => {
  const user = person({
    openIds: [openId('shop', 'o1', 'u1')],
    unionIds: [{ scope: 'hemu', unionId: 'u1' }],
    maskedPhone: '+86*******0001',
    externalId: 'C-1001',
  });
  const journal = [
    entry('R4a', LATER, { maskedPhone: '+86*******0001' }),
    entry('R1b', LATER, { app: 'shop', openId: 'o1', unionScope: 'hemu', unionId: 'u1' }),
    entry('R3', AT, { app: 'shop', openId: 'o1' }),
    entry('IMPORT', AT, { externalId: 'C-1001' }),
  ];

  expect(edges(graphOf(user, journal))).toEqual([
    ['usr_1', 'app:shop', null, null],
    ['app:shop', 'oid_o1', 'R3', AT],
    ['oid_o1', 'union:u1', 'R1b', LATER],
    ['usr_1', 'phone', 'R4a', LATER],
    ['usr_1', 'externalId', 'IMPORT', AT],
  ]);
});

test('a unionId of two apps is one node', () => {
  const user = person({
    openIds: [openId('shop', 'o1', 'u1'), openId('club', 'o2', 'u1')],
    unionIds: [{ scope: 'hemu', unionId: 'u1' }],
  });

  const { nodes } = graphOf(user, []);

  expect(nodes.filter(({ kind }) => kind === 'unionId')).toEqual([
    { id: 'union:u1', kind: 'unionId', title: 'hemu', key: 'u1' },
  ]);
});

test('a unionId without an openId that told it hangs on the person', () => {
  const graph = graphOf(person({ unionIds: [{ scope: 'hemu', unionId: 'u9' }] }), []);

  expect(edges(graph)).toEqual([['usr_1', 'union:u9', null, null]]);
});

test('former accounts lead to the account that took them in, and an undone merge explains nothing', () => {
  const user = person({
    aliases: [
      { id: 'usr_b', mergedIntoId: 'usr_1', createdAt: AT },
      { id: 'usr_a', mergedIntoId: 'usr_b', createdAt: AT },
      { id: 'usr_c', mergedIntoId: 'usr_beyond', createdAt: AT },
    ],
  });
  const undone = { ...entry('R8', AT, {}, 'usr_b'), undoneAt: LATER };
  const journal = [entry('R14', LATER, {}, 'usr_b'), undone];

  expect(edges(graphOf(user, journal))).toEqual([
    ['usr_b', 'usr_1', 'R14', LATER],
    ['usr_a', 'usr_b', null, null],
    ['usr_c', 'usr_1', null, null],
  ]);
});

const fifty = person({
  openIds: Array.from({ length: 24 }, (_, at) => openId(`app${at}`, `o${at}`, `u${at % 3}`)),
  unionIds: [0, 1, 2].map((at) => ({ scope: `scope${at}`, unionId: `u${at}` })),
  maskedPhone: '+86*******0001',
});

test('of fifty nodes none covers another', () => {
  const { nodes } = layoutOf(graphOf(fifty, []));
  const covered = nodes.flatMap((one, at) =>
    nodes
      .slice(at + 1)
      .filter(
        (other) =>
          one.x < other.x + other.width &&
          other.x < one.x + one.width &&
          one.y < other.y + other.height &&
          other.y < one.y + one.height,
      )
      .map((other) => [one.id, other.id]),
  );

  expect(nodes).toHaveLength(53);
  expect(covered).toEqual([]);
});

test('no two texts of edges of fifty nodes meet', () => {
  const journal =
    fifty.openIds?.map(({ app, openId: key, unionId }) => entry('R3', AT, { app, openId: key, unionId })) ??
    [];
  const labels = layoutOf(graphOf(fifty, journal))
    .edges.filter(({ rule }) => rule)
    .map(({ label }) => label);
  const met = labels.flatMap((one, at) =>
    labels.slice(at + 1).filter(({ x, y }) => Math.abs(x - one.x) < 100 && Math.abs(y - one.y) < 14),
  );

  expect(labels).toHaveLength(48);
  expect(met).toEqual([]);
});

test('the SVG has every node, and no text of a person is markup', () => {
  const layout = layoutOf(
    graphOf(person({ nickname: '<b>&"\u0000\ud800', openIds: [openId('shop', 'o1')] }), []),
  );
  const svg = svgOf(layout, {
    lines: ({ title }) => [title, ''],
    edge: () => 'R3 & <date>',
    title: 'a "graph"',
  });

  expect(svg.match(/<g>/g)).toHaveLength(3);
  expect(svg).toContain('&lt;b&gt;&amp;&quot;</text>');
  expect(svg).toContain('R3 &amp; &lt;date&gt;');
  expect(svg).not.toMatch(/<b>|[\u0000\ud800]/);
});
