// The numbers of the team: a rule that merges too much is a peak here.
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { barsOf, type Hour, type Measure } from './bars';
import { NUMBERS } from './documents';
import { cents, hour, time } from './format';
import { useLanguage, useWords } from './language';
import { Doubtful } from './Doubtful';
import { Choose, Empty, Note, Problem, Title, Waiting, When } from './parts';
import { useQuery } from './query';
import { useMay } from './scopes';
import { ServiceHealth } from './ServiceHealth';
import { Shares } from './Shares';

const SPANS = { '24': 1, '72': 3, '168': 6 } as const;
type Span = keyof typeof SPANS;
const MEASURES: readonly Measure[] = ['logins', 'newPeople', 'merges', 'undos'];

export function Health() {
  const say = useWords();
  const may = useMay();
  if (!may('STATISTICS_READ')) return <Note icon="warn">{say('noScope')}</Note>;
  return <Numbers />;
}

function Numbers() {
  const say = useWords();
  const language = useLanguage();
  const may = useMay();
  const [span, setSpan] = useState<Span>('24');
  const [now, setNow] = useState(() => new Date());
  const range = useMemo(
    () => ({ since: new Date(now.getTime() - Number(span) * 3_600_000), until: now }),
    [span, now],
  );
  const { data, failure, loading } = useQuery(NUMBERS, {
    since: range.since.toISOString(),
    until: range.until.toISOString(),
  });
  const told = data?.statistics;
  return (
    <>
      <Title text={say('health')}>
        <p className="quiet">{say('healthHow')}</p>
      </Title>
      <div className="filters">
        <Choose
          label={say('time')}
          value={span}
          options={[
            ['24', say('last24Hours')],
            ['72', say('lastDays', { count: 3 })],
            ['168', say('lastDays', { count: 7 })],
          ]}
          onChange={(value) => {
            setSpan(value);
            setNow(new Date());
          }}
        />
        <button type="button" onClick={() => setNow(new Date())}>
          {say('refresh')}
        </button>
      </div>
      <Problem failure={failure} retry={() => setNow(new Date())} />
      {loading && !told && <Waiting rows={6} />}
      {told && (
        <>
          <div className="charts">
            {MEASURES.map((measure) => (
              <Chart key={measure} hours={told.hours} measure={measure} range={range} step={SPANS[span]} />
            ))}
          </div>
          <div className="cards">
            <section className="card">
              <h2>
                <Link to="/cases">{say('openCasesNow')}</Link>
              </h2>
              {!told.openCases.length && <Empty>{say('noOpenCases')}</Empty>}
              <ul className="rows">
                {told.openCases.map(({ kind, count, olderThanDay, olderThanWeek, oldestAt }) => (
                  <li key={kind}>
                    <Link to={`/cases?kind=${kind}`}>{say(`case_${kind}`)}</Link>
                    <b className="end">{count}</b>
                    <span className="quiet small full">
                      {say('olderThan', { day: olderThanDay, week: olderThanWeek })} · {say('oldest')}{' '}
                      <When at={oldestAt} />
                    </span>
                  </li>
                ))}
              </ul>
            </section>
            <section className="card">
              <h2>{say('loginsByApp')}</h2>
              {!told.logins.length && <Empty>{say('nothingHappened')}</Empty>}
              <Shares rows={told.logins.map(({ app, count }) => [app ?? '–', count])} />
            </section>
            <section className="card">
              <h2>{say('entriesByRule')}</h2>
              {!told.rules.length && <Empty>{say('nothingHappened')}</Empty>}
              <Shares
                rows={told.rules.map(({ rule, count }) => [`${rule} · ${say(`rule_${rule}`)}`, count])}
              />
            </section>
            <section className="card">
              <h2>{say('smsByDay')}</h2>
              {!told.sms.length && <Empty>{say('nothingHappened')}</Empty>}
              <ul className="rows">
                {told.sms.map(({ day, codes, codeCents, notices, noticeCents }) => (
                  <li key={day}>
                    <span>{day}</span>
                    <b className="end">{cents(language, codeCents + noticeCents)}</b>
                    <span className="quiet small full">{say('smsCounts', { codes, notices })}</span>
                  </li>
                ))}
              </ul>
            </section>
          </div>
          {may('USERS_READ') && <Doubtful />}
        </>
      )}
      <ServiceHealth asked={now} />
    </>
  );
}

const WIDTH = 420;
const HEIGHT = 96;

function Chart({
  hours,
  measure,
  range,
  step,
}: {
  readonly hours: readonly Hour[];
  readonly measure: Measure;
  readonly range: { readonly since: Date; readonly until: Date };
  readonly step: number;
}) {
  const say = useWords();
  const language = useLanguage();
  const bars = barsOf(hours, measure, range, step);
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const total = bars.reduce((sum, { value }) => sum + value, 0);
  const width = WIDTH / bars.length;
  const name = say(`measure_${measure}`);
  return (
    <figure className={`card chart ${measure}`}>
      <figcaption>
        {name}
        <b>{total}</b>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={say('chartOf', { name, total, most })}
        preserveAspectRatio="none"
      >
        {bars.map(({ from, value }, at) => {
          const height = value ? Math.max(3, (value / most) * (HEIGHT - 4)) : 1;
          return (
            <rect
              key={from}
              x={at * width + 1}
              y={HEIGHT - height}
              width={Math.max(1, width - 2)}
              height={height}
              className={value ? '' : 'none'}
            >
              <title>{`${time(language, from)}: ${value}`}</title>
            </rect>
          );
        })}
      </svg>
      <p className="quiet small axis">
        <span>{hour(language, range.since.toISOString())}</span>
        <span>{say('mostInHour', { most, hours: step })}</span>
      </p>
    </figure>
  );
}
