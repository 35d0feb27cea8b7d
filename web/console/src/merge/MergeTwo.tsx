// The merge of two accounts: find the second one, compare, choose, confirm.
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { Reason, useAct } from '../act';
import { COMPARE, FIND, MERGE, TWO } from '../documents';
import { Found } from '../Found';
import { Icon } from '../icons';
import { useWords } from '../language';
import { Empty, MorePages, Note, Problem, Status, Title, Waiting } from '../parts';
import { usePages, useQuery } from '../query';
import { useMay } from '../scopes';
import { cleaned } from '../SearchBox';
import { choicesOf, type Chosen, type Preview } from './choices';
import { Choices, Obstacles } from './Choices';
import { Sides } from './Sides';

export function MergeTwo() {
  const say = useWords();
  const may = useMay();
  const [params] = useSearchParams();
  const one = params.get('one') ?? '';
  const other = params.get('other') ?? '';
  if (!may('USERS_MANAGE')) return <Note icon="warn">{say('noScope')}</Note>;
  return (
    <>
      <Title text={say('mergeTitle')}>
        <p className="quiet">{say('mergeHow')}</p>
      </Title>
      {other ? <Compare key={`${one} ${other}`} one={one} other={other} /> : <FindOther one={one} />}
    </>
  );
}

/** Finds the second account. */
function FindOther({ one }: { readonly one: string }) {
  const say = useWords();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const pages = usePages(FIND, asked ? { search: asked, first: 10 } : null, (data) => data.people);
  const others = pages.nodes.filter(({ user }) => user.id !== one);
  return (
    <section className="card narrow">
      <h2>{say('findOther')}</h2>
      <form
        role="search"
        className="search inner"
        aria-label={say('findOther')}
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(cleaned(text));
        }}
      >
        <Icon name="search" />
        <input
          type="search"
          autoFocus
          aria-label={say('searchOther')}
          placeholder={say('searchOther')}
          maxLength={300}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit">{say('search')}</button>
      </form>
      {pages.loading && <Waiting rows={2} />}
      {asked && !pages.loading && !pages.failure && !others.length && (
        <Empty>{say(pages.nodes.length ? 'onlyItself' : 'foundNone')}</Empty>
      )}
      <ul className="people">
        {others.map((person) => (
          <li key={person.user.id}>
            <Link to={`/merge?one=${one}&other=${person.user.id}`} replace data-person={person.user.id}>
              <Found person={person} />
              <span className="facts end">
                <Status status={person.user.status} />
                <span>{person.user.maskedPhone}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <MorePages pages={pages} />
    </section>
  );
}

function Compare({ one, other }: { readonly one: string; readonly other: string }) {
  const may = useMay();
  const preview = useQuery(COMPARE, { one, other });
  const two = useQuery(TWO, { one, other, orders: may('ORDERS_READ') });
  const reload = () => {
    preview.reload();
    two.reload();
  };
  if (preview.failure) return <Problem failure={preview.failure} retry={reload} />;
  const shown = preview.data?.mergePeoplePreview;
  if (!shown || !two.data)
    return two.failure ? <Problem failure={two.failure} retry={reload} /> : <Waiting rows={8} />;
  return <Confirm preview={shown} two={two.data} reload={reload} />;
}

/** What says that the accounts are no longer what the page shows. */
const CHANGED: ReadonlySet<string> = new Set([
  'INVALID_INPUT',
  'MERGE_CHOICE_REQUIRED',
  'LIMIT_BROKEN',
  'ACCOUNT_CLOSED',
  'NOT_FOUND',
  'REQUEST_PENDING',
]);

function Confirm({
  preview,
  two: { one, other },
  reload,
}: {
  readonly preview: Preview;
  readonly two: {
    readonly one: Parameters<typeof Sides>[0]['one'];
    readonly other: Parameters<typeof Sides>[0]['other'];
  };
  readonly reload: () => void;
}) {
  const say = useWords();
  const navigate = useNavigate();
  const act = useAct(MERGE);
  const [survivor, setSurvivor] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Chosen>({});
  const [reason, setReason] = useState('');
  const remains = survivor ?? preview.survivor;
  const keep = choicesOf(preview.clashes, chosen);
  const isPossible = preview.obstacles.length === 0;
  const submit = async () => {
    if (!keep || !reason.trim()) return;
    const [user, beside] = [preview.user.id, preview.other.id];
    const done = await act.run({ one: user, other: beside, reason: reason.trim(), survivor: remains, keep });
    if (!done) return;
    const { survivorId, mergeId, pending } = done.mergePeople;
    const state = pending ? { done: say('nowPending') } : { merge: mergeId };
    void navigate(`/people/${survivorId}`, { state });
  };
  const hasChanged = act.failure !== null && CHANGED.has(act.failure.code);
  return (
    <>
      {isPossible || <Obstacles preview={preview} />}
      <h2 className="visually-hidden">{say('bothAccounts')}</h2>
      <Sides
        one={one}
        other={other}
        mark={({ id }) =>
          isPossible && (
            <span className={`tag ${id === remains ? 'good' : ''}`}>
              {say(id === remains ? 'remains' : 'goesIn')}
            </span>
          )
        }
      />
      {isPossible && (
        <form
          className="card stack decide"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Choices
            preview={preview}
            one={one}
            other={other}
            survivor={remains}
            onSurvivor={setSurvivor}
            chosen={chosen}
            onChosen={setChosen}
          />
          <Reason value={reason} onChange={setReason} />
          <Problem failure={act.failure} />
          {hasChanged && (
            <Note kind="warn" icon="warn">
              {say('changedMeanwhile')}{' '}
              <button
                type="button"
                onClick={() => {
                  act.forget();
                  reload();
                }}
              >
                {say('lookAgain')}
              </button>
            </Note>
          )}
          <footer>
            <Link className="button" to={`/people/${preview.user.id}`}>
              {say('cancel')}
            </Link>
            <button type="submit" className="primary" disabled={act.busy || !keep || !reason.trim()}>
              {say(act.busy ? 'sending' : 'mergeNow')}
            </button>
          </footer>
        </form>
      )}
    </>
  );
}
