// The identity graph as one SVG file, which any program draws: no style of the page, no script, nothing from elsewhere.
import { curve, type Layout, type NodeKind, type Placed } from './graph';

const COLOURS: Record<NodeKind, readonly [string, string]> = {
  person: ['#0b6b3b', '#ffffff'],
  former: ['#f1efe8', '#1b1f1d'],
  openId: ['#e8f3ec', '#1b1f1d'],
  app: ['#ffffff', '#1b1f1d'],
  unionId: ['#e7eef9', '#1b1f1d'],
  phone: ['#fbeede', '#1b1f1d'],
  externalId: ['#f0e9fa', '#1b1f1d'],
};
const FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

export interface Texts {
  /** The two lines of a node. */
  readonly lines: (node: Placed) => readonly [string, string];
  /** The text of an edge. */
  readonly edge: (edge: Layout['edges'][number]) => string;
  readonly title: string;
}

/** Returns the SVG file of a graph. */
export function svgOf(layout: Layout, texts: Texts): string {
  const at = new Map(layout.nodes.map((node) => [node.id, node]));
  const edges = layout.edges.flatMap((edge) => {
    const [from, to] = [at.get(edge.from), at.get(edge.to)];
    if (!from || !to) return [];
    const text = texts.edge(edge);
    const line = `<path d="${curve(from, to)}" fill="none" stroke="#9aa59f" stroke-width="1.5"/>`;
    const { x, y } = edge.label;
    const label = text
      ? `<text x="${x}" y="${y - 4}" text-anchor="middle" font-size="11" fill="#59635e" stroke="#fff" stroke-width="4" paint-order="stroke">${escape(text)}</text>`
      : '';
    return [line + label];
  });
  const nodes = layout.nodes.map((node) => {
    const [fill, ink] = COLOURS[node.kind];
    const [one, two] = texts.lines(node);
    const { x, y, width, height } = node;
    const middle = y + height / 2;
    return (
      `<g><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="${fill}" stroke="#9aa59f"/>` +
      `<text x="${x + 14}" y="${two ? middle - 4 : middle + 5}" font-size="14" font-weight="600" fill="${ink}">${escape(one)}</text>` +
      (two
        ? `<text x="${x + 14}" y="${middle + 15}" font-size="11" fill="${ink}">${escape(two)}</text>`
        : '') +
      '</g>'
    );
  });
  const size = `${Math.ceil(layout.width)} ${Math.ceil(layout.height)}`;
  const [width, height] = size.split(' ');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" width="${width}" height="${height}" font-family="${FONT}">` +
    `<title>${escape(texts.title)}</title><rect width="100%" height="100%" fill="#fff"/>${edges.join('')}${nodes.join('')}</svg>\n`
  );
}

function escape(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // Characters that XML does not allow at all, such as those of a strange nickname.
  return text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '',
    )
    .replace(/[&<>"]/g, (sign) => names[sign] ?? sign);
}
