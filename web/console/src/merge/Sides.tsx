// Two accounts side by side, with what decides whether they are one person.
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { money, short } from '../format';
import { useWords } from '../language';
import { Empty, Face, Id, PersonLink, Status, When } from '../parts';
import { EntryList } from '../person/Timeline';
import type { Half } from './choices';

interface Props {
  readonly one: Half | null;
  readonly other: Half | null;
  /** What stands above each side, such as which account remains. */
  readonly mark?: (half: Half) => ReactNode;
}

export function Sides({ one, other, mark }: Props) {
  const say = useWords();
  return (
    <div className="sides">
      {[one, other].map((half, index) =>
        half ? (
          <Side key={half.id} half={half} mark={mark?.(half)} />
        ) : (
          <section className="card side" key={index}>
            <Empty>{say('noSuchPerson')}</Empty>
          </section>
        ),
      )}
    </div>
  );
}

function Side({ half, mark }: { readonly half: Half; readonly mark: ReactNode }) {
  const say = useWords();
  return (
    <section
      className="card side"
      data-side={half.id}
      aria-label={`${half.nickname ?? say('noNickname')} ${half.id}`}
    >
      <header>
        <Face name={half.nickname} id={half.id} />
        <div>
          <h3>
            <PersonLink id={half.id}>{half.nickname ?? say('noNickname')}</PersonLink>
          </h3>
          <Id value={half.id} />
        </div>
        {mark}
      </header>
      <dl className="facts-of">
        <div>
          <dt>{say('status')}</dt>
          <dd>
            <Status status={half.status} />
          </dd>
        </div>
        <div>
          <dt>{say('node_phone')}</dt>
          <dd>{half.maskedPhone ?? '–'}</dd>
        </div>
        <div>
          <dt>{say('node_externalId')}</dt>
          <dd>{half.externalId ?? '–'}</dd>
        </div>
        <div>
          <dt>{say('sinceLabel')}</dt>
          <dd>
            <When at={half.createdAt} exact />
          </dd>
        </div>
        <div>
          <dt>openId</dt>
          <dd>
            {half.openIds?.length
              ? half.openIds.map(({ app, openId, lastLoginAt }) => (
                  <span key={openId} className="nowrap">
                    {app} <code title={openId}>{short(openId, 14)}</code>{' '}
                    <span className="quiet">
                      <When at={lastLoginAt} />
                    </span>
                  </span>
                ))
              : '–'}
          </dd>
        </div>
        <div>
          <dt>unionId</dt>
          <dd>
            {half.unionIds?.length
              ? half.unionIds.map(({ scope, unionId }) => (
                  <span key={unionId} className="nowrap">
                    {scope} <code title={unionId}>{short(unionId, 14)}</code>
                  </span>
                ))
              : '–'}
          </dd>
        </div>
        {half.orders && (
          <div>
            <dt>{say('tab_orders')}</dt>
            <dd>
              {half.orders.totals?.map(({ currency, count, net }) => (
                <span key={currency}>
                  {say('ordersCount', { count })} · {money({ amount: net.amount, currency })}
                </span>
              ))}
              {!half.orders.totals?.length && '–'}
              {half.orders.nodes.map(({ id, orderNo, app, placedAt }) => (
                <small key={id} className="quiet">
                  {app} <code>{short(orderNo)}</code> <When at={placedAt} />
                </small>
              ))}
            </dd>
          </div>
        )}
      </dl>
      <details open>
        <summary>{say('tab_timeline')}</summary>
        <EntryList entries={half.linkHistory?.nodes ?? []} former={NONE} dense />
        <Link className="small" to={`/people/${half.id}/timeline`}>
          {say('wholeTimeline')}
        </Link>
      </details>
    </section>
  );
}

const NONE: ReadonlySet<string> = new Set();
