// A person that a search has found: name and picture, and what was found.
import type { FindQuery } from './generated';
import { useWords, type Say } from './language';
import { Face } from './parts';

export type Person = NonNullable<FindQuery['people']>['nodes'][number];
type Match = Person['matches'][number];

/** Shows who was found, and by which keys. */
export function Found({ person: { user, matches } }: { readonly person: Person }) {
  const say = useWords();
  return (
    <>
      <Face name={user.nickname} id={user.id} />
      <span className="main">
        <b>{user.nickname ?? say('noNickname')}</b>
        <span className="why">
          {matches.map((match, index) => {
            const { label, key } = matchOf(match, say);
            return (
              <span className="match" key={index}>
                {label}
                {key && <code>{key}</code>}
              </span>
            );
          })}
        </span>
      </span>
    </>
  );
}

/** Returns what was found, and the key as the service shows it: masked, where the operator's role says so. */
function matchOf(match: Match, say: Say): { readonly label: string; readonly key: string | null } {
  const place = match.app ?? match.unionScope;
  const label = say(`match_${match.kind}`);
  return { label: place ? say('matchIn', { label, place }) : label, key: match.formerId ?? match.key };
}
