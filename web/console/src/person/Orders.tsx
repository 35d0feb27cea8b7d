// The orders of a person in all apps, with filters and sums.
import { Fragment, useState } from 'react';
import { ORDERS } from '../documents';
import { money } from '../format';
import type { OrderStatus } from '../generated';
import { useWords } from '../language';
import { Choose, Empty, Id, MorePages, Scroll, Waiting, When } from '../parts';
import { usePages } from '../query';
import type { User } from './Person';

const STATUSES: readonly OrderStatus[] = ['PENDING', 'PAID', 'SHIPPED', 'COMPLETED', 'CANCELLED', 'REFUNDED'];
const DAYS = ['', '7', '30', '365'] as const;

export function Orders({ user }: { readonly user: User }) {
  const say = useWords();
  const [app, setApp] = useState('');
  const [status, setStatus] = useState<OrderStatus | ''>('');
  const [days, setDays] = useState<(typeof DAYS)[number]>('');
  const [from, setFrom] = useState<string | null>(null);
  const [number, setNumber] = useState('');
  const [asked, setAsked] = useState('');
  const filter = {
    ...(app && { apps: [app] }),
    ...(status && { statuses: [status] }),
    ...(from && { placedFrom: from }),
    ...(asked && { orderNo: asked }),
  };
  const pages = usePages(ORDERS, { id: user.id, first: 20, filter }, (data) => data.user?.orders);
  const apps = [
    ...new Set([
      ...(user.openIds ?? []).map((link) => link.app),
      ...(user.orders?.totals ?? []).flatMap(({ byApp }) => byApp.map((part) => part.app)),
    ]),
  ];
  return (
    <section>
      <Sums user={user} />
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(number.trim());
        }}
      >
        <Choose
          label={say('app')}
          value={app}
          options={[['', say('all')], ...apps.map((name) => [name, name] as const)]}
          onChange={setApp}
        />
        <Choose
          label={say('status')}
          value={status}
          options={[['', say('all')], ...STATUSES.map((one) => [one, say(`order_${one}`)] as const)]}
          onChange={setStatus}
        />
        <Choose
          label={say('placed')}
          value={days}
          options={DAYS.map((count) => [count, count ? say('lastDays', { count }) : say('anyTime')] as const)}
          onChange={(count) => {
            setDays(count);
            setFrom(count ? new Date(Date.now() - Number(count) * 86_400_000).toISOString() : null);
          }}
        />
        <label className="field">
          <span>{say('orderNo')}</span>
          <input
            type="search"
            value={number}
            maxLength={128}
            onChange={(event) => {
              setNumber(event.target.value);
              if (!event.target.value) setAsked('');
            }}
          />
        </label>
      </form>
      {pages.loading && !pages.nodes.length && <Waiting rows={5} />}
      {!pages.loading && !pages.failure && !pages.nodes.length && <Empty>{say('noOrders')}</Empty>}
      {pages.nodes.length > 0 && (
        <Scroll label={say('tab_orders')}>
          <table className="orders">
            <thead>
              <tr>
                <th>{say('orderNo')}</th>
                <th>{say('app')}</th>
                <th>{say('status')}</th>
                <th>{say('placed')}</th>
                <th className="number">{say('total')}</th>
              </tr>
            </thead>
            <tbody>
              {pages.nodes.map((order) => (
                <Fragment key={order.id}>
                  <tr data-order={order.orderNo}>
                    <td>
                      <Id value={order.orderNo} />
                    </td>
                    <td>{order.app}</td>
                    <td>
                      <span className={`tag order ${order.status}`}>{say(`order_${order.status}`)}</span>
                    </td>
                    <td>
                      <When at={order.placedAt} exact />
                    </td>
                    <td className="number">
                      <b>{money(order.total)}</b>
                      {Number(order.refunded.amount) > 0 && (
                        <small className="quiet"> −{money(order.refunded)}</small>
                      )}
                    </td>
                  </tr>
                  {(order.items?.length || order.deliveries?.length) && (
                    <tr className="details">
                      <td colSpan={5}>
                        {order.items?.map(({ title, quantity }, index) => (
                          <span key={index}>
                            {title} × {quantity}
                          </span>
                        ))}
                        {order.deliveries?.map(({ carrier, trackingNo }, index) => (
                          <span key={`d${index}`}>
                            {carrier} <code>{trackingNo}</code>
                          </span>
                        ))}
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <MorePages pages={pages} />
    </section>
  );
}

function Sums({ user }: { readonly user: User }) {
  const say = useWords();
  return (
    <dl className="sums">
      {user.orders?.totals?.map(({ currency, count, gross, refunded, net }) => (
        <Fragment key={currency}>
          <div>
            <dt>{say('tab_orders')}</dt>
            <dd>{count}</dd>
          </div>
          <div>
            <dt>{say('gross')}</dt>
            <dd>{money({ amount: gross.amount, currency })}</dd>
          </div>
          <div>
            <dt>{say('refunded')}</dt>
            <dd>{money({ amount: refunded.amount, currency })}</dd>
          </div>
          <div>
            <dt>{say('net')}</dt>
            <dd>{money({ amount: net.amount, currency })}</dd>
          </div>
        </Fragment>
      ))}
    </dl>
  );
}
