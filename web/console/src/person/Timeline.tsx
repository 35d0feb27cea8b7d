// What happened to an account, in words, with the rule and the evidence, and the way back where there is one.
import { useState } from 'react';
import { short } from '../format';
import { useWords } from '../language';
import { Empty, Id, MorePages, PersonLink, Waiting, When } from '../parts';
import { useMay } from '../scopes';
import type { User } from './Person';
import { tell, type Entry } from './timeline';
import { AskUndo } from './UndoBanner';
import { WouldMerge } from './WouldMerge';
import type { History } from './useHistory';

interface Props {
  readonly user: User;
  readonly history: History;
  readonly onPending: (what: string) => void;
}

export function Timeline({ user, history, onPending }: Props) {
  const say = useWords();
  const may = useMay();
  const [asked, setAsked] = useState<{ merge: string; formerId: string } | null>(null);
  if (history.loading && !history.entries.length) return <Waiting rows={6} />;
  return (
    <section>
      {!history.entries.length && !history.failure && <Empty>{say('noHistory')}</Empty>}
      <EntryList
        entries={history.entries}
        former={new Set(user.aliases?.map(({ id }) => id))}
        acts={(entry, kind) => {
          const merge = user.merges?.find(({ id }) => id === entry.id);
          return (
            <>
              {kind === 'merge' && may('USERS_READ') && <WouldMerge merge={entry.id} />}
              {merge && may('USERS_WRITE') && (
                <button type="button" onClick={() => setAsked({ merge: merge.id, formerId: merge.formerId })}>
                  {say('undoMerge')}
                  <span className="quiet small">
                    {' '}
                    {say('until')} <When at={merge.undoableUntil} exact />
                  </span>
                </button>
              )}
            </>
          );
        }}
      />
      <MorePages pages={history} />
      {asked && <AskUndo {...asked} onPending={onPending} onClose={() => setAsked(null)} />}
    </section>
  );
}

/** Entries of a journal, newest first. */
export function EntryList({
  entries,
  former,
  acts,
  dense = false,
}: {
  readonly entries: readonly Entry[];
  readonly former: ReadonlySet<string>;
  readonly acts?: (entry: Entry, kind: string) => React.ReactNode;
  readonly dense?: boolean;
}) {
  const say = useWords();
  return (
    <ol className={dense ? 'timeline dense' : 'timeline'}>
      {entries.map((entry) => {
        const { kind, text } = tell(entry, entries, former, say);
        const { evidence } = entry;
        return (
          <li key={entry.id} className={`${kind} ${entry.undoneAt ? 'undone' : ''}`} data-rule={entry.rule}>
            <p>
              <b>{text}</b>
              {entry.undoneAt && <span className="tag">{say('undoneTag')}</span>}
            </p>
            <p className="quiet small">
              <When at={entry.at} exact /> · {say(`actor_${entry.actor}`)} ·{' '}
              <span title={say(`rule_${entry.rule}`)}>
                {say('rule')} {entry.rule}
              </span>
              {entry.undoneAt && (
                <>
                  {' · '}
                  {say('undoneAt')} <When at={entry.undoneAt} exact />
                </>
              )}
            </p>
            {!dense && <p className="rule-text small">{say(`rule_${entry.rule}`)}</p>}
            {evidence.reason && <blockquote>{evidence.reason}</blockquote>}
            {!dense && (
              <p className="evidence small">
                {evidence.openId && (
                  <span>
                    openId <Id value={evidence.openId} />
                  </span>
                )}
                {evidence.unionId && (
                  <span>
                    unionId <Id value={evidence.unionId} />
                  </span>
                )}
                {evidence.maskedPhone && <span>{evidence.maskedPhone}</span>}
                {evidence.externalId && (
                  <span>
                    {say('node_externalId')} <code>{evidence.externalId}</code>
                  </span>
                )}
                {entry.otherUserId && (
                  <span>
                    {say('otherAccount')}{' '}
                    <PersonLink id={entry.otherUserId}>{short(entry.otherUserId)}</PersonLink>
                  </span>
                )}
              </p>
            )}
            {acts?.(entry, kind)}
          </li>
        );
      })}
    </ol>
  );
}
