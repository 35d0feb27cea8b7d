/**
 * The orders of the person who is signed in, page by page. The bindings for React and Vue are made of it.
 *
 * @packageDocumentation
 */

import type { Guiyi } from './client.js';
import type { GuiyiError } from './errors.js';
import { ORDERS, type OrdersQuery, type OrdersQueryVariables } from './operations.js';

/** One order of {@link ORDERS}. */
export type OrderOfList = NonNullable<NonNullable<OrdersQuery['me']>['orders']>['nodes'][number];

/** Which orders, and how many at once. */
export type OrdersOptions = Pick<OrdersQueryVariables, 'first' | 'filter'>;

/** The state of a list. A new object after each change. */
export interface OrdersState {
  readonly orders: readonly OrderOfList[];
  readonly isLoading: boolean;
  readonly isAuthenticated: boolean;
  readonly error: GuiyiError | null;
  /** Whether there are older orders to load. */
  readonly hasMore: boolean;
}

/** A list of orders. It loads itself while it has a listener, and again for another person. */
export class OrderList {
  state: OrdersState = { orders: [], isLoading: true, isAuthenticated: false, error: null, hasMore: false };
  private readonly listeners = new Set<() => void>();
  private person: string | null | undefined;
  private cursor: string | null = null;
  /** Grows with each load from the start: an answer of an older one is dropped. */
  private turn = 0;
  private leave: (() => void) | null = null;

  constructor(
    private readonly client: Guiyi,
    private readonly options: OrdersOptions = {},
  ) {}

  /** Calls the listener after each change of `state`. Returns a function that ends this. */
  subscribe = (listener: () => void): (() => void) => {
    const entry = () => listener();
    this.listeners.add(entry);
    this.leave ??= this.client.subscribe(() => this.follow());
    this.follow();
    return () => {
      this.listeners.delete(entry);
      if (this.listeners.size > 0) return;
      this.leave?.();
      this.leave = null;
    };
  };

  /** Loads the list again from the newest order. */
  refetch = (): Promise<void> => this.load(null);

  /** Loads the next page. */
  loadMore = (): Promise<void> =>
    this.state.hasMore && !this.state.isLoading ? this.load(this.cursor) : Promise.resolve();

  private follow(): void {
    const { isAuthenticated, isLoading, user, error } = this.client.state;
    const person = isAuthenticated ? (user?.id ?? null) : undefined;
    if (!isAuthenticated) {
      this.turn += 1;
      this.person = undefined;
      return this.set({ orders: [], isLoading, isAuthenticated, error, hasMore: false });
    }
    // Who the person is may be known only after the tokens.
    const isSame = this.state.isAuthenticated && (person === this.person || this.person === null);
    this.person = person;
    if (isSame) return;
    // The orders of one person never stay for another.
    this.set({ orders: [], isLoading: true, isAuthenticated, error: null, hasMore: false });
    void this.load(null);
  }

  private async load(after: string | null): Promise<void> {
    const turn = (this.turn += 1);
    this.set({ ...this.state, isLoading: true, isAuthenticated: true, error: null });
    try {
      const { me } = await this.client.request(ORDERS, { first: 20, ...this.options, after });
      if (turn !== this.turn) return;
      const page = me?.orders;
      this.cursor = page?.pageInfo.endCursor ?? null;
      const orders = [...(after === null ? [] : this.state.orders), ...(page?.nodes ?? [])];
      this.set({ ...this.state, orders, isLoading: false, hasMore: page?.pageInfo.hasNextPage ?? false });
    } catch (error) {
      if (turn === this.turn) this.set({ ...this.state, isLoading: false, error: error as GuiyiError });
    }
  }

  private set(state: OrdersState): void {
    const { orders } = this.state;
    // An empty list stays the same object, so that nothing is drawn again for it.
    const next = state.orders.length + orders.length === 0 ? { ...state, orders } : state;
    const keys = Object.keys(next) as (keyof OrdersState)[];
    if (keys.every((key) => next[key] === this.state[key])) return;
    this.state = next;
    for (const listener of [...this.listeners]) listener();
  }
}
