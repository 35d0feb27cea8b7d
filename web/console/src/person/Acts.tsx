// What can be done with an account. Shown is what the operator's scopes allow.
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useNavigate } from 'react-router';
import { AskReason, useAct, Window } from '../act';
import { DISABLE, ENABLE, END_SESSIONS, ERASE, PHONE, SET_PHONE } from '../documents';
import { Icon } from '../icons';
import { useWords } from '../language';
import { Problem, Waiting } from '../parts';
import { useQuery } from '../query';
import { useMay } from '../scopes';
import type { User } from './Person';

type ActName = 'merge' | 'showPhone' | 'setPhone' | 'endSessions' | 'disable' | 'enable' | 'erase';

interface Props {
  readonly user: User;
  readonly onDone: (what: string) => void;
}

interface AskProps extends Props {
  readonly onClose: () => void;
}

export function Acts({ user, onDone }: Props) {
  const say = useWords();
  const may = useMay();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<ActName | null>(null);
  const isActive = user.status === 'ACTIVE';
  const acts: readonly ActName[] = [
    ...(may('USERS_READ_PHONE') && user.phoneBound ? (['showPhone'] as const) : []),
    ...(may('USERS_MANAGE') && isActive ? (['setPhone'] as const) : []),
    ...(may('USERS_DISABLE') ? (['endSessions', isActive ? 'disable' : 'enable'] as const) : []),
    ...(may('USERS_ERASE') ? (['erase'] as const) : []),
  ];
  const close = () => setAsked(null);
  const done = (what: string) => {
    close();
    onDone(what);
  };
  const props = { user, onDone: done, onClose: close };
  return (
    <div className="acts">
      {may('USERS_MANAGE') && isActive && (
        <button type="button" onClick={() => void navigate(`/merge?one=${user.id}`)}>
          {say('act_merge')}
        </button>
      )}
      {acts.length > 0 && (
        <MenuTrigger>
          <Button className="button" aria-label={say('moreActs')}>
            <Icon name="more" />
          </Button>
          <Popover placement="bottom end" className="popover">
            <Menu onAction={(key) => setAsked(key as ActName)} aria-label={say('moreActs')}>
              {acts.map((name) => (
                <MenuItem
                  key={name}
                  id={name}
                  className={name === 'disable' || name === 'erase' ? 'danger' : ''}
                >
                  {say(`act_${name}`)}
                </MenuItem>
              ))}
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
      {asked === 'showPhone' && <ShowPhone {...props} />}
      {asked === 'setPhone' && <SetPhone {...props} />}
      {asked === 'endSessions' && <EndSessions {...props} />}
      {asked === 'disable' && <Disable {...props} />}
      {asked === 'enable' && <Enable {...props} />}
      {asked === 'erase' && <Erase {...props} />}
    </div>
  );
}

function ShowPhone({ user, onClose }: AskProps) {
  const say = useWords();
  const [sure, setSure] = useState(false);
  const { data, failure, loading } = useQuery(PHONE, sure ? { id: user.id } : null);
  return (
    <Window title={say('act_showPhone')} onClose={onClose}>
      <div className="stack">
        <p>{say('showPhoneWhat')}</p>
        {loading && <Waiting rows={1} />}
        {data && <p className="big">{data.user?.phone ?? say('noPhone')}</p>}
        <Problem failure={failure} />
        <footer>
          <button type="button" onClick={onClose}>
            {say('close')}
          </button>
          {!data && (
            <button type="button" className="primary" disabled={loading} onClick={() => setSure(true)}>
              {say('act_showPhone')}
            </button>
          )}
        </footer>
      </div>
    </Window>
  );
}

function SetPhone({ user, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(SET_PHONE);
  const [phone, setPhone] = useState('');
  return (
    <AskReason
      title={say('act_setPhone')}
      lead={say('setPhoneWhat', { phone: user.maskedPhone ?? say('noPhone') })}
      confirm={say('act_setPhone')}
      act={act}
      send={(reason) => act.run({ id: user.id, phone: phone.trim(), reason })}
      onDone={({ setPhone: { pending, changed, endedSessions } }) =>
        onDone(
          pending
            ? say('nowPending')
            : say(changed ? 'phoneWasSet' : 'phoneWasSame', { count: endedSessions }),
        )
      }
      onClose={onClose}
    >
      <label className="field wide">
        <span>{say('newNumber')}</span>
        <input
          type="tel"
          required
          autoFocus
          autoComplete="off"
          value={phone}
          onChange={(event) => setPhone(event.target.value)}
        />
      </label>
    </AskReason>
  );
}

export function EndSessions({ user, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(END_SESSIONS);
  return (
    <AskReason
      title={say('act_endSessions')}
      lead={say('endSessionsWhat')}
      confirm={say('act_endSessions')}
      act={act}
      send={(reason) => act.run({ id: user.id, reason })}
      onDone={({ endSessions }) => onDone(say('sessionsEnded', { count: endSessions.endedSessions }))}
      onClose={onClose}
    />
  );
}

function Disable({ user, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(DISABLE);
  return (
    <AskReason
      title={say('act_disable')}
      lead={say('disableWhat')}
      confirm={say('act_disable')}
      danger
      act={act}
      send={(reason) => act.run({ id: user.id, reason })}
      onDone={({ disableUser }) =>
        onDone(
          disableUser.changed
            ? say('wasDisabled', { count: disableUser.endedSessions })
            : say('wasDisabledBefore'),
        )
      }
      onClose={onClose}
    />
  );
}

function Enable({ user, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(ENABLE);
  return (
    <AskReason
      title={say('act_enable')}
      lead={say('enableWhat')}
      confirm={say('act_enable')}
      act={act}
      send={(reason) => act.run({ id: user.id, reason })}
      onDone={({ enableUser }) => onDone(say(enableUser.changed ? 'wasEnabled' : 'wasEnabledBefore'))}
      onClose={onClose}
    />
  );
}

function Erase({ user, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(ERASE);
  const [typed, setTyped] = useState('');
  const wanted = user.id.slice(-4);
  return (
    <AskReason
      title={say('act_erase')}
      lead={say('eraseWhat')}
      confirm={say('act_erase')}
      danger
      act={act}
      send={(reason) => (typed.trim() === wanted ? act.run({ id: user.id, reason }) : Promise.resolve(null))}
      onDone={({ eraseUser: { pending, changed } }) =>
        onDone(say(pending ? 'nowPending' : changed ? 'wasErased' : 'wasErasedBefore'))
      }
      onClose={onClose}
    >
      <p className="note warn">{say('eraseNames')}</p>
      <label className="field wide">
        <span>{say('eraseType', { wanted })}</span>
        <input
          required
          autoFocus
          pattern={wanted}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
    </AskReason>
  );
}
