// Finds people by whatever the customer says, and tells what was found and why.
import { useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { FIND } from './documents';
import { Found, type Person } from './Found';
import { Icon } from './icons';
import { useKeys } from './keys';
import { useWords } from './language';
import { Empty, MorePages, Note, Status, Title, Waiting, When } from './parts';
import { usePages } from './query';
import { useMay } from './scopes';
import { MOVE, OPEN_FIRST } from './SearchBox';
import type { Word } from './words';

const PAGE = 20;

export function Search() {
  const may = useMay();
  const say = useWords();
  const [params] = useSearchParams();
  const text = params.get('q') ?? '';
  if (!may('USERS_READ')) return <Note icon="warn">{say('noScope')}</Note>;
  return text ? <Results key={text} text={text} /> : <Start />;
}

function Start() {
  const say = useWords();
  const kinds: readonly Word[] = ['byPhone', 'byOrder', 'byOpenId', 'byExternalId', 'byNickname', 'byUserId'];
  return (
    <div className="start">
      <Title text={say('whoCalls')}>
        <p className="quiet">{say('whoCallsHow')}</p>
      </Title>
      <ul className="kinds">
        {kinds.map((word) => (
          <li key={word}>
            <b>{say(word)}</b>
            <code>{say(`${word}Example` as Word)}</code>
          </li>
        ))}
      </ul>
      <p className="quiet">{say('startKeys')}</p>
    </div>
  );
}

function Results({ text }: { readonly text: string }) {
  const say = useWords();
  const navigate = useNavigate();
  const pages = usePages(FIND, { search: text, first: PAGE }, (data) => data.people);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const { nodes } = pages;
  const open = (person = nodes[at]) => person && void navigate(`/people/${person.user.id}`);
  const move = (step: number) => setAt((before) => Math.max(0, Math.min(nodes.length - 1, before + step)));
  useKeys({ j: () => move(1), k: () => move(-1), o: () => open() });
  useEffect(() => {
    const openFirst = () => open();
    const moved = (event: Event) => move((event as CustomEvent<number>).detail);
    addEventListener(OPEN_FIRST, openFirst);
    addEventListener(MOVE, moved);
    return () => {
      removeEventListener(OPEN_FIRST, openFirst);
      removeEventListener(MOVE, moved);
    };
  });
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const count = nodes.length;
  return (
    <>
      <Title text={say('resultsFor', { text })}>
        {count > 0 && (
          <p className="quiet" role="status">
            {pages.hasMore ? say('foundMore', { count }) : say('foundAll', { count })}
          </p>
        )}
      </Title>
      {pages.loading && count === 0 && <Waiting rows={4} />}
      {count > 0 && (
        <ul className="people" ref={list}>
          {nodes.map((person, index) => (
            <Row key={person.user.id} person={person} isCurrent={index === at} onPoint={() => setAt(index)} />
          ))}
        </ul>
      )}
      {!pages.loading && !pages.failure && count === 0 && <Nothing />}
      <MorePages pages={pages} />
    </>
  );
}

function Row({
  person,
  isCurrent,
  onPoint,
}: {
  readonly person: Person;
  readonly isCurrent: boolean;
  readonly onPoint: () => void;
}) {
  const { user } = person;
  const say = useWords();
  return (
    <li className={isCurrent ? 'current' : ''} onMouseEnter={onPoint}>
      <Link to={`/people/${user.id}`} data-person={user.id} onFocus={onPoint}>
        <Found person={person} />
        <span className="facts">
          <span>{user.maskedPhone ?? <span className="quiet">{say('noPhone')}</span>}</span>
          <span className="quiet">
            {[...new Set((user.openIds ?? []).map(({ app }) => app))].join(' · ')}
          </span>
        </span>
        <span className="facts end">
          <Status status={user.status} />
          <span className="quiet">
            {say('since')} <When at={user.createdAt} />
          </span>
        </span>
        <Icon name="arrow" />
      </Link>
    </li>
  );
}

function Nothing() {
  const say = useWords();
  return (
    <Empty>
      <b>{say('foundNone')}</b>
      <br />
      {say('foundNoneHow')}
    </Empty>
  );
}
