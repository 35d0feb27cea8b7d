// Loads data for a component, and loads it again when it is asked to.
import { useCallback, useEffect, useState } from 'react';
import { Failure, send, type Operation } from './api';

export interface Loaded<Data> {
  /** The last answer, also while a newer one is on its way. */
  readonly data: Data | null;
  readonly failure: Failure | null;
  readonly loading: boolean;
  /** Asks the service again. */
  readonly reload: () => void;
}

/** Loads what an operation returns for these variables. `null` in their place loads nothing. */
export function useQuery<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables | null,
): Loaded<Data> {
  const asked = variables === null ? null : JSON.stringify(variables);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{
    asked: string | null;
    data: Data | null;
    failure: Failure | null;
    done: boolean;
  }>({
    asked: null,
    data: null,
    failure: null,
    done: false,
  });
  useEffect(() => {
    if (asked === null) return undefined;
    const stop = new AbortController();
    setState((before) =>
      before.asked === asked ? { ...before, done: false } : { asked, data: null, failure: null, done: false },
    );
    send(operation, JSON.parse(asked) as Variables, { signal: stop.signal }).then(
      (data) => !stop.signal.aborted && setState({ asked, data, failure: null, done: true }),
      (error: unknown) =>
        !stop.signal.aborted && setState({ asked, data: null, failure: failureOf(error), done: true }),
    );
    return () => stop.abort();
  }, [operation, asked, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  // An answer about other variables is none about these.
  const isCurrent = state.asked === asked;
  return {
    data: isCurrent ? state.data : null,
    failure: isCurrent ? state.failure : null,
    loading: asked !== null && !(isCurrent && state.done),
    reload,
  };
}

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Pages<Data, Node> {
  readonly nodes: readonly Node[];
  /** The first page's whole answer. */
  readonly data: Data | null;
  readonly failure: Failure | null;
  readonly loading: boolean;
  readonly hasMore: boolean;
  readonly more: () => void;
  readonly reload: () => void;
}

/** Loads a list page by page. `read` finds the page in an answer. */
export function usePages<Data, Variables extends { after?: string | null }, Node>(
  operation: Operation<Data, Variables>,
  variables: Variables | null,
  read: (data: Data) => Page<Node> | null | undefined,
): Pages<Data, Node> {
  const first = useQuery(operation, variables);
  const [later, setLater] = useState<{ of: Data | null; pages: readonly Page<Node>[] }>({
    of: null,
    pages: [],
  });
  const [state, setState] = useState<{ loading: boolean; failure: Failure | null }>({
    loading: false,
    failure: null,
  });
  const pages = first.data && later.of === first.data ? later.pages : [];
  const begin = first.data ? read(first.data) : null;
  const all = begin ? [begin, ...pages] : [];
  const end = all.at(-1)?.pageInfo;
  const more = () => {
    if (!variables || !end?.hasNextPage || state.loading) return;
    const of = first.data;
    setState({ loading: true, failure: null });
    send(operation, { ...variables, after: end.endCursor }).then(
      (data) => {
        const page = read(data);
        setState({ loading: false, failure: null });
        if (page) setLater((before) => ({ of, pages: [...(before.of === of ? before.pages : []), page] }));
      },
      (error: unknown) => setState({ loading: false, failure: failureOf(error) }),
    );
  };
  return {
    nodes: all.flatMap(({ nodes }) => nodes),
    data: first.data,
    failure: first.failure ?? state.failure,
    loading: first.loading || state.loading,
    hasMore: end?.hasNextPage ?? false,
    more,
    reload: first.reload,
  };
}

/** Returns what was thrown as a failure; a mistake of this page stays what it is. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
