// Says in words what a search has found of a person.
import type { FindQuery } from './generated';
import type { Say } from './language';

type Match = NonNullable<FindQuery['people']>['nodes'][number]['matches'][number];

/** Returns what was found, and the key as the service shows it: masked, where the operator's role says so. */
export function matchOf(match: Match, say: Say): { readonly label: string; readonly key: string | null } {
  const place = match.app ?? match.unionScope;
  const label = say(`match_${match.kind}`);
  return { label: place ? say('matchIn', { label, place }) : label, key: match.formerId ?? match.key };
}
