// What belongs to a person, at a glance.
import { Link } from 'react-router';
import { money } from '../format';
import { useWords } from '../language';
import { Empty, Id, PersonLink, When } from '../parts';
import { useMay } from '../scopes';
import type { User } from './Person';

export function Overview({ user }: { readonly user: User }) {
  const may = useMay();
  return (
    <div className="cards">
      {may('ORDERS_READ') && <OrdersCard user={user} />}
      <OpenIds user={user} />
      <Former user={user} />
    </div>
  );
}

function OrdersCard({ user: { id, orders } }: { readonly user: User }) {
  const say = useWords();
  const last = orders?.nodes[0];
  return (
    <section className="card">
      <h2>
        <Link to={`/people/${id}/orders`}>{say('tab_orders')}</Link>
      </h2>
      {!orders?.totalCount && <Empty>{say('noOrders')}</Empty>}
      {orders?.totals?.map(({ currency, count, gross, refunded, net, byApp }) => (
        <div key={currency}>
          <p className="big">
            {money({ amount: net.amount, currency })}{' '}
            <small className="quiet">{say('ordersCount', { count })}</small>
          </p>
          <p className="quiet">
            {say('grossAndRefunded', {
              gross: money({ amount: gross.amount, currency }),
              refunded: money({ amount: refunded.amount, currency }),
            })}
          </p>
          <ul className="rows">
            {byApp.map((part) => (
              <li key={part.app}>
                <span>{part.app}</span>
                <span className="quiet">{say('ordersCount', { count: part.count })}</span>
                <b>{money(part.net)}</b>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {last && (
        <p className="quiet">
          {say('lastOrder')} <code>{last.orderNo}</code> · {say(`order_${last.status}`)} ·{' '}
          <When at={last.placedAt} />
        </p>
      )}
    </section>
  );
}

function OpenIds({ user }: { readonly user: User }) {
  const say = useWords();
  return (
    <section className="card wide">
      <h2>{say('waysIn')}</h2>
      {!user.openIds?.length && <Empty>{say('noOpenIds')}</Empty>}
      <ul className="rows keys-of">
        {user.openIds?.map((link) => (
          <li key={link.id}>
            <b>{link.app}</b>
            <span>
              <Id value={link.openId} />
            </span>
            <span className="quiet end">
              {say('lastLogin')} <When at={link.lastLoginAt} />
              {link.follows !== null && ` · ${say(link.follows ? 'follows' : 'followsNot')}`}
              {link.cancelledAt && <span className="tag bad">{say('cancelledAtWechat')}</span>}
            </span>
          </li>
        ))}
      </ul>
      {user.unionIds?.map(({ scope, unionId }) => (
        <p key={scope} className="line">
          <span className="quiet">{say('unionIdOf', { scope })}</span> <Id value={unionId} />
        </p>
      ))}
    </section>
  );
}

function Former({ user }: { readonly user: User }) {
  const say = useWords();
  if (!user.aliases?.length) return null;
  return (
    <section className="card">
      <h2>{say('formerAccounts')}</h2>
      <ul className="rows">
        {user.aliases.map(({ id, createdAt, mergedIntoId }) => {
          const merge = user.merges?.find(({ formerId }) => formerId === id);
          return (
            <li key={id}>
              <PersonLink id={id} />
              <span className="quiet">
                {say('since')} <When at={createdAt} />
                {mergedIntoId !== user.id && (
                  <>
                    {' · '}
                    {say('mergedInto')} <PersonLink id={mergedIntoId} />
                  </>
                )}
              </span>
              <span className="quiet end">
                {merge ? (
                  <Link to={`/people/${user.id}/timeline`}>
                    {say('undoableUntil')} <When at={merge.undoableUntil} exact />
                  </Link>
                ) : (
                  say('undoNoMore')
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
