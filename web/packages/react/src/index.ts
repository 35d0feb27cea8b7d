/**
 * Hooks for the client of Guiyi.
 *
 * @packageDocumentation
 */

import type { Guiyi, SessionState } from '@guiyi/client';
import { OrderList, type OrdersOptions, type OrdersState } from '@guiyi/client/orders';
import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useMemo,
  useSyncExternalStore,
  type ReactNode,
} from 'react';

const Context = createContext<Guiyi | null>(null);

/**
 * Gives the client to the hooks below it, and starts it. Make the client outside of components: it lives as long as the
 * page, also where React mounts everything twice.
 */
export function GuiyiProvider({ client, children }: { client: Guiyi; children?: ReactNode }): ReactNode {
  useEffect(() => void client.start(), [client]);
  return createElement(Context.Provider, { value: client }, children);
}

/** The client of the nearest {@link GuiyiProvider}. */
export function useGuiyi(): Guiyi {
  const client = useContext(Context);
  if (!client)
    throw new Error('useGuiyi, useSession, useLogin and useOrders need a <GuiyiProvider client={…}>');
  return client;
}

// On a server, and while its page becomes alive, nothing is known yet.
const LOADING: SessionState = Object.freeze({
  status: 'loading',
  isLoading: true,
  isAuthenticated: false,
  user: null,
  error: null,
  hint: null,
});

/** The state of the session. */
export function useSession(): SessionState {
  const client = useGuiyi();
  return useSyncExternalStore(
    client.subscribe,
    () => client.state,
    () => LOADING,
  );
}

/** The steps of a login, with the state that their buttons need. */
export interface LoginActions extends Pick<SessionState, 'isLoading' | 'isAuthenticated' | 'error' | 'hint'> {
  /** Leaves for WeChat. A failure is in `error`. */
  readonly login: () => void;
  /** Leaves for WeChat, and asks for nickname, picture and unionId. */
  readonly upgrade: () => void;
  /** Signs out here at once; rejects if the service could not be told. */
  readonly logout: () => Promise<void>;
}

/** The steps of a login, for buttons. */
export function useLogin(): LoginActions {
  const client = useGuiyi();
  const { isLoading, isAuthenticated, error, hint } = useSession();
  return useMemo(() => {
    const quietly = (step: Promise<void>) => void step.catch(() => undefined);
    const actions = {
      login: () => quietly(client.login()),
      upgrade: () => quietly(client.upgrade()),
      logout: () => client.logout(),
    };
    return { ...actions, isLoading, isAuthenticated, error, hint };
  }, [client, isLoading, isAuthenticated, error, hint]);
}

/** A list of orders, and how it goes on. */
export type Orders = OrdersState & Pick<OrderList, 'loadMore' | 'refetch'>;

const NO_ORDERS: OrdersState = {
  orders: [],
  isLoading: true,
  isAuthenticated: false,
  error: null,
  hasMore: false,
};

/** The orders of the person in all apps, newest first. */
export function useOrders(options: OrdersOptions = {}): Orders {
  const client = useGuiyi();
  const wanted = JSON.stringify(options);
  const list = useMemo(() => new OrderList(client, JSON.parse(wanted) as OrdersOptions), [client, wanted]);
  const state = useSyncExternalStore(
    list.subscribe,
    () => list.state,
    () => NO_ORDERS,
  );
  return useMemo(() => ({ ...state, loadMore: list.loadMore, refetch: list.refetch }), [state, list]);
}
