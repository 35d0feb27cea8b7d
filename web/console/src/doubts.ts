// What the rules of today say against a merge, in words.
import type { DoubtfulQuery } from './generated';
import type { Say } from './language';

type Verdict = NonNullable<DoubtfulQuery['doubtfulMerges']>['nodes'][number];

/** Why the rules of today would keep the two accounts apart. */
export function doubtsOf(
  { obstacles, clashes, needsConsent }: Pick<Verdict, 'obstacles' | 'clashes' | 'needsConsent'>,
  say: Say,
): string[] {
  return [
    ...obstacles.map(({ kind, app, unionScope }) =>
      say(`obstacle_${kind}`, { place: app ?? unionScope ?? '–' }),
    ),
    ...(clashes.length
      ? [say('doubtClashes', { fields: clashes.map((field) => say(`field_${field}`)).join(say('comma')) })]
      : []),
    ...(needsConsent ? [say('doubtConsent')] : []),
  ];
}
