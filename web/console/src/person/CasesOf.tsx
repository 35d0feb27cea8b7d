// The cases of a person.
import { Link } from 'react-router';
import { useWords } from '../language';
import { Empty, PersonLink, When } from '../parts';
import type { User } from './Person';

export function CasesOf({ user }: { readonly user: User }) {
  const say = useWords();
  const cases = user.conflicts?.nodes ?? [];
  if (!cases.length) return <Empty>{say('noCasesOfPerson')}</Empty>;
  return (
    <ul className="rows boxed">
      {cases.map(({ id, kind, openedAt, closed, userId, otherUserId }) => {
        const beside = otherUserId === user.id ? userId : otherUserId;
        return (
          <li key={id}>
            <Link to={`/cases?user=${user.id}&open=${closed ? 'no' : 'yes'}&case=${id}`}>
              {say(`case_${kind}`)}
            </Link>
            <span className="quiet">
              <When at={openedAt} exact />
              {beside && (
                <>
                  {' · '}
                  {say('otherAccount')} <PersonLink id={beside} />
                </>
              )}
            </span>
            <span className="end">
              {closed ? (
                <>
                  <span className="tag">{say(`decision_${closed.decision}`)}</span> <When at={closed.at} />
                </>
              ) : (
                <span className="tag warn">{say('open')}</span>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
