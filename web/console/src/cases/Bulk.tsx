// Many cases that are none: kept apart with one reason, one after another.
import { useRef, useState } from 'react';
import { Reason } from '../act';
import { send, type Failure } from '../api';
import { RESOLVE } from '../documents';
import { useWords } from '../language';
import { Problem } from '../parts';
import { failureOf } from '../query';
import type { Case } from './Inbox';

/** What one case may fail by without the others: it was decided meanwhile. */
const PASSED_OVER: ReadonlySet<string> = new Set(['CONFLICT_CLOSED', 'DECISION_DOES_NOT_FIT', 'NOT_FOUND']);

export function Bulk({
  cases,
  onDone,
  onForget,
}: {
  readonly cases: readonly Case[];
  readonly onDone: (what: string) => void;
  readonly onForget: () => void;
}) {
  const say = useWords();
  const [reason, setReason] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const underway = useRef(false);
  const submit = async () => {
    if (underway.current || !reason.trim()) return;
    underway.current = true;
    setFailure(null);
    let [kept, passed] = [0, 0];
    try {
      for (const { id } of cases) {
        setAt(kept + passed);
        try {
          await send(RESOLVE, { id, decision: 'KEEP_APART', reason: reason.trim(), keep: [] });
          kept += 1;
        } catch (error) {
          const met = failureOf(error);
          if (!PASSED_OVER.has(met.code)) throw met;
          passed += 1;
        }
      }
      onDone(passed ? say('bulkDoneSome', { count: kept, passed }) : say('bulkDone', { count: kept }));
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setAt(null);
      underway.current = false;
    }
  };
  return (
    <form
      className="card bulk"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <b>{say('marked', { count: cases.length })}</b>
      <Reason value={reason} onChange={setReason} />
      <button type="button" onClick={onForget}>
        {say('unmark')}
      </button>
      <button type="submit" className="primary" disabled={at !== null || !reason.trim()}>
        {at === null ? say('keepAllApart') : say('ofMany', { at: at + 1, count: cases.length })}
      </button>
      <Problem failure={failure} />
    </form>
  );
}
