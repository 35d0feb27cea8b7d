// The service itself: upstreams and their tokens, what waits to be sent, SMS, and the errors of answers.
import { useEffect, useRef } from 'react';
import { HEALTH } from './documents';
import type { HealthQuery } from './generated';
import { ago, cents, time } from './format';
import { useLanguage, useWords } from './language';
import { Empty, Problem, Scroll, Waiting, When } from './parts';
import { useQuery } from './query';
import { Shares } from './Shares';

type Seen = NonNullable<HealthQuery['health']>;
type Queue = Seen['outbox'];

/** Asks again whenever `asked` changes. */
export function ServiceHealth({ asked }: { readonly asked: Date }) {
  const say = useWords();
  const language = useLanguage();
  const { data, failure, reload } = useQuery(HEALTH, {});
  const first = useRef(asked);
  useEffect(() => {
    if (first.current !== asked) reload();
  }, [asked, reload]);
  const seen = data?.health;
  return (
    <section className="service">
      <h2>{say('serviceNow')}</h2>
      <Problem failure={failure} retry={reload} />
      {!seen && !failure && <Waiting rows={6} />}
      {seen && (
        <>
          <p className="quiet">{say('serviceHow', { when: ago(language, seen.replicaStartedAt) })}</p>
          <Upstreams seen={seen} />
          <div className="cards">
            <Queues seen={seen} />
            <Sms sms={seen.sms} />
            <Errors errors={seen.errors} />
            <Tokens tokens={seen.tokens} />
          </div>
        </>
      )}
    </section>
  );
}

function Upstreams({ seen }: { readonly seen: Seen }) {
  const say = useWords();
  return (
    <Scroll label={say('upstreams')}>
      <table>
        <thead>
          <tr>
            <th>{say('app')}</th>
            <th>{say('upstream')}</th>
            <th>{say('status')}</th>
            <th>{say('lastSuccess')}</th>
            <th>{say('lastFailure')}</th>
            <th>{say('thisMinute')}</th>
          </tr>
        </thead>
        <tbody>
          {seen.upstreams.map((one) => {
            const budget = seen.budgets.find(({ app }) => app === one.app);
            return (
              <tr key={one.app} data-upstream={one.app}>
                <td>
                  <b>{one.app}</b>
                </td>
                <td>
                  <code>{one.upstream}</code>
                </td>
                <td>
                  {one.refusesUntil ? (
                    <>
                      <span className="tag bad">{say('refusesUntil')}</span>{' '}
                      <When at={one.refusesUntil} exact />
                    </>
                  ) : (
                    <span className="tag good">{say('isUp')}</span>
                  )}
                  {one.runningCalls > 0 && (
                    <span className="quiet small">
                      {' '}
                      {say('runningCalls', { count: one.runningCalls, most: one.maxCalls })}
                    </span>
                  )}
                </td>
                <td>
                  <When at={one.lastSuccessAt} />
                </td>
                <td>
                  {one.lastFailure ? (
                    <>
                      {say(`failure_${one.lastFailure.kind}`)} <code>{one.lastFailure.operation}</code>{' '}
                      <When at={one.lastFailure.at} />
                    </>
                  ) : (
                    <span className="quiet">–</span>
                  )}
                </td>
                <td>
                  {budget && say('ofMost', { count: budget.exchanges, most: budget.maxExchanges })}
                  {budget?.maxFollowerCalls && (
                    <span className="quiet small">
                      {' '}
                      {say('followerCallsOf', {
                        count: budget.followerCalls ?? 0,
                        most: budget.maxFollowerCalls,
                      })}
                    </span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function Queues({ seen }: { readonly seen: Seen }) {
  const say = useWords();
  const queue = (name: string, { pending, failed, oldestAt }: Queue, more: readonly string[] = []) => (
    <li key={name}>
      <span>{name}</span>
      <b className="end">{say('queueState', { pending, failed })}</b>
      {(oldestAt || more.length > 0) && (
        <span className="quiet small full">
          {oldestAt && (
            <>
              {say('oldest')} <When at={oldestAt} />
            </>
          )}{' '}
          {more.join(' · ')}
        </span>
      )}
    </li>
  );
  return (
    <section className="card">
      <h3>{say('queues')}</h3>
      <ul className="rows">
        {queue(say('queueOutbox'), seen.outbox)}
        {queue(say('queuePushes'), seen.pushes)}
        {seen.webhooks.map((hook) =>
          queue(say('queueWebhook', { name: hook.name }), hook.queue, [
            ...(hook.goneAt ? [say('isGone')] : []),
            ...(hook.failures ? [say('failuresInRow', { count: hook.failures })] : []),
            ...(hook.failures && hook.lastError ? [hook.lastError] : []),
          ]),
        )}
      </ul>
    </section>
  );
}

function Sms({ sms: { today, budgetCents, leftCents } }: { readonly sms: Seen['sms'] }) {
  const say = useWords();
  const language = useLanguage();
  return (
    <section className="card" data-sms={today.day}>
      <h3>{say('smsToday')}</h3>
      <p>{say('smsCounts', { codes: today.codes, notices: today.notices })}</p>
      <p>{say('smsSpent', { spent: cents(language, today.codeCents + today.noticeCents) })}</p>
      <p className="quiet">
        {budgetCents === null
          ? say('smsNoBudget')
          : say('smsBudget', { budget: cents(language, budgetCents), left: cents(language, leftCents ?? 0) })}
      </p>
    </section>
  );
}

function Errors({ errors }: { readonly errors: Seen['errors'] }) {
  const say = useWords();
  const counts = new Map<string, number>();
  for (const { code, count } of errors) counts.set(code, (counts.get(code) ?? 0) + count);
  const rows = [...counts].sort(([, one], [, other]) => other - one);
  return (
    <section className="card">
      <h3>{say('errorsOfReplica')}</h3>
      {!rows.length && <Empty>{say('noErrors')}</Empty>}
      <Shares rows={rows} />
    </section>
  );
}

function Tokens({ tokens }: { readonly tokens: Seen['tokens'] }) {
  const say = useWords();
  const language = useLanguage();
  const isOver = (at: string) => Date.parse(at) < Date.now();
  return (
    <section className="card">
      <h3>{say('upstreamTokens')}</h3>
      {!tokens.length && <Empty>{say('noUpstreamTokens')}</Empty>}
      <ul className="rows">
        {tokens.map(({ app, kind, fetchedAt, expiresAt, fetchingUntil }) => (
          <li key={`${app} ${kind}`}>
            <span>
              <b>{app}</b> <code>{kind}</code>
            </span>
            <span className="quiet small full">
              {expiresAt && (
                <>
                  {say('fetched')} <When at={fetchedAt} /> · {say('expiresAt')} <When at={expiresAt} />
                </>
              )}
              {fetchingUntil &&
                ` ${say(isOver(fetchingUntil) ? 'notFetched' : 'fetchingUntil')} ${time(language, fetchingUntil)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
