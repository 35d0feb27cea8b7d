// The logins that this tab has begun, and the marks that keep them from going in circles.

import type { SafeStore } from './storage.js';

/** A login on its way to WeChat or back. */
export interface Login {
  readonly app: string;
  readonly state: string;
  readonly verifier: string;
  /** Where the person was, and shall be again. */
  readonly from: string;
  readonly at: number;
  /** The code with which it returned. From then on it can only be repeated with this code. */
  readonly code?: string;
}

/** The life of a state at the service. */
const LIFE = 600_000;
/** As long as the service repeats its answer to the same code and verifier. */
const REPEATABLE = 300_000;
/** A login that failed by itself starts again once in this time. */
const RESTART_PAUSE = 120_000;

export class Logins {
  constructor(
    readonly key: string,
    readonly session: SafeStore,
    private readonly local: SafeStore,
  ) {}

  /** Whether a login would be found again after the visit to WeChat. */
  get isDurable(): boolean {
    return this.session.isDurable;
  }

  find(state: string): Login | undefined {
    return this.all().find((login) => login.state === state);
  }

  put(login: Login): void {
    this.save([...this.all().filter(({ state }) => state !== login.state), login]);
  }

  drop(state: string): void {
    this.save(this.all().filter((login) => login.state !== state));
  }

  /** A login that has left and not returned. */
  pending(apps: readonly string[]): Login | undefined {
    return this.all().find(({ app, code }) => apps.includes(app) && code === undefined);
  }

  /** A login that returned, and whose answer the page did not live to see. */
  unfinished(apps: readonly string[]): Login | undefined {
    const now = Date.now();
    return this.all().find(
      ({ app, code, at }) => apps.includes(app) && code !== undefined && now < at + REPEATABLE,
    );
  }

  /** The last login that ended well, to know its page when the person comes back to it. */
  get finished(): string | null {
    return this.session.get(`${this.key}.finished`);
  }

  finish(state: string): void {
    this.drop(state);
    this.session.set(`${this.key}.finished`, state);
    for (const store of [this.session, this.local]) store.set(`${this.key}.restarted`, null);
    this.local.set(`${this.key}.signed-out`, null);
  }

  /** Whether the person has signed out, and wants to be asked before the next login. */
  get isSignedOut(): boolean {
    return this.local.get(`${this.key}.signed-out`) !== null;
  }

  signOut(): void {
    this.local.set(`${this.key}.signed-out`, 'yes');
  }

  /** Returns whether a login may start again by itself, and remembers that it did. */
  mayRestart(): boolean {
    const stores = [this.session, this.local];
    const now = Date.now();
    const isRecent = (mark: string | null) => mark !== null && Math.abs(now - Number(mark)) < RESTART_PAUSE;
    if (stores.some((store) => isRecent(store.get(`${this.key}.restarted`)))) return false;
    for (const store of stores) store.set(`${this.key}.restarted`, String(now));
    return true;
  }

  private all(): Login[] {
    try {
      const logins: unknown = JSON.parse(this.session.get(`${this.key}.logins`) ?? '[]');
      const now = Date.now();
      return Array.isArray(logins) ? logins.filter((login) => isLogin(login) && now < login.at + LIFE) : [];
    } catch {
      return [];
    }
  }

  private save(logins: Login[]): void {
    this.session.set(`${this.key}.logins`, logins.length > 0 ? JSON.stringify(logins) : null);
  }
}

/** Other scripts of the page may write into the same storage. */
function isLogin(value: unknown): value is Login {
  const { state, verifier, from } = Object(value) as Record<string, unknown>;
  return [state, verifier, from].every((text) => typeof text === 'string');
}
