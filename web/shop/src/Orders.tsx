// The orders of the person in all shops: the list by the hook of @guiyi/react, the sums by an operation of the shop.
import type { Guiyi, GuiyiError } from '@guiyi/client';
import { ORDERS, type OrdersQuery } from '@guiyi/client/operations';
import { useOrders } from '@guiyi/react';
import { useEffect, useRef, useState } from 'react';
import { day, money } from './money';
import { Problem } from './Problem';
import { ShowCode } from './ShowCode';
import { titleOf } from './stores';
import { useShop } from './useShop';
import { wordOf } from './words';

type Order = NonNullable<NonNullable<OrdersQuery['me']>['orders']>['nodes'][number];

export function Orders() {
  const { store } = useShop();
  return (
    <>
      <Totals />
      {store.kind === 'mini' ? <MiniList /> : <List />}
      <ShowCode names={['orders', 'totals']} />
    </>
  );
}

// region orders
function List() {
  const { t } = useShop();
  const { orders, isLoading, error, hasMore, loadMore, refetch } = useOrders({ first: 20 });
  useGain(refetch);
  return (
    <>
      <Rows orders={orders} isLoading={isLoading} error={error} />
      {hasMore && <button onClick={() => void loadMore()}>{t('more')}</button>}
    </>
  );
}
// endregion

/** Loads the list again when the account has gained or lost orders while it is shown. */
function useGain(refetch: () => Promise<void>) {
  const count = useShop().account?.orders.totalCount;
  const known = useRef(count);
  useEffect(() => {
    if (known.current !== undefined && known.current !== count) void refetch();
    known.current = count;
  }, [count, refetch]);
}

function MiniList() {
  const { client } = useShop();
  const [orders, setOrders] = useState<readonly Order[] | null>(null);
  const [error, setError] = useState<GuiyiError | null>(null);
  useEffect(() => {
    let isCurrent = true;
    (client as Guiyi).request(ORDERS, { first: 20, after: null, filter: null }).then(
      ({ me }) => isCurrent && setOrders(me?.orders?.nodes ?? []),
      (failure: GuiyiError) => isCurrent && setError(failure),
    );
    return () => void (isCurrent = false);
  }, [client]);
  return <Rows orders={orders ?? []} isLoading={orders === null && !error} error={error} />;
}

interface RowsProps {
  orders: readonly Order[];
  isLoading: boolean;
  error: GuiyiError | null;
}

function Rows({ orders, isLoading, error }: RowsProps) {
  const { language, t } = useShop();
  if (orders.length === 0 && error) return <Problem error={error} />;
  if (orders.length === 0) return <p className="quiet">{isLoading ? '…' : t('none')}</p>;
  return (
    <>
      <ul className="orders">
        {orders.map(({ id, orderNo, app, status, placedAt, total, items }) => (
          <li key={id}>
            <span className="line">
              <b>{items?.map(({ title }) => title).join(' · ') ?? orderNo}</b>
              <span className="price">{money(total.amount, total.currency, language)}</span>
            </span>
            <span className="line quiet">
              <span>
                <i className={`dot ${app}`} aria-hidden="true" /> {titleOf(app, language)} ·{' '}
                {day(placedAt, language)}
              </span>
              <span>{t(wordOf(status) ?? 'unknown')}</span>
            </span>
          </li>
        ))}
      </ul>
      <Problem error={error} />
    </>
  );
}

/** The sums by currency, and of each the sums by shop. */
function Totals() {
  const { account, language, t } = useShop();
  if (!account) return null;
  const { totalCount, totals } = account.orders;
  return (
    <section className="totals" aria-label={t('allOrders')}>
      <h2>
        {t('allOrders')}{' '}
        <span data-count={totalCount}>{totalCount === 1 ? t('one') : t('count', { count: totalCount })}</span>
      </h2>
      {totals.map(({ currency, net, byApp }) => (
        <div key={currency}>
          <p className="sum">{money(net.amount, currency, language)}</p>
          <ul>
            {byApp.map((sum) => (
              <li key={sum.app}>
                <span>
                  <i className={`dot ${sum.app}`} aria-hidden="true" /> {titleOf(sum.app, language)} ·{' '}
                  {sum.count}
                </span>
                <span>{money(sum.net.amount, currency, language)}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p className="quiet">{t('onlyThese')}</p>
    </section>
  );
}
