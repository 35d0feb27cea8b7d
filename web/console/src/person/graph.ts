// What the identity graph of a person consists of, and where each part is drawn. Nothing here draws.
import type { LinkRule, PersonQuery } from '../generated';
import type { Entry } from './timeline';

type User = NonNullable<PersonQuery['user']>;

export type NodeKind = 'person' | 'former' | 'openId' | 'app' | 'unionId' | 'phone' | 'externalId';

export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
  /** The first line. Null where the page says it in words: of the person and of former accounts without a name. */
  readonly title: string;
  /** The second line: the key itself. */
  readonly key: string | null;
}

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The rule by which the two belong together, and when it decided. Null where no entry of the journal says it. */
  readonly rule: LinkRule | null;
  readonly at: string | null;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Returns the keys of a person as a graph, with the rule and the date of the journal on each edge. */
export function graphOf(user: User, entries: readonly Entry[]): Graph {
  const nodes: GraphNode[] = [{ id: user.id, kind: 'person', title: user.nickname ?? '', key: user.id }];
  const edges: GraphEdge[] = [];
  const add = (node: GraphNode, from: string, why: Why) => {
    if (!nodes.some(({ id }) => id === node.id)) nodes.push(node);
    if (!edges.some(({ id }) => id === `${from}>${node.id}`))
      edges.push({ id: `${from}>${node.id}`, from, to: node.id, ...why });
  };
  for (const { id, app, openId, unionId, linkedAt } of user.openIds ?? []) {
    const entry = closest(
      entries.filter(({ evidence }) => evidence.app === app && evidence.openId === openId),
      linkedAt,
    );
    add({ id: `app:${app}`, kind: 'app', title: app, key: null }, user.id, NO_WHY);
    add({ id, kind: 'openId', title: app, key: openId }, `app:${app}`, {
      rule: entry?.rule ?? null,
      at: linkedAt,
    });
    if (!unionId) continue;
    const scope = user.unionIds?.find((union) => union.unionId === unionId)?.scope ?? '';
    const learned = first(
      entries.filter(({ evidence }) => evidence.unionId === unionId && evidence.app === app),
    );
    add({ id: `union:${unionId}`, kind: 'unionId', title: scope, key: unionId }, id, whyOf(learned));
  }
  for (const { scope, unionId } of user.unionIds ?? []) {
    if (nodes.some(({ id }) => id === `union:${unionId}`)) continue;
    const learned = first(entries.filter(({ evidence }) => evidence.unionId === unionId));
    add({ id: `union:${unionId}`, kind: 'unionId', title: scope, key: unionId }, user.id, whyOf(learned));
  }
  if (user.maskedPhone) {
    const bound = entries.find(
      ({ evidence, rule }) => evidence.maskedPhone === user.maskedPhone && !REMOVALS.has(rule),
    );
    add({ id: 'phone', kind: 'phone', title: user.maskedPhone, key: null }, user.id, whyOf(bound));
  }
  if (user.externalId) {
    const told = first(entries.filter(({ evidence }) => evidence.externalId === user.externalId));
    add({ id: 'externalId', kind: 'externalId', title: user.externalId, key: null }, user.id, whyOf(told));
  }
  for (const { id, mergedIntoId } of user.aliases ?? []) {
    const merge = entries.find(
      ({ otherUserId, undoneAt, rule }) => otherUserId === id && undoneAt === null && MERGES.has(rule),
    );
    nodes.push({ id, kind: 'former', title: '', key: id });
    edges.push({ id: `${id}>${mergedIntoId}`, from: id, to: mergedIntoId, ...whyOf(merge) });
  }
  const known = new Set(nodes.map(({ id }) => id));
  // An account into which another one was merged may itself be beyond the fifty that the service lists.
  return {
    nodes,
    edges: edges.map((edge) => (known.has(edge.to) ? edge : { ...edge, to: user.id })),
  };
}

type Why = Pick<GraphEdge, 'rule' | 'at'>;
const NO_WHY: Why = { rule: null, at: null };
const REMOVALS: ReadonlySet<LinkRule> = new Set(['R7', 'R9', 'R4b', 'R5', 'R15']);
const MERGES: ReadonlySet<LinkRule> = new Set(['R1c', 'R4c', 'R8', 'R14', 'IMPORT', 'R2']);

function whyOf(entry: Entry | undefined): Why {
  return entry ? { rule: entry.rule, at: entry.at } : NO_WHY;
}

/** The oldest of the entries, which come newest first. */
function first(entries: readonly Entry[]): Entry | undefined {
  return entries.at(-1);
}

/** The entry whose time is nearest: the one that linked the key, not one that only mentions it. */
function closest(entries: readonly Entry[], at: string): Entry | undefined {
  const far = (entry: Entry) => Math.abs(Date.parse(entry.at) - Date.parse(at));
  return entries.reduce<Entry | undefined>(
    (best, entry) => (!best || far(entry) < far(best) ? entry : best),
    undefined,
  );
}

