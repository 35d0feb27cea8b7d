// The session of one person: its tokens, its state, and who is told. Knows neither the browser nor WeChat.

import { LOGOUT, ME, REFRESH_SESSION, type OperationText } from './documents.js';
import type { GuiyiError } from './errors.js';
import { lifeOf } from './life.js';
import {
  isSame,
  stateOf,
  type Notice,
  type SessionEvent,
  type SessionState,
  type SessionStatus,
  type SessionUser,
  type Tokens,
} from './state.js';
import { IN_COOKIE, type SafeStore } from './storage.js';
import { isRefused, type Transport } from './transport.js';

/** The access token is replaced so long before it expires, in milliseconds. */
const LEAD = 90_000;
/** The first and the longest pause after a refresh that failed. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [5_000, 60_000];
const LONGEST_TIMER = 2 ** 31 - 1;
/** Tabs that share a session do not refresh it at the same moment. */
const SPREAD = 5_000;
/** The answers to a refresh that end the session. Any other failure does not. */
const ENDINGS: readonly string[] = ['INVALID_REFRESH_TOKEN', 'ACCOUNT_CLOSED'];

interface Pause {
  readonly failures: number;
  readonly from: number;
  readonly until: number;
  readonly error: GuiyiError | null;
}

const NO_PAUSE: Pause = { failures: 0, from: 0, until: 0, error: null };

export class Session {
  state: SessionState = stateOf('loading');
  /** How often a session has ended here: a login that began before must not bring it back. */
  endings = 0;
  /** Tells other tabs; replaced by the browser's client. */
  announce: (notice: Notice) => void = () => undefined;
  private access: { token: string; until: number; renewAt: number } | null = null;
  private refreshing: Promise<string> | null = null;
  /** Grows whenever a session begins or ends: an answer for an older one is dropped. */
  private epoch = 0;
  private pause: Pause = NO_PAUSE;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isDisposed = false;
  /** A session that ended here, and of which the service does not know yet. */
  private unended: { access: { token: string; until: number } | null; stored: string | null } | null = null;
  private readonly handlers = new Map<SessionEvent | 'changed', Set<() => void>>();

  constructor(
    private readonly transport: Transport,
    private readonly store: SafeStore,
    private readonly key: string,
    /** Whether other tabs of the browser have the same session. */
    private readonly isShared = false,
  ) {}

  /** Whether the storage knows a session, alive or not. */
  get isRemembered(): boolean {
    return this.stored() !== null;
  }

  private stored(): string | null {
    return this.store.get(this.key);
  }

  private save(refreshToken: string | null): void {
    this.store.set(this.key, refreshToken);
  }

  /** Calls the listener after each change of the state. Returns a function that ends this. */
  subscribe(listener: () => void): () => void {
    return this.on('changed', listener);
  }

