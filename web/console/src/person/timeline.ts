// Says an entry of the journal in words.
import type { HistoryQuery } from '../generated';
import type { Say } from '../language';
import { short } from '../format';
import type { Word } from '../words';

export type Entry = NonNullable<NonNullable<HistoryQuery['user']>['linkHistory']>['nodes'][number];

/** What an entry is about: it decides its sign and its colour. */
export type Kind = 'begin' | 'key' | 'phone' | 'merge' | 'undo' | 'refused' | 'removed' | 'decided';

export interface Told {
  readonly kind: Kind;
  readonly text: string;
}

/**
 * Returns the sentence of an entry. `former` are the accounts that were merged into this one; `entries` are the others of the
 * journal, by which the undo of a merge is told from the merge.
 */
export function tell(entry: Entry, entries: readonly Entry[], former: ReadonlySet<string>, say: Say): Told {
  const kind = kindOf(entry, entries, former);
  return { kind, text: say(wordOf(entry, kind), blanksOf(entry, say)) };
}

/** Returns the entry of the merge that this entry undoes. */
export function mergeUndoneBy(entry: Entry, entries: readonly Entry[]): Entry | undefined {
  return entries.find(
    ({ id, undoneAt, otherUserId }) =>
      id !== entry.id && undoneAt !== null && undoneAt === entry.at && otherUserId === entry.otherUserId,
  );
}

function kindOf(entry: Entry, entries: readonly Entry[], former: ReadonlySet<string>): Kind {
  const { rule, otherUserId, evidence, undoneAt } = entry;
  const isMerge = undoneAt !== null || (otherUserId !== null && former.has(otherUserId));
  switch (rule) {
    case 'R3':
    case 'R4e':
    case 'IMPORT':
      return 'begin';
    case 'R1':
    case 'R1b':
    case 'R2':
    case 'R13':
    case 'R16':
      return 'key';
    case 'R4a':
    case 'R4d':
      return 'phone';
    case 'R1c':
    case 'R4c':
      return isMerge ? 'merge' : 'refused';
    case 'R8':
      return mergeUndoneBy(entry, entries) ? 'undo' : 'merge';
    case 'R14':
      if (mergeUndoneBy(entry, entries)) return 'undo';
      if (evidence.decision === 'MERGE' || isMerge) return 'merge';
      return evidence.maskedPhone !== null && evidence.decision === null ? 'phone' : 'decided';
    case 'R4b':
    case 'R5':
    case 'R9':
    case 'R15':
      return 'refused';
    case 'R6':
      return otherUserId === null ? 'phone' : 'refused';
    case 'R7':
    case 'R11':
    case 'R12':
      return 'removed';
  }
}

function wordOf({ rule, evidence }: Entry, kind: Kind): Word {
  if (kind === 'undo') return rule === 'R14' ? 'tell_undo_operator' : 'tell_undo_person';
  if (rule === 'R14') {
    if (evidence.decision) return `tell_R14_${evidence.decision}`;
    if (kind === 'merge') return 'tell_R14_MERGE';
    return kind === 'phone' ? 'tell_R14_phone' : 'tell_R14';
  }
  if (rule === 'R1c') return kind === 'merge' ? 'tell_R1c_merge' : 'tell_R1c_case';
  if (rule === 'R7') return evidence.maskedPhone ? 'tell_R7_phone' : 'tell_R7_app';
  if (rule === 'R3') return evidence.app ? 'tell_R3' : 'tell_R3_bare';
  return `tell_${rule}`;
}

function blanksOf({ evidence, otherUserId }: Entry, say: Say): Record<string, string> {
  return {
    app: evidence.app ?? say('anApp'),
    scope: evidence.unionScope ?? '–',
    phone: evidence.maskedPhone ?? say('aNumber'),
    other: otherUserId ? short(otherUserId) : say('anotherAccount'),
  };
}