export interface Placed extends GraphNode {
  /** The left upper corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly nodes: readonly Placed[];
  readonly edges: readonly (GraphEdge & { readonly label: { readonly x: number; readonly y: number } })[];
  readonly width: number;
  readonly height: number;
}

const SIZES: Record<NodeKind, readonly [number, number]> = {
  person: [180, 64],
  former: [180, 52],
  app: [110, 40],
  openId: [196, 52],
  phone: [196, 52],
  externalId: [196, 52],
  unionId: [196, 52],
};
/** The room between two columns: of a plain line, and of one with its rule and date. */
const PLAIN = 56;
const TOLD = 128;
const ROW = 66;

/** Where the columns begin. Former accounts are left of the person, each one merge further. */
const LEFT: Record<NodeKind, number> = {
  former: -TOLD - SIZES.former[0],
  person: 0,
  app: SIZES.person[0] + PLAIN,
  openId: SIZES.person[0] + PLAIN + SIZES.app[0] + TOLD,
  phone: SIZES.person[0] + TOLD,
  externalId: SIZES.person[0] + TOLD,
  unionId: SIZES.person[0] + PLAIN + SIZES.app[0] + TOLD + SIZES.openId[0] + TOLD,
};

/**
 * Places a graph in columns from left to right: former accounts, the person, the apps, the keys, and what the keys share. Each
 * key has a row, those of one unionId and of one app follow each other, and what several keys share stands in their middle.
 */
export function layoutOf({ nodes, edges }: Graph): Layout {
  const middles = middlesOf({ nodes, edges });
  const placed = nodes.map((node): Placed => {
    const [width, height] = SIZES[node.kind];
    const depth = node.kind === 'former' ? depthOf(node.id, edges) - 1 : 0;
    const x = LEFT[node.kind] - depth * (width + TOLD);
    return { ...node, x, y: (middles.get(node.id) ?? 0) - height / 2, width, height };
  });
  const left = Math.min(...placed.map(({ x }) => x)) - MARGIN;
  const top = Math.min(...placed.map(({ y }) => y)) - MARGIN;
  const moved = placed.map((node) => ({ ...node, x: node.x - left, y: node.y - top }));
  const at = new Map(moved.map((node) => [node.id, node]));
  return {
    nodes: moved,
    edges: edges.map((edge) => ({ ...edge, label: beside(at.get(edge.from), at.get(edge.to)) })),
    width: Math.max(...moved.map(({ x, width }) => x + width)) + MARGIN,
    height: Math.max(...moved.map(({ y, height }) => y + height)) + MARGIN,
  };
}

const MARGIN = 16;
/** Sorts behind every id. */
const LAST = '\uffff';
const KEYS: ReadonlySet<NodeKind> = new Set(['openId', 'phone', 'externalId']);

/** The height of the middle of each node. */
function middlesOf({ nodes, edges }: Graph): Map<string, number> {
  const middles = new Map<string, number>();
  const sharedBy = (id: string) => edges.filter(({ to }) => to === id).map(({ from }) => from);
  const unionOf = ({ id }: GraphNode) => edges.find(({ from }) => from === id)?.to ?? LAST;
  const keys = nodes
    .filter(({ kind }) => KEYS.has(kind))
    .map((node, at) => ({ node, at, union: unionOf(node) }))
    // Phone and customer number are last, as they are in the graph.
    .sort((one, other) => compare(one.union, other.union) || one.at - other.at);
  for (const [row, { node }] of keys.entries()) middles.set(node.id, row * ROW);
  const apps = nodes.filter(({ kind }) => kind === 'app');
  stack(apps, (id) => edges.filter(({ from }) => from === id).map(({ to }) => to), middles);
  stack(
    nodes.filter(({ kind }) => kind === 'unionId'),
    sharedBy,
    middles,
  );
  const middle = ((keys.length || 1) - 1) * (ROW / 2);
  for (const { id } of nodes.filter(({ kind }) => kind === 'person')) middles.set(id, middle);
  const former = nodes.filter(({ kind }) => kind === 'former');
  for (const { id } of former) {
    const column = former.filter((other) => depthOf(other.id, edges) === depthOf(id, edges));
    const row = column.findIndex((other) => other.id === id);
    middles.set(id, middle + (row - (column.length - 1) / 2) * ROW);
  }
  return middles;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Places nodes of one column in the middle of their neighbours, and below each other where they would meet. */
function stack(
  nodes: readonly GraphNode[],
  neighbours: (id: string) => readonly string[],
  middles: Map<string, number>,
) {
  const wanted = nodes.map(({ id }) => {
    const at = neighbours(id).flatMap((one) => middles.get(one) ?? []);
    return { id, at: at.length ? at.reduce((sum, one) => sum + one, 0) / at.length : 0 };
  });
  let free = -Infinity;
  for (const { id, at } of wanted.sort((one, other) => one.at - other.at)) {
    const placed = Math.max(at, free);
    middles.set(id, placed);
    free = placed + ROW;
  }
}

/** How many merges a former account is away from the person. */
function depthOf(id: string, edges: readonly GraphEdge[]): number {
  let [depth, next] = [0, edges.find(({ from }) => from === id)];
  // A circle of merges cannot be; the limit keeps a mistake from being endless.
  while (next && depth < 50) {
    depth += 1;
    const { to } = next;
    next = to.startsWith('usr_')
      ? edges.find(({ from, to: end }) => from === to && end.startsWith('usr_'))
      : undefined;
  }
  return depth;
}

/** Where the text of an edge stands: before the key that it explains; of a unionId behind the key that told it. */
function beside(from: Placed | undefined, to: Placed | undefined) {
  if (!from || !to) return { x: 0, y: 0 };
  return from.kind === 'openId' || from.kind === 'former'
    ? { x: from.x + from.width + TOLD / 2, y: from.y + from.height / 2 }
    : { x: to.x - TOLD / 2, y: to.y + to.height / 2 };
}

/** The line between two parts: out to the right, and in from the left. */
export function curve(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const bend = (x2 - x1) / 2;
  return `M${round(x1)} ${round(y1)}C${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
