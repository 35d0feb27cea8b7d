// The bars of the statistics: one for each hour or day of a time, also for those in which nothing happened.
import type { NumbersQuery } from './generated';

export type Hour = NonNullable<NumbersQuery['statistics']>['hours'][number];
export type Measure = 'logins' | 'newPeople' | 'merges' | 'undos';

export interface Bar {
  readonly from: string;
  readonly value: number;
}

const HOUR_MS = 3_600_000;

/** Returns one bar for each step of `hours` hours, the earliest first. */
export function barsOf(
  told: readonly Hour[],
  measure: Measure,
  span: { since: Date; until: Date },
  hours: number,
): Bar[] {
  const step = hours * HOUR_MS;
  const begin = Math.floor(span.since.getTime() / HOUR_MS) * HOUR_MS;
  const count = Math.max(1, Math.ceil((span.until.getTime() - begin) / step));
  const values = Array.from({ length: count }, () => 0);
  for (const hour of told) {
    const at = Math.floor((Date.parse(hour.hour) - begin) / step);
    if (at >= 0 && at < count) values[at] = (values[at] ?? 0) + hour[measure];
  }
  return values.map((value, at) => ({ from: new Date(begin + at * step).toISOString(), value }));
}
