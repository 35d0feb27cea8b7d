// The journal of a person, page by page: the graph and the timeline read the same.
import { HISTORY } from '../documents';
import { usePages, type Pages } from '../query';
import type { Entry } from './timeline';

const PAGE = 100;

export interface History extends Pages<unknown, Entry> {
  readonly entries: readonly Entry[];
}

export function useHistory(id: string): History {
  const pages = usePages(HISTORY, { id, first: PAGE }, (data) => data.user?.linkHistory);
  return { ...pages, entries: pages.nodes };
}
