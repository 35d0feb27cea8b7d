// The identity graph: which keys belong to a person, and by which rule.
import {
  Background,
  BackgroundVariant,
  Controls,
  Handle,
  Position,
  ReactFlow,
  BaseEdge,
  EdgeLabelRenderer,
} from '@xyflow/react';
import type { Edge, EdgeProps, Node, NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import { download } from '../file';
import { date, short } from '../format';
import type { PersonQuery } from '../generated';
import { Icon } from '../icons';
import { useLanguage, useWords, type Say } from '../language';
import { PersonLink, Scroll } from '../parts';
import { curve, graphOf, layoutOf, type GraphEdge, type Layout, type Placed } from './graph';
import { svgOf } from './svg';
import type { Entry } from './timeline';

type PartNode = Node<{ readonly lines: readonly [string, string]; readonly kind: Placed['kind'] }, 'part'>;
type WhyEdge = Edge<
  { readonly path: string; readonly label: string; readonly x: number; readonly y: number },
  'why'
>;

/** A smaller graph cannot be read: then a part of it is shown, and the rest is reached by dragging. */
const SMALLEST = 0.6;
const LOWEST = 300;
const nodeTypes = { part: Part };
const edgeTypes = { why: Why };

interface Props {
  readonly user: NonNullable<PersonQuery['user']>;
  readonly entries: readonly Entry[];
}

export function Graph({ user, entries }: Props) {
  const say = useWords();
  const language = useLanguage();
  const layout = useMemo(() => layoutOf(graphOf(user, entries)), [user, entries]);
  const [frame, scale] = useScale(layout.width);
  const edgeText = ({ rule, at }: GraphEdge) => [rule, at && date(language, at)].filter(Boolean).join(' · ');
  const nodes = layout.nodes.map((node): PartNode => ({
    id: node.id,
    type: 'part',
    position: { x: node.x, y: node.y },
    data: { lines: linesOf(node, say), kind: node.kind },
    width: node.width,
    height: node.height,
    draggable: false,
    connectable: false,
    ariaLabel: linesOf(node, say).join(' '),
  }));
  const edges = edgesOf(layout, edgeText);
  const save = () => {
    const texts = {
      lines: (node: Placed) => linesOf(node, say),
      edge: edgeText,
      title: `${say('graph')} ${user.id}`,
    };
    download(`guiyi-${user.id}.svg`, 'image/svg+xml', svgOf(layout, texts));
  };
  return (
    <section>
      <div className="tools">
        <p className="quiet">{say('graphHow')}</p>
        <button type="button" onClick={save}>
          <Icon name="download" />
          {say('saveSvg')}
        </button>
      </div>
      <div className="graph" ref={frame} style={{ height: Math.max(LOWEST, layout.height * scale) }}>
        <ReactFlow
          key={`${user.id} ${nodes.length} ${scale}`}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          defaultViewport={{ x: 0, y: 0, zoom: scale }}
          minZoom={0.1}
          maxZoom={2}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          deleteKeyCode={null}
          preventScrolling={false}
          zoomOnScroll={false}
          colorMode="system"
          ariaLabelConfig={{
            'controls.ariaLabel': say('graphControls'),
            'controls.zoomIn.ariaLabel': say('zoomIn'),
            'controls.zoomOut.ariaLabel': say('zoomOut'),
            'controls.fitView.ariaLabel': say('fitView'),
            'node.a11yDescription.default': say('graphNode'),
          }}
        >
          <Background variant={BackgroundVariant.Dots} gap={18} size={1} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
      <GraphTable layout={layout} edgeText={edgeText} say={say} />
    </section>
  );
}

/** The scale at which a graph fills the width of its frame, so that the page scrolls through a high one. */
function useScale(width: number) {
  const frame = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  useEffect(() => {
    if (!frame.current) return undefined;
    const watch = new ResizeObserver(([entry]) => setRoom(Math.floor(entry?.contentRect.width ?? 0)));
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);
  return [frame, Math.max(SMALLEST, Math.min(1, (room || width) / width))] as const;
}

/** The same as a table, for those who do not see the drawing. */
function GraphTable({
  layout,
  edgeText,
  say,
}: {
  readonly layout: Layout;
  readonly edgeText: (edge: GraphEdge) => string;
  readonly say: Say;
}) {
  const whyOf = ({ id, kind }: Placed) =>
    layout.edges.find((edge) => (kind === 'former' ? edge.from : edge.to) === id);
  return (
    <details className="as-table">
      <summary>{say('asTable')}</summary>
      <Scroll label={say('graph')}>
        <table>
          <thead>
            <tr>
              <th>{say('kind')}</th>
              <th>{say('value')}</th>
              <th>{say('ruleAndDate')}</th>
            </tr>
          </thead>
          <tbody>
            {layout.nodes
              .filter(({ kind }) => kind !== 'app' && kind !== 'person')
              .map((node) => {
                const edge = whyOf(node);
                return (
                  <tr key={node.id}>
                    <td>{say(`node_${node.kind}`)}</td>
                    <td>
                      {node.kind === 'former' ? (
                        <PersonLink id={node.id} />
                      ) : (
                        <>
                          {node.title} {node.key && <code>{node.key}</code>}
                        </>
                      )}
                    </td>
                    <td>{edge ? edgeText(edge) : '–'}</td>
                  </tr>
                );
              })}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

/** The two lines of a node. */
function linesOf({ kind, title, key }: Placed, say: Say): readonly [string, string] {
  switch (kind) {
    case 'person':
      return [title || say('noNickname'), short(key ?? '', 24)];
    case 'former':
      return [say('node_former'), short(key ?? '', 22)];
    case 'openId':
      return [`openId · ${title}`, short(key ?? '', 26)];
    case 'unionId':
      return [`unionId · ${title}`, short(key ?? '', 26)];
    case 'phone':
      return [say('node_phone'), title];
    case 'externalId':
      return [say('node_externalId'), short(title, 24)];
    case 'app':
      return [short(title, 16), ''];
  }
}

function edgesOf(layout: Layout, edgeText: (edge: GraphEdge) => string): WhyEdge[] {
  const at = new Map(layout.nodes.map((node) => [node.id, node]));
  return layout.edges.flatMap((edge) => {
    const [from, to] = [at.get(edge.from), at.get(edge.to)];
    if (!from || !to) return [];
    const data = { path: curve(from, to), label: edgeText(edge), ...edge.label };
    return [{ id: edge.id, type: 'why' as const, source: edge.from, target: edge.to, data }];
  });
}

function Part({ data: { lines, kind } }: NodeProps<PartNode>) {
  return (
    <div className={`part ${kind}`}>
      <Handle type="target" position={Position.Left} />
      <b>{lines[0]}</b>
      {lines[1] && <small>{lines[1]}</small>}
      <Handle type="source" position={Position.Right} />
    </div>
  );
}

function Why({ id, data }: EdgeProps<WhyEdge>) {
  if (!data) return null;
  return (
    <>
      <BaseEdge id={id} path={data.path} />
      {data.label && (
        <EdgeLabelRenderer>
          <span
            className="edge-label"
            style={{ transform: `translate(-50%, -50%) translate(${data.x}px, ${data.y}px)` }}
          >
            {data.label}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
