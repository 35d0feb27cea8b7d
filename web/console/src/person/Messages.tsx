// What was sent to a person: notices about changes, and SMS codes without the codes.
import { MESSAGES } from '../documents';
import { useWords } from '../language';
import { Empty, Problem, Waiting, When } from '../parts';
import { useQuery } from '../query';
import { wordOf } from '../words';

export function Messages({ id }: { readonly id: string }) {
  const say = useWords();
  const { data, failure, reload } = useQuery(MESSAGES, { id });
  if (failure) return <Problem failure={failure} retry={reload} />;
  if (!data) return <Waiting rows={4} />;
  const codes = data.user?.phoneCodes ?? [];
  const notices = data.user?.notices ?? [];
  return (
    <div className="cards">
      <section className="card wide">
        <h2>{say('smsCodes')}</h2>
        <p className="quiet">{say('smsCodesHow')}</p>
        {codes.length === 0 && <Empty>{say('noCodes')}</Empty>}
        <ul className="rows">
          {codes.map(({ app, sentAt, tries, usedAt, refusedAt, expiresAt }, index) => (
            <li key={index}>
              <When at={sentAt} exact />
              <span className="quiet">{app ?? '–'}</span>
              <span className="end">
                {refusedAt ? (
                  <span className="tag bad">{say('codeRefused')}</span>
                ) : usedAt ? (
                  <span className="tag good">{say('codeUsed')}</span>
                ) : Date.parse(expiresAt) < Date.now() ? (
                  <span className="tag">{say('codeExpired')}</span>
                ) : (
                  <span className="tag">{say('codeOpen')}</span>
                )}{' '}
                <span className="quiet">{say('tries', { count: tries })}</span>
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section className="card wide">
        <h2>{say('notices')}</h2>
        {notices.length === 0 && <Empty>{say('noNotices')}</Empty>}
        <ul className="rows">
          {notices.map(({ id: notice, kind, state, attempts, createdAt, settledAt }) => {
            const word = wordOf(`notice_${kind}`);
            return (
              <li key={notice}>
                <When at={createdAt} exact />
                <b>{word ? say(word) : kind}</b>
                <span className="end">
                  <span className={`tag ${{ SENT: 'good', FAILED: 'bad', PENDING: '' }[state]}`}>
                    {say(`notice_${state}`)}
                  </span>{' '}
                  <span className="quiet">
                    {settledAt ? <When at={settledAt} /> : say('attempts', { count: attempts })}
                  </span>
                </span>
              </li>
            );
          })}
        </ul>
      </section>
    </div>
  );
}
