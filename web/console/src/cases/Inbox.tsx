// The cases that wait for a decision, the oldest first: the list on one side, the case on the other.
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { CASES } from '../documents';
import type { CasesQuery, ConflictKind } from '../generated';
import { Icon } from '../icons';
import { useKeys } from '../keys';
import { useWords } from '../language';
import { Choose, Empty, MorePages, Note, Title, Waiting, When } from '../parts';
import { usePages } from '../query';
import { useMay } from '../scopes';
import { Bulk } from './Bulk';
import { CaseView } from './CaseView';

export type Case = NonNullable<CasesQuery['conflicts']>['nodes'][number];

const KINDS: readonly ConflictKind[] = [
  'TWO_ACCOUNTS',
  'UNION_ID_CHANGED',
  'LIMIT_BROKEN',
  'PHONE_OWNED',
  'PHONE_STALE',
];
const PAGE = 50;
/** How many pages are read to find the case of an address. */
const PAGES_FOR_ONE = 20;

export function Inbox() {
  const say = useWords();
  const may = useMay();
  if (!may('CONFLICTS_READ')) return <Note icon="warn">{say('noScope')}</Note>;
  return <Cases />;
}

function Cases() {
  const say = useWords();
  const may = useMay();
  const [params, setParams] = useSearchParams();
  const kind = params.get('kind') ?? '';
  const open = params.get('open') ?? 'yes';
  const user = params.get('user');
  const id = params.get('case');
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [told, setTold] = useState<string | null>(null);
  const filter = {
    ...(kind && { kind: [kind as ConflictKind] }),
    ...(open !== 'all' && { open: open === 'yes' }),
    ...(user && { user }),
  };
  const pages = usePages(CASES, { filter, first: PAGE }, (data) => data.conflicts);
  const cases = pages.nodes;
  const at = cases.findIndex((one) => one.id === id);
  const shown = cases[at];
  const set = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(changes))
      value === null ? next.delete(name) : next.set(name, value);
    setParams(next, { replace: true });
  };
  const choose = (index: number) => {
    const next = cases[Math.max(0, Math.min(cases.length - 1, index))];
    if (next) set({ case: next.id });
    if (index >= cases.length - 3) pages.more();
  };
  const mark = (one: string) =>
    setMarked((before) => {
      const after = new Set(before);
      if (!after.delete(one)) after.add(one);
      return after;
    });
  const canApart = ({ decisions }: Case) => may('CONFLICTS_WRITE') && decisions.includes('KEEP_APART');
  useKeys({
    j: () => choose(at + 1),
    k: () => choose(at < 0 ? 0 : at - 1),
    x: () => shown && canApart(shown) && mark(shown.id),
    Escape: () => id && set({ case: null }),
  });
  useFind(pages, id !== null && at < 0, PAGES_FOR_ONE);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  }, [id]);
  /** After a decision: says what was done, and goes on to the next case. */
  const decided = (what: string) => {
    setTold(what);
    const next = cases[at + 1] ?? cases[at - 1];
    set({ case: next && next.id !== id ? next.id : null });
    pages.reload();
  };
  const chosen = cases.filter((one) => marked.has(one.id) && canApart(one));
  return (
    <>
      <Title text={say('cases')}>
        <p className="quiet">{say('casesHow')}</p>
      </Title>
      <div className="filters">
        <Choose
          label={say('kind')}
          value={kind}
          options={[['', say('all')], ...KINDS.map((one) => [one as string, say(`case_${one}`)] as const)]}
          onChange={(value) => set({ kind: value || null, case: null })}
        />
        <Choose
          label={say('status')}
          value={open}
          options={[
            ['yes', say('open')],
            ['no', say('closed')],
            ['all', say('all')],
          ]}
          onChange={(value) => set({ open: value, case: null })}
        />
        {user && (
          <button type="button" onClick={() => set({ user: null, case: null })}>
            {say('onePersonOnly')} <Icon name="close" />
          </button>
        )}
      </div>
      {told && (
        <Note kind="good" icon="check">
          {told}
        </Note>
      )}
      {chosen.length > 0 && (
        <Bulk
          cases={chosen}
          onDone={(what) => {
            setMarked(new Set());
            setTold(what);
            set({ case: null });
            pages.reload();
          }}
          onForget={() => setMarked(new Set())}
        />
      )}
      <div className={shown ? 'inbox has-case' : 'inbox'}>
        <div className="list">
          {pages.loading && !cases.length && <Waiting rows={5} />}
          {!pages.loading && !pages.failure && !cases.length && (
            <Empty>{say(open === 'yes' ? 'noOpenCases' : 'noCases')}</Empty>
          )}
          <ul ref={list}>
            {cases.map((one) => (
              <Row
                key={one.id}
                one={one}
                isCurrent={one.id === id}
                isMarked={marked.has(one.id)}
                canMark={canApart(one)}
                onOpen={() => set({ case: one.id })}
                onMark={() => mark(one.id)}
              />
            ))}
          </ul>
          <MorePages pages={pages} />
        </div>
        {shown ? (
          <CaseView
            key={shown.id}
            one={shown}
            onDecided={decided}
            onStale={pages.reload}
            onBack={() => set({ case: null })}
          />
        ) : (
          <div className="nothing-chosen">
            {id && !pages.loading && !pages.hasMore ? (
              <Empty>{say('caseNotHere')}</Empty>
            ) : (
              <p>{say('chooseCase')}</p>
            )}
          </div>
        )}
      </div>
    </>
  );
}

/** Reads on until the case of the address is in the list. */
function useFind(
  pages: { loading: boolean; hasMore: boolean; more: () => void; nodes: readonly unknown[] },
  isWanted: boolean,
  most: number,
) {
  useEffect(() => {
    if (isWanted && !pages.loading && pages.hasMore && pages.nodes.length < most * PAGE) pages.more();
  });
}

function Row({
  one,
  isCurrent,
  isMarked,
  canMark,
  onOpen,
  onMark,
}: {
  readonly one: Case;
  readonly isCurrent: boolean;
  readonly isMarked: boolean;
  readonly canMark: boolean;
  readonly onOpen: () => void;
  readonly onMark: () => void;
}) {
  const say = useWords();
  const name = say(`case_${one.kind}`);
  return (
    <li className={isCurrent ? 'current' : ''} data-case={one.id}>
      {canMark && (
        <input type="checkbox" aria-label={say('markCase', { name })} checked={isMarked} onChange={onMark} />
      )}
      <button type="button" aria-current={isCurrent} onClick={onOpen}>
        <b>{name}</b>
        <span className="quiet small">
          {one.closed ? (
            <>
              {say(`decision_${one.closed.decision}`)} · <When at={one.closed.at} />
            </>
          ) : (
            <When at={one.openedAt} />
          )}
          {one.maskedPhone && ` · ${one.maskedPhone}`}
          {one.unionScope && ` · ${one.unionScope}`}
        </span>
      </button>
    </li>
  );
}
