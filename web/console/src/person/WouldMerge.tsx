// Whether the rules of today would still make a merge: asked when somebody wants to know.
import { useState } from 'react';
import { WOULD_MERGE } from '../documents';
import { doubtsOf } from '../doubts';
import { useWords } from '../language';
import { Note, Problem, Waiting } from '../parts';
import { useQuery } from '../query';

export function WouldMerge({ merge }: { readonly merge: string }) {
  const say = useWords();
  const [isAsked, setAsked] = useState(false);
  const { data, failure, reload } = useQuery(WOULD_MERGE, isAsked ? { id: merge } : null);
  const verdict = data?.wouldMergeToday;
  if (!isAsked)
    return (
      <button type="button" onClick={() => setAsked(true)}>
        {say('wouldMerge')}
      </button>
    );
  if (failure) return <Problem failure={failure} retry={reload} />;
  if (!verdict) return <Waiting rows={1} />;
  return (
    <Note kind={verdict.wouldMerge ? 'good' : 'warn'} icon={verdict.wouldMerge ? 'check' : 'warn'}>
      {verdict.wouldMerge ? say('wouldMergeYes') : [say('wouldMergeNo'), ...doubtsOf(verdict, say)].join(' ')}
    </Note>
  );
}
