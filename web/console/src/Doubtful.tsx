// Merges that were made by earlier rules or by operators, and that the rules of today would not make.
import { Link } from 'react-router';
import { DOUBTFUL } from './documents';
import { doubtsOf } from './doubts';
import { useWords } from './language';
import { Empty, MorePages, PersonLink, Waiting, When } from './parts';
import { usePages } from './query';

/** How many merges a page looks at: most of them are not doubtful. */
const PAGE = 100;

export function Doubtful() {
  const say = useWords();
  const pages = usePages(DOUBTFUL, { first: PAGE }, (data) => data.doubtfulMerges);
  return (
    <section className="card wide">
      <h2>{say('doubtful')}</h2>
      <p className="quiet">{say('doubtfulHow')}</p>
      {pages.loading && !pages.nodes.length && <Waiting rows={2} />}
      {!pages.loading && !pages.failure && !pages.nodes.length && !pages.hasMore && (
        <Empty>{say('noDoubtful')}</Empty>
      )}
      <ul className="rows">
        {pages.nodes.map((verdict) => (
          <li key={verdict.mergeId} className={verdict.undoneAt ? 'over' : ''}>
            <span>
              <PersonLink id={verdict.formerId} /> → <PersonLink id={verdict.survivorId} />
            </span>
            <span className="quiet small">
              {say('rule')} {verdict.rule} · <When at={verdict.mergedAt} exact />
            </span>
            <span className="end">
              {verdict.undoneAt ? (
                <span className="tag">{say('undoneTag')}</span>
              ) : (
                <Link to={`/people/${verdict.survivorId}/timeline`}>{say('tab_timeline')}</Link>
              )}
            </span>
            <span className="small full">{doubtsOf(verdict, say).join(' ')}</span>
          </li>
        ))}
      </ul>
      <MorePages pages={pages} />
    </section>
  );
}
