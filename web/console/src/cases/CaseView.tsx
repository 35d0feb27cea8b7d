// One case: what happened, both accounts, and the decisions that fit.
import { useState } from 'react';
import { Radio, RadioGroup } from 'react-aria-components';
import { Reason, useAct } from '../act';
import { COMPARE, RESOLVE, TWO } from '../documents';
import type { ConflictDecision } from '../generated';
import { Icon } from '../icons';
import { useKeys } from '../keys';
import { useWords } from '../language';
import { choicesOf, type Chosen } from '../merge/choices';
import { Choices, Obstacles } from '../merge/Choices';
import { Sides } from '../merge/Sides';
import { Id, Note, Problem, Waiting, When } from '../parts';
import { useQuery } from '../query';
import { useMay } from '../scopes';
import type { Case } from './Inbox';

interface Props {
  readonly one: Case;
  readonly onDecided: (what: string) => void;
  readonly onStale: () => void;
  readonly onBack: () => void;
}

/** What says that the case or its accounts are no longer what the page shows. */
const STALE: ReadonlySet<string> = new Set([
  'CONFLICT_CLOSED',
  'DECISION_DOES_NOT_FIT',
  'MERGE_CHOICE_REQUIRED',
  'LIMIT_BROKEN',
  'ACCOUNT_CLOSED',
  'NOT_FOUND',
  'INVALID_INPUT',
  'REQUEST_PENDING',
]);

export function CaseView({ one, onDecided, onStale, onBack }: Props) {
  const say = useWords();
  const may = useMay();
  const other = one.otherUserId ?? one.userId;
  const two = useQuery(TWO, { one: one.userId, other, orders: may('ORDERS_READ') });
  const isPair = one.otherUserId !== null;
  return (
    <article className="case" data-open={one.closed === null}>
      <header>
        <button type="button" className="bare back" onClick={onBack}>
          <Icon name="back" />
          {say('allCases')}
        </button>
        <h2>{say(`case_${one.kind}`)}</h2>
        <p>{say(`case_${one.kind}_what`)}</p>
        <p className="line quiet small">
          <span>
            {say('openedAt')} <When at={one.openedAt} exact />
          </span>
          {one.maskedPhone && <span>{one.maskedPhone}</span>}
          {one.unionId && (
            <span>
              {one.unionScope} <Id value={one.unionId} />
            </span>
          )}
          <Id value={one.id} />
        </p>
      </header>
      {one.closed && (
        <Note icon="check">
          <p>
            <b>{say(`decision_${one.closed.decision}`)}</b> · <When at={one.closed.at} exact /> ·{' '}
            <code>{one.closed.by}</code>
          </p>
          {one.closed.reason && <blockquote>{one.closed.reason}</blockquote>}
        </Note>
      )}
      {two.failure && <Problem failure={two.failure} retry={two.reload} />}
      {two.loading && !two.data && <Waiting rows={6} />}
      {two.data && <Sides one={two.data.one} other={isPair ? two.data.other : null} />}
      {!one.closed && may('CONFLICTS_WRITE') && two.data && (
        <Decide
          one={one}
          two={two.data}
          onDecided={onDecided}
          onStale={() => {
            onStale();
            two.reload();
          }}
        />
      )}
    </article>
  );
}

function Decide({
  one,
  two,
  onDecided,
  onStale,
}: {
  readonly one: Case;
  readonly two: Pick<Parameters<typeof Sides>[0], 'one' | 'other'>;
  readonly onDecided: (what: string) => void;
  readonly onStale: () => void;
}) {
  const say = useWords();
  const act = useAct(RESOLVE);
  const [decision, setDecision] = useState<ConflictDecision | null>(null);
  const [survivor, setSurvivor] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Chosen>({});
  const [reason, setReason] = useState('');
  const wantsPreview = decision === 'MERGE' && one.otherUserId !== null;
  const compared = useQuery(COMPARE, wantsPreview ? { one: one.userId, other: one.otherUserId } : null);
  const preview = compared.data?.mergePeoplePreview;
  const pick = (index: number) => () => {
    const wanted = one.decisions[index];
    if (wanted) setDecision(wanted);
  };
  useKeys({ 1: pick(0), 2: pick(1), 3: pick(2), 4: pick(3) });
  const keep = decision !== 'MERGE' ? [] : preview ? choicesOf(preview.clashes, chosen) : null;
  const isBlocked = decision === 'MERGE' && (preview?.obstacles.length ?? 1) > 0;
  const submit = async () => {
    if (!decision || !keep || isBlocked) return;
    const isMerge = decision === 'MERGE' && preview;
    const done = await act.run({
      id: one.id,
      decision,
      reason: reason.trim(),
      keep,
      ...(isMerge && { survivor: survivor ?? preview.survivor }),
    });
    if (!done) return;
    const decided = say('caseDecided', { decision: say(`decision_${decision}`) });
    onDecided(done.resolveConflict.pending ? say('nowPending') : decided);
  };
  const isStale = act.failure !== null && STALE.has(act.failure.code);
  return (
    <form
      className="card stack decide"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <RadioGroup
        className="choices"
        aria-label={say('decide')}
        value={decision}
        onChange={(value) => setDecision(value as ConflictDecision)}
      >
        <h3>{say('decide')}</h3>
        {one.decisions.map((name, index) => (
          <Radio key={name} value={name} className="choice" data-decision={name}>
            <b>
              <kbd aria-hidden="true">{index + 1}</kbd> {say(`decision_${name}`)}
            </b>
            <span className="quiet">{say(`decision_${name}_what`)}</span>
          </Radio>
        ))}
      </RadioGroup>
      {wantsPreview && compared.loading && <Waiting rows={2} />}
      {wantsPreview && <Problem failure={compared.failure} retry={compared.reload} />}
      {wantsPreview && preview && preview.obstacles.length > 0 && <Obstacles preview={preview} />}
      {wantsPreview && preview && preview.obstacles.length === 0 && (
        <Choices
          preview={preview}
          one={two.one}
          other={two.other}
          survivor={survivor ?? preview.survivor}
          onSurvivor={setSurvivor}
          chosen={chosen}
          onChosen={setChosen}
        />
      )}
      <Reason value={reason} onChange={setReason} />
      <Problem failure={act.failure} />
      {isStale && (
        <Note kind="warn" icon="warn">
          {say('caseChanged')}{' '}
          <button
            type="button"
            onClick={() => {
              act.forget();
              onStale();
            }}
          >
            {say('lookAgain')}
          </button>
        </Note>
      )}
      <footer>
        <button
          type="submit"
          className="primary"
          disabled={act.busy || !decision || !keep || isBlocked || !reason.trim()}
        >
          {say(act.busy ? 'sending' : 'closeCase')}
        </button>
      </footer>
    </form>
  );
}
