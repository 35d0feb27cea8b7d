/**
 * Composables for the client of Guiyi.
 *
 * @packageDocumentation
 */

import type { Guiyi, SessionState } from '@guiyi/client';
import { OrderList, type OrdersOptions, type OrdersState } from '@guiyi/client/orders';
import {
  computed,
  inject,
  onScopeDispose,
  shallowRef,
  toValue,
  watch,
  type ComputedRef,
  type InjectionKey,
  type MaybeRefOrGetter,
  type Plugin,
  type ShallowRef,
} from 'vue';

const KEY: InjectionKey<Guiyi> = Symbol('guiyi');

/** Makes the plugin: `app.use(guiyi(client))` gives the client to the composables, and starts it. */
export function guiyi(client: Guiyi): Plugin {
  return {
    install(app) {
      app.provide(KEY, client);
      void client.start();
    },
  };
}

/** The client of the app. */
export function useGuiyi(): Guiyi {
  const client = inject(KEY, null);
  if (!client) throw new Error('useGuiyi, useSession, useLogin and useOrders need app.use(guiyi(client))');
  return client;
}

type Refs<T> = { readonly [K in keyof T]: ComputedRef<T[K]> };

function refsOf<T extends object>(state: Readonly<ShallowRef<T>>): Refs<T> {
  const keys = Object.keys(state.value) as (keyof T)[];
  return Object.fromEntries(keys.map((key) => [key, computed(() => state.value[key])])) as Refs<T>;
}

/** The state of the session, one ref for each field. */
export function useSession(): Refs<SessionState> {
  const client = useGuiyi();
  const state = shallowRef(client.state);
  onScopeDispose(client.subscribe(() => (state.value = client.state)));
  return refsOf(state);
}

/** The steps of a login, with the state that their buttons need. */
export interface LoginActions extends Pick<
  Refs<SessionState>,
  'isLoading' | 'isAuthenticated' | 'error' | 'hint'
> {
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
  const quietly = (step: Promise<void>) => void step.catch(() => undefined);
  const login = () => quietly(client.login());
  const upgrade = () => quietly(client.upgrade());
  return { login, upgrade, logout: () => client.logout(), isLoading, isAuthenticated, error, hint };
}

/** A list of orders, and how it goes on. */
export type Orders = Refs<OrdersState> & Pick<OrderList, 'loadMore' | 'refetch'>;

/** The orders of the person in all apps, newest first. */
export function useOrders(options: MaybeRefOrGetter<OrdersOptions> = {}): Orders {
  const client = useGuiyi();
  let list = new OrderList(client, toValue(options));
  const state = shallowRef(list.state);
  const follow = () => list.subscribe(() => (state.value = list.state));
  let leave = follow();
  state.value = list.state;
  watch(
    () => JSON.stringify(toValue(options)),
    () => {
      leave();
      list = new OrderList(client, toValue(options));
      leave = follow();
      state.value = list.state;
    },
  );
  onScopeDispose(() => leave());
  return { ...refsOf(state), loadMore: () => list.loadMore(), refetch: () => list.refetch() };
}
