// After a merge: what was done, and the way back.
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { AskReason, useAct } from '../act';
import { UNDO } from '../documents';
import { short } from '../format';
import { useWords } from '../language';
import { Note, PersonLink, When } from '../parts';
import { useMay } from '../scopes';
import type { User } from './Person';

interface Props {
  readonly user: User;
  readonly merge: string;
  readonly onPending: (what: string) => void;
}

export function UndoBanner({ user, merge, onPending }: Props) {
  const say = useWords();
  const may = useMay();
  const [asked, setAsked] = useState(false);
  const found = user.merges?.find(({ id }) => id === merge);
  // Undone in between, by this operator or another one.
  if (!found) return null;
  return (
    <Note kind="good" icon="check">
      <p>
        <b>{say('mergedNow')}</b> {say('mergedFormer')} <PersonLink id={found.formerId} />
      </p>
      <p>
        {say('undoableUntil')} <When at={found.undoableUntil} exact />{' '}
        {may('USERS_WRITE') && (
          <button type="button" onClick={() => setAsked(true)}>
            {say('undoMerge')}
          </button>
        )}
      </p>
      {asked && (
        <AskUndo
          merge={found.id}
          formerId={found.formerId}
          onPending={onPending}
          onClose={() => setAsked(false)}
        />
      )}
    </Note>
  );
}

/** Asks for the reason, undoes the merge, and leads to the restored account; or tells that a second operator must approve. */
export function AskUndo({
  merge,
  formerId,
  onPending,
  onClose,
}: {
  readonly merge: string;
  readonly formerId: string;
  readonly onPending: (what: string) => void;
  readonly onClose: () => void;
}) {
  const say = useWords();
  const act = useAct(UNDO);
  const navigate = useNavigate();
  return (
    <AskReason
      title={say('undoMerge')}
      lead={say('undoWhat', { former: short(formerId) })}
      confirm={say('undoMerge')}
      act={act}
      send={(reason) => act.run({ id: merge, reason })}
      onDone={({ undoMerge: { pending, restoredId } }) => {
        onClose();
        if (pending) onPending(say('nowPending'));
        else {
          const done = say('undone', { restored: short(restoredId) });
          void navigate(`/people/${restoredId}`, { state: { done } });
        }
      }}
      onClose={onClose}
    />
  );
}
