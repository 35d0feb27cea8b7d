// Who did what: the audit log, with filters and a file for Excel.
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { send, type Failure } from './api';
import { auditRows, type AuditEvent } from './auditRows';
import { csv } from './csv';
import { AUDIT } from './documents';
import { download } from './file';
import type { AuditAction, AuditQuery } from './generated';
import { Icon } from './icons';
import { useWords } from './language';
import { Choose, Empty, MorePages, Note, PersonLink, Problem, Title, Waiting, When } from './parts';
import { failureOf, usePages } from './query';
import { useMay } from './scopes';
import { AUDIT_ACTIONS } from './words';

/** How many events a file has at most. Excel opens a million rows; the service answers a hundred at a time. */
const MOST = 20_000;
const DAYS = ['', '1', '7', '30'] as const;

export function Audit() {
  const say = useWords();
  const may = useMay();
  if (!may('AUDIT_READ')) return <Note icon="warn">{say('noScope')}</Note>;
  return <Events />;
}

function Events() {
  const say = useWords();
  const [params, setParams] = useSearchParams();
  const action = (params.get('action') ?? '') as AuditAction | '';
  const user = params.get('user') ?? '';
  const [typed, setTyped] = useState(user);
  const [days, setDays] = useState<(typeof DAYS)[number]>('');
  const [since, setSince] = useState<string | null>(null);
  const filter = { ...(action && { action: [action] }), ...(user && { user }), ...(since && { since }) };
  const pages = usePages(AUDIT, { filter, first: 50 }, (data) => data.auditEvents);
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value) next.set(name, value);
    else next.delete(name);
    setParams(next, { replace: true });
  };
  return (
    <>
      <Title text={say('audit')} side={<SaveCsv filter={filter} />}>
        <p className="quiet">{say('auditHow')}</p>
      </Title>
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          set('user', typed.trim());
        }}
      >
        <Choose
          label={say('action')}
          value={action}
          options={[['', say('all')], ...AUDIT_ACTIONS.map((one) => [one, say(`audit_${one}`)] as const)]}
          onChange={(value) => set('action', value)}
        />
        <label className="field">
          <span>{say('ofPerson')}</span>
          <input
            type="search"
            placeholder="usr_…"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              if (!event.target.value) set('user', '');
            }}
          />
        </label>
        <Choose
          label={say('time')}
          value={days}
          options={DAYS.map(
            (count) =>
              [
                count,
                count ? say(count === '1' ? 'last24Hours' : 'lastDays', { count }) : say('anyTime'),
              ] as const,
          )}
          onChange={(count) => {
            setDays(count);
            setSince(count ? new Date(Date.now() - Number(count) * 86_400_000).toISOString() : null);
          }}
        />
      </form>
      {pages.loading && !pages.nodes.length && <Waiting rows={6} />}
      {!pages.loading && !pages.failure && !pages.nodes.length && <Empty>{say('noEvents')}</Empty>}
      {pages.nodes.length > 0 && (
        <ul className="rows boxed audit">
          {pages.nodes.map((event) => (
            <Row key={event.id} event={event} />
          ))}
        </ul>
      )}
      <MorePages pages={pages} />
    </>
  );
}

function Row({
  event: { at, action, actor, actorName, userId, app, detail },
}: {
  readonly event: AuditEvent;
}) {
  const say = useWords();
  const entries = Object.entries(Object(detail) as Record<string, unknown>);
  const actors = { person: say('actor_PERSON'), system: say('actor_system'), command: say('actor_command') };
  return (
    <li data-action={action}>
      <When at={at} exact />
      <span className="main">
        <b>{say(`audit_${action}`)}</b>
        <span className="chips">
          {userId && <PersonLink id={userId} />}
          {app && <code>{app}</code>}
          {entries.map(([name, value]) => (
            <span className="detail" key={name}>
              <span className="quiet">{name}</span> {textOf(value)}
            </span>
          ))}
        </span>
      </span>
      <span className="quiet end">
        {actorName ?? actors[actor as keyof typeof actors] ?? <code>{actor.replace('operator:', '')}</code>}
      </span>
    </li>
  );
}

/** A value of the details: texts and lists of texts as they are, anything else as JSON. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? value.join(', ')
    : JSON.stringify(value);
}

function SaveCsv({ filter }: { readonly filter: { user?: string; action?: AuditAction[]; since?: string } }) {
  const say = useWords();
  const [count, setCount] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [cut, setCut] = useState(false);
  const underway = useRef(false);
  const save = async () => {
    if (underway.current) return;
    underway.current = true;
    setFailure(null);
    const events: AuditEvent[] = [];
    try {
      let after: string | null = null;
      do {
        setCount(events.length);
        const { auditEvents: page }: AuditQuery = await send(AUDIT, { filter, first: 100, after });
        events.push(...(page?.nodes ?? []));
        after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null && events.length < MOST);
      setCut(after !== null);
      download(
        `guiyi-audit-${new Date().toISOString().slice(0, 10)}.csv`,
        'text/csv',
        csv(auditRows(events)),
      );
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setCount(null);
      underway.current = false;
    }
  };
  return (
    <div className="save">
      <button type="button" disabled={count !== null} onClick={() => void save()}>
        <Icon name="download" />
        {count === null ? say('saveCsv') : say('eventsRead', { count })}
      </button>
      {cut && <p className="quiet small">{say('csvCut', { count: MOST })}</p>}
      <Problem failure={failure} />
    </div>
  );
}