  on(event: SessionEvent | 'changed', handler: () => void): () => void {
    // A function that is registered twice is called twice, and each registration ends on its own.
    const entry = () => handler();
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(entry));
    return () => void handlers.delete(entry);
  }

  private emit(event: SessionEvent | 'changed'): void {
    callAll(this.handlers.get(event));
  }

  /** Changes the state and tells the listeners, none of which is waited for. */
  set(status: SessionStatus, changes: Partial<Pick<SessionState, 'user' | 'error' | 'hint'>> = {}): void {
    if (this.isDisposed) return;
    const state = stateOf(status, changes);
    if (isSame(state, this.state)) return;
    this.state = state;
    this.emit('changed');
  }

  /** Takes over the tokens of a login or of a refresh. `at` is when they were requested. */
  accept(tokens: Tokens, user: SessionUser | null, at: number, error: GuiyiError | null = null): void {
    this.epoch += 1;
    this.refreshing = null;
    this.unended = null;
    // A document that did not ask for the refresh token leaves the one that is stored.
    this.save(tokens.refreshToken ?? this.stored() ?? IN_COOKIE);
    const until = at + lifeOf(tokens, at);
    this.hold(tokens.accessToken, until);
    this.tell(user);
    this.set('authenticated', { user, error });
    this.emit('signedIn');
  }

  /** Takes over the tokens of a mutation that changed the account, and asks who the person is now. */
  adopt(tokens: Tokens, at: number): void {
    this.accept(tokens, this.state.user, at);
    void this.identify().catch(() => undefined);
  }

  private tell(user: SessionUser | null): void {
    const { access } = this;
    if (access) this.announce({ type: 'tokens', accessToken: access.token, until: access.until, user });
  }

  /** Does what another tab did. */
  hear(notice: Notice): void {
    if (this.isDisposed || this.state.status === 'leaving') return;
    if (notice.type === 'signed-out') return this.end(null, false);
    const isNew = this.state.status !== 'authenticated' || this.state.user?.id !== notice.user?.id;
    // The other tab's tokens are newer than the ones that a refresh of this tab may still bring.
    this.epoch += 1;
    this.refreshing = null;
    this.hold(notice.accessToken, notice.until);
    this.set('authenticated', { user: notice.user ?? this.state.user });
    this.emit(isNew ? 'signedIn' : 'refreshed');
  }

  /** Ends the session on this side. */
  end(error: GuiyiError | null, isAnnounced = true): void {
    const was = this.access !== null || this.state.status === 'authenticated';
    this.endings += 1;
    this.epoch += 1;
    this.refreshing = null;
    this.access = null;
    clearTimeout(this.timer);
    this.pause = NO_PAUSE;
    // Another tab has changed the storage itself.
    if (isAnnounced) {
      this.save(null);
      this.announce({ type: 'signed-out' });
    }
    this.set('anonymous', { error });
    if (was) this.emit('signedOut');
  }

  /** Returns an access token that is good for a while; null if nobody is signed in. */
  async accessToken(): Promise<string | null> {
    const now = Date.now();
    const { access } = this;
    if (access && now < access.renewAt) return access.token;
    if (!access && !this.isRemembered) return null;
    try {
      return await this.refresh();
    } catch (error) {
      // The present token is good until it expires.
      if (this.access && Date.now() < this.access.until) return this.access.token;
      if (!this.isRemembered) return null;
      throw error;
    }
  }

  /** Gets the next access token. All who ask at the same time share one request. */
  refresh(): Promise<string> {
    if (this.refreshing) return this.refreshing;
    const { error, from, until } = this.pause;
    const now = Date.now();
    // A clock that was set back is no reason to wait.
    if (error && now >= from && now < until) return Promise.reject(error);
    const refreshing = this.renew().finally(() => {
      if (this.refreshing === refreshing) this.refreshing = null;
    });
    this.refreshing = refreshing;
    return refreshing;
  }

  /** Forgets the pause after a failure: what failed may work now. */
  retryNow(): void {
    this.pause = { ...this.pause, until: 0 };
  }

  private async renew(): Promise<string> {
    const { epoch } = this;
    const sent = this.stored();
    const at = Date.now();
    if (sent === null) throw this.transport.error('CANCELLED');
    let tokens: Tokens;
    try {
      const refreshToken = sent === IN_COOKIE ? null : sent;
      ({ refreshSession: tokens } = await this.transport.send(REFRESH_SESSION, { refreshToken }));
      if (typeof tokens?.accessToken !== 'string') throw this.transport.error('BAD_ANSWER');
    } catch (error) {
      return this.recover(error as GuiyiError, epoch, sent);
    }
    const stored = this.stored();
    // The person signed out, or in again, while the answer was on its way: here or in another tab.
    if (epoch !== this.epoch) return this.current();
    if (stored === null) {
      this.end(null, false);
      throw this.transport.error('CANCELLED');
    }
    // Another tab may have gone on to a newer token already.
    if (stored === sent) this.save(tokens.refreshToken ?? sent);
    const until = at + lifeOf(tokens, at);
    this.hold(tokens.accessToken, until);
    this.tell(this.state.user);
    if (this.state.status === 'authenticated') this.set('authenticated', { user: this.state.user });
    this.emit('refreshed');
    return tokens.accessToken;
  }

  /** Decides what a failed refresh means. */
  private recover(error: GuiyiError, epoch: number, sent: string): Promise<string> | string {
    if (epoch !== this.epoch) return this.current();
    if (ENDINGS.includes(error.code)) {
      const stored = this.stored();
      // Another tab has signed in again since.
      if (stored !== null && stored !== sent) return this.renew();
      this.end(error);
      throw error;
    }
    const failures = this.pause.failures + 1;
    const backoff = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
    const pause = Math.max(backoff, (error.retryAfter ?? 0) * 1_000);
    const from = Date.now();
    this.pause = { failures, from, until: from + pause, error };
    this.wakeAt(this.pause.until);
    throw error;
  }

  private current(): string {
    if (this.access) return this.access.token;
    throw this.transport.error('CANCELLED');
  }

  private hold(token: string, until: number): void {
    const now = Date.now();
    const life = Math.max(until - now, 0);
    // A token that lives for only a few minutes is replaced after two thirds of them.
    const renewAt = until - Math.min(LEAD, life / 3);
    this.access = { token, until, renewAt };
    this.pause = NO_PAUSE;
    const spread = this.isShared ? Math.random() * SPREAD : 0;
    this.wakeAt(renewAt + Math.min(spread, life / 10));
  }

  private wakeAt(time: number): void {
    clearTimeout(this.timer);
    if (this.isDisposed) return;
    const delay = Math.min(Math.max(time - Date.now(), 0), LONGEST_TIMER);
    this.timer = setTimeout(() => {
      if (Date.now() < time) return this.wakeAt(time);
      this.timer = undefined;
      void (this.state.status === 'unreachable' ? this.restore() : this.refresh()).catch(() => undefined);
    }, delay);
  }

  /** Continues the session that the storage knows. Returns why it could not; does not throw. */
  async restore(): Promise<GuiyiError | null> {
    if (!this.isRemembered) return null;
    try {
      await this.refresh();
      if (this.state.status !== 'authenticated') {
        this.set('authenticated', { user: this.state.user });
        this.emit('signedIn');
      }
      await this.identify();
    } catch (error) {
      // A new token is a session, also if the service then fails to tell whose it is.
      if (!this.access && this.isRemembered) this.set('unreachable', { error: error as GuiyiError });
      if (!this.access) return error as GuiyiError;
    }
    return null;
  }

  /** Asks the service who is signed in. Notices a session that was ended elsewhere. */
  async identify(): Promise<void> {
    const { epoch } = this;
    const { me } = await this.request(ME, {});
    if (epoch !== this.epoch || !this.access) return;
    if (!me) return void (await this.refresh());
    const isNew = this.state.user?.id !== me.id;
    this.set('authenticated', { user: me, error: this.state.error });
    if (isNew) this.tell(me);
  }

  /** Sends one operation for the person, refreshes the session if need be, and repeats the operation once. */
  async request<Data, Variables>(
    operation: OperationText<Data, Variables>,
    variables: Variables,
  ): Promise<Data> {
    const at = Date.now();
    const answer = await this.withToken(
      (token) => this.transport.answer(operation, variables, token),
      isRefused,
    );
    const data = this.transport.dataOf(answer);
    this.keep(data, at);
    return data;
  }

  /** Runs a request with the access token, and once more with a new one if the token was refused. */
  async withToken<T>(
    run: (token: string | null) => Promise<T>,
    isRefused: (result: T) => boolean | Promise<boolean>,
  ): Promise<T> {
    if (this.isDisposed || this.state.status === 'leaving') throw this.transport.error('CANCELLED');
    const token = await this.accessToken();
    const result = await run(token);
    if (!token || !(await isRefused(result))) return result;
    const isReplaced = this.access && this.access.token !== token;
    try {
      return await run(isReplaced ? this.current() : await this.refresh());
    } catch (error) {
      // The refused answer says it best: the person has to sign in.
      if (!this.isRemembered) return result;
      throw error;
    }
  }

  /** Some mutations change the account and return new tokens in the field `session`. */
  keep(data: unknown, at: number): void {
    for (const field of Object.values((data ?? {}) as Record<string, unknown>)) {
      const tokens = (field as { session?: Tokens } | null)?.session;
      if (typeof tokens?.accessToken === 'string') this.adopt(tokens, at);
    }
  }

  /** Ends the session here at once, then at the service. Rejects if the service could not be told; may be repeated. */
  async signOut(): Promise<void> {
    const { access } = this;
    const left = this.unended ?? { access, stored: this.stored() };
    this.unended = left;
    if (this.state.status !== 'anonymous') this.end(null);
    let token = left.access && Date.now() < left.access.until ? left.access.token : null;
    try {
      // The service ends the session of a valid access token, or of the cookie.
      if (!token && left.stored !== null && left.stored !== IN_COOKIE) {
        const { refreshSession } = await this.transport.send(REFRESH_SESSION, { refreshToken: left.stored });
        token = refreshSession.accessToken;
        left.stored = refreshSession.refreshToken;
      }
      await this.transport.send(LOGOUT, {}, token);
    } catch (error) {
      const { code } = error as GuiyiError;
      if (!ENDINGS.includes(code) && code !== 'UNAUTHENTICATED') throw error;
    }
    this.unended = null;
  }

  dispose(): void {
    this.isDisposed = true;
    this.announce = () => undefined;
    this.epoch += 1;
    clearTimeout(this.timer);
    this.handlers.clear();
  }
}

/** Calls each of them, also if one throws. Its error goes where uncaught errors go. */
function callAll(functions: Iterable<() => void> | undefined): void {
  for (const call of [...(functions ?? [])]) {
    try {
      call();
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  }
}
