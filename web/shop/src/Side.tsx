// Beside the store: the story in steps, and what the service knows about the person.
import { useEffect, useState } from 'react';
import { reachedIn, stepsOf } from './guide';
import { brief } from './money';
import { titleOf } from './stores';
import { useShop } from './useShop';
import { wordOf } from './words';

const REACHED = 'hemu.reached';

/** The steps, and which of them are done. Each store has a session of its own: what was reached in one stays reached. */
function useStory() {
  const { account } = useShop();
  const steps = stepsOf(account);
  const [reached] = useState(() => reachedIn(localStorage.getItem(REACHED)));
  const done = steps.map(({ isDone }, at) => isDone || reached[at] === true);
  const text = JSON.stringify(done);
  useEffect(() => {
    // An undone merge was reached all the same.
    const before = reachedIn(localStorage.getItem(REACHED));
    const all = reachedIn(text).map((step, at) => step || before[at] === true);
    localStorage.setItem(REACHED, JSON.stringify(all));
  }, [text]);
  return { steps, done };
}

/** The next step in one line, where there is no room for all of them. */
export function Next() {
  const { t } = useShop();
  const { steps, done } = useStory();
  const at = done.indexOf(false);
  const step = steps[at];
  if (!step) return null;
  return (
    <a className="next" href={step.href}>
      {at + 1}/{steps.length} · {t(step.word)}
    </a>
  );
}

export function Guide() {
  const { t } = useShop();
  const { steps, done } = useStory();
  return (
    <section className="guide" aria-labelledby="guide">
      <h2 id="guide">{t('guide')}</h2>
      <ol>
        {steps.map(({ word, href }, at) => (
          <li key={word} data-done={done[at]}>
            <a href={href}>{t(word)}</a>
            {done[at] && <span className="visually-hidden"> ({t('done')})</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Knows() {
  const { account, language, t } = useShop();
  return (
    <section className="knows" aria-labelledby="knows">
      <h2 id="knows">{t('knows')}</h2>
      {account ? (
        <dl data-account={account.id}>
          <dt>{t('accountId')}</dt>
          <dd>
            <code>{brief(account.id)}</code>
          </dd>
          <dt>{t('openIds')}</dt>
          <dd>
            <ul>
              {account.openIds.map(({ app, openId }) => (
                <li key={openId}>
                  <i className={`dot ${app}`} aria-hidden="true" /> {titleOf(app, language)}{' '}
                  <code>{brief(openId)}</code>
                </li>
              ))}
            </ul>
          </dd>
          <dt>{t('unionId')}</dt>
          <dd>
            {account.unionIds.map(({ unionId }) => (
              <code key={unionId}>{brief(unionId)}</code>
            ))}
            {account.unionIds.length === 0 && <span className="quiet">{t('unknown')}</span>}
          </dd>
          <dt>{t('phone')}</dt>
          <dd>{account.phone ?? <span className="quiet">{t('unknown')}</span>}</dd>
          {account.externalId && (
            <>
              <dt>{t('member')}</dt>
              <dd>
                <b data-member>{account.externalId}</b>
              </dd>
            </>
          )}
          <dt>{t('why')}</dt>
          <dd>
            <ul>
              {account.linkHistory.nodes.map(({ id, rule, undoneAt }) => (
                <li key={id}>
                  <code>{rule}</code> {t(wordOf(rule) ?? 'unknown')} {undoneAt && <em>· {t('undone')}</em>}
                </li>
              ))}
            </ul>
          </dd>
        </dl>
      ) : (
        <p className="quiet">{t('anonymous')}</p>
      )}
    </section>
  );
}
