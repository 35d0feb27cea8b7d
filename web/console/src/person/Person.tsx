// One person: who it is, what belongs to them, what happened, and what can be done.
import { useEffect, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link, useLocation, useNavigate, useParams } from 'react-router';
import { PERSON } from '../documents';
import { short } from '../format';
import type { PersonQuery } from '../generated';
import { Icon } from '../icons';
import { useKeys } from '../keys';
import { useWords } from '../language';
import { Empty, Face, Id, Note, Problem, Status, Title, Waiting, When } from '../parts';
import { useQuery } from '../query';
import { useMay } from '../scopes';
import { CasesOf } from './CasesOf';
import { Acts } from './Acts';
import { Devices } from './Devices';
import { Graph } from './Graph';
import { Messages } from './Messages';
import { Orders } from './Orders';
import { Overview } from './Overview';
import { Timeline } from './Timeline';
import { UndoBanner } from './UndoBanner';
import { useHistory } from './useHistory';

export type User = NonNullable<PersonQuery['user']>;

const TABS = ['overview', 'graph', 'orders', 'timeline', 'devices', 'messages', 'cases'] as const;
type TabName = (typeof TABS)[number];

/** What another screen tells this one when it leads here. */
export interface Arrival {
  /** The account that the link named, which was merged into this one. */
  readonly former?: string;
  /** The merge that was just made. */
  readonly merge?: string;
  /** What was just done, in words. */
  readonly done?: string;
}

export default function Person() {
  const { id = '', tab } = useParams();
  const navigate = useNavigate();
  const may = useMay();
  const location = useLocation();
  const arrival = (location.state ?? {}) as Arrival;
  const person = useQuery(PERSON, { id, orders: may('ORDERS_READ'), cases: may('CONFLICTS_READ') });
  const user = person.data?.user;
  const shown: TabName = TABS.find((name) => name === tab) ?? 'overview';
  useEffect(() => {
    if (user && user.id !== id)
      void navigate(`/people/${user.id}${tab ? `/${tab}` : ''}`, {
        replace: true,
        state: { ...arrival, former: id },
      });
    // Only what the service answered decides; the rest of the place is as it was.
  }, [user, id]);
  if (person.failure && !person.data) return <Problem failure={person.failure} retry={person.reload} />;
  if (!person.data) return <Waiting rows={6} />;
  if (!user) return <Gone id={id} />;
  return <Page key={user.id} user={user} tab={shown} arrival={arrival} reload={person.reload} />;
}

interface PageProps {
  readonly user: User;
  readonly tab: TabName;
  readonly arrival: Arrival;
  readonly reload: () => void;
}

function Page({ user, tab, arrival, reload }: PageProps) {
  const say = useWords();
  const may = useMay();
  const navigate = useNavigate();
  const history = useHistory(user.id);
  const [done, setDone] = useState<string | null>(arrival.done ?? null);
  const tabs = TABS.filter(
    (name) => (name !== 'orders' || may('ORDERS_READ')) && (name !== 'cases' || may('CONFLICTS_READ')),
  );
  const changed = (what: string) => {
    setDone(what);
    reload();
    history.reload();
  };
  useEffect(() => {
    // On a phone the tabs are wider than the screen.
    document
      .querySelector('[role=tab][aria-selected=true]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [tab]);
  useKeys({ m: () => may('USERS_MANAGE') && void navigate(`/merge?one=${user.id}`) });
  const openCases = user.conflicts?.nodes.filter(({ closed }) => !closed).length ?? 0;
  const counts: Partial<Record<TabName, number | null>> = {
    orders: user.orders?.totalCount ?? null,
    devices: user.sessions?.length ?? null,
    cases: openCases || null,
  };
  return (
    <>
      <Head user={user} reload={reload} onDone={changed} />
      {arrival.former && (
        <Note kind="warn" icon="arrow">
          {say('mergedLink', { former: short(arrival.former) })}
        </Note>
      )}
      {arrival.merge && <UndoBanner user={user} merge={arrival.merge} onPending={changed} />}
      {done && (
        <Note kind="good" icon="check">
          {done}
        </Note>
      )}
      {user.erasure && (
        <Note kind="warn" icon="warn">
          {say(`erasure_${user.erasure.cause}`)} <When at={user.erasure.dueAt} exact />
        </Note>
      )}
      {openCases > 0 && tab !== 'cases' && (
        <Note kind="warn" icon="cases">
          {say('openCases', { count: openCases })}{' '}
          <Link to={`/people/${user.id}/cases`}>{say('lookAtCases')}</Link>
        </Note>
      )}
      <Tabs
        className="tabs"
        selectedKey={tab}
        onSelectionChange={(key) =>
          void navigate(`/people/${user.id}/${key}`, {
            replace: true,
            state: { former: arrival.former, merge: arrival.merge },
          })
        }
      >
        <TabList aria-label={say('aboutPerson')}>
          {tabs.map((name) => (
            <Tab key={name} id={name}>
              {say(`tab_${name}`)}
              {counts[name] != null && <span className="count">{counts[name]}</span>}
            </Tab>
          ))}
        </TabList>
        {tabs.map((name) => (
          <TabPanel key={name} id={name}>
            {name === 'overview' && <Overview user={user} />}
            {name === 'graph' &&
              (history.loading && !history.entries.length ? (
                <Waiting rows={6} />
              ) : (
                <Graph user={user} entries={history.entries} />
              ))}
            {name === 'orders' && <Orders user={user} />}
            {name === 'timeline' && <Timeline user={user} history={history} onPending={changed} />}
            {name === 'devices' && <Devices user={user} onDone={changed} />}
            {name === 'messages' && <Messages id={user.id} />}
            {name === 'cases' && <CasesOf user={user} />}
          </TabPanel>
        ))}
      </Tabs>
    </>
  );
}

function Head({
  user,
  onDone,
}: {
  readonly user: User;
  readonly reload: () => void;
  readonly onDone: (what: string) => void;
}) {
  const say = useWords();
  const name = user.nickname ?? say('noNickname');
  return (
    <div className="person-head">
      <Face name={user.nickname} id={user.id} />
      <Title text={name} side={<Acts user={user} onDone={onDone} />}>
        <p className="line">
          <Status status={user.status} />
          <span className="nowrap">
            {user.maskedPhone ?? <span className="quiet">{say('noPhone')}</span>}
          </span>
          {user.externalId && (
            <span>
              {say('node_externalId')} <code>{user.externalId}</code>
            </span>
          )}
          <span className="quiet">
            {say('since')} <When at={user.createdAt} exact />
          </span>
          <Id value={user.id} />
        </p>
      </Title>
    </div>
  );
}

function Gone({ id }: { readonly id: string }) {
  const say = useWords();
  return (
    <>
      <Title text={say('noSuchPerson')} />
      <Empty>
        <code>{id}</code>
        <br />
        {say('noSuchPersonWhy')}
        <br />
        <Link to="/">
          <Icon name="search" /> {say('backToSearch')}
        </Link>
      </Empty>
    </>
  );
}
