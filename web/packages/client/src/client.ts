// The client of a page.

import { withoutHash } from './address.js';
import type { OperationText } from './documents.js';
import { surroundingsOf, type Apps, type Environment, type Surroundings } from './environment.js';
import { Logins } from './logins.js';
import { Session } from './session.js';
import type { SessionEvent, SessionState } from './state.js';
import { SignIn, type LoginResult } from './sign-in.js';
import { memoryStore, safeStore, type KeyValueStore, type SafeStore } from './storage.js';
import { openTabs } from './tabs.js';
import { Transport, type SendRequest } from './transport.js';

/** The settings of a client. */
export interface GuiyiOptions {
  /** The address of the API: `https://id.example.com/graphql`, or `/graphql` on the page's own host. */
  readonly endpoint: string;
  /** The apps that people sign in through, by where they open the page. */
  readonly apps: Apps;
  /**
   * Where the browser returns from WeChat: one of the app's `return_to`, to the letter, and without `#`. By default the
   * present page without its query.
   */
  readonly returnTo?: string;
  /**
   * Where the refresh token is stored. `cookie`, the default: in a cookie of the service that no script reads; page and
   * API are on one site, over https or on `localhost`. `local`: in `localStorage`, shared by all tabs. `session`: in
   * `sessionStorage`, for one tab. `memory`: until the page is left. Or a store of your own.
   */
  readonly storage?: 'cookie' | 'local' | 'session' | 'memory' | KeyValueStore;
  /** Whether people are signed in without a tap where WeChat asks them nothing. Defaults to true. */
  readonly automatic?: boolean;
  /** Whether a return from WeChat in the address is the client's to finish. Defaults to true. */
  readonly callback?: boolean | ((url: URL) => boolean);
  /** Shows another path of the page's router after a login. By default the page is loaded again at that path. */
  readonly navigate?: (url: string) => void;
  /** Opens WeChat's page. Defaults to `location.replace`. */
  readonly redirect?: (url: string) => void;
  /** The prefix of everything that the client stores. Clients with the same one share a session. Defaults to `guiyi`. */
  readonly key?: string;
  /** The language of messages. Defaults to `lang` of the page, then to the browser's. */
  readonly language?: string;
  /** Milliseconds until an answer counts as lost. Defaults to 15 seconds. */
  readonly timeout?: number;
  /** Replaces `fetch`, for tests. */
  readonly fetch?: typeof globalThis.fetch;
}

/** The pause between two looks at the session when the person comes back to the page. */
const LOOK_PAUSE = 5_000;

/** The client of a page. Made by {@link createGuiyi}. */
export class Guiyi {
  /** The program that shows the page. */
  readonly environment: Environment;
  /** The address with which the page was loaded. */
  readonly landing: string;
  /** @internal */
  readonly where: Surroundings;
  /** @internal */
  readonly session: Session;
  /** @internal */
  readonly transport: Transport;
  /** @internal */
  readonly signIn: SignIn;
  private readonly logins: Logins;
  private readonly cleanUp: (() => void)[] = [];
  private started: Promise<void> | null = null;
  private lookedAt = 0;
  private isDisposed = false;
  private readonly open = new Set<AbortController>();

  constructor(readonly options: GuiyiOptions) {
    const { key = 'guiyi' } = options;
    const isBrowser = typeof window !== 'undefined';
    const page = isBrowser ? (window as { __wxjs_environment?: unknown }) : {};
    this.where = surroundingsOf(isBrowser ? navigator.userAgent : '', page.__wxjs_environment);
    this.environment = this.where.environment;
    this.landing = isBrowser ? withoutHash(location.href) : '';
    const language = () =>
      options.language ||
      (isBrowser && document.documentElement.lang) ||
      (isBrowser && navigator.language) ||
      'en';
    const isCookie = (options.storage ?? 'cookie') === 'cookie';
    const { endpoint } = options;
    this.transport = new Transport({ endpoint, send: this.send, cookie: isCookie, language });
    const [local, tab] = [storeOf('local'), storeOf('session')];
    const isShared = options.storage !== 'session' && options.storage !== 'memory';
    const store = isCookie ? local : storeOf(options.storage ?? 'local');
    this.session = new Session(this.transport, store, `${key}.session`, isShared);
    this.logins = new Logins(key, tab, local);
    const { session, transport, where, logins } = this;
    this.signIn = new SignIn(
      transport,
      session,
      logins,
      local,
      `${key}.device`,
      options,
      where,
      store.isDurable,
    );
    if (isBrowser && isShared) this.joinTabs(`${key}:${endpoint}`);
  }

  /** The state of the session. */
  get state(): SessionState {
    return this.session.state;
  }

  /** What the login of this page returned; null if the page was opened without one. */
  get lastLogin(): LoginResult | null {
    return this.signIn.result;
  }

  /** Calls the listener after each change of `state`. Returns a function that ends this. */
  subscribe = (listener: () => void): (() => void) => this.session.subscribe(listener);

  /** Calls the handler when somebody was signed in or out, or the tokens were replaced. Returns a function that ends this. */
  on(event: SessionEvent, handler: () => void): () => void {
    return this.session.on(event, handler);
  }

  /**
   * Finishes a return from WeChat, continues the session, or signs in where WeChat asks nothing. Resolves when the state
   * is known; never rejects: `state.error` has what failed. A second call is the first one.
   */
  start(): Promise<void> {
    if (typeof window === 'undefined' || this.isDisposed) return Promise.resolve();
    if (!this.started) {
      // Before the first pause: the page's router must not see the code.
      const arrival = this.signIn.arrive();
      this.listen();
      this.started = this.signIn.enter(arrival);
    }
    return this.started;
  }

  /**
   * Signs in: leaves for WeChat's page, from which the person returns to where they are now. Asks for nothing that it
   * need not ask: in WeChat the person is known by the openId only. Rejects if it cannot leave.
   */
  async login(): Promise<void> {
    await this.start();
    return this.signIn.begin('BASE');
  }

  /** Signs in with the person's consent to nickname, picture and unionId. */
  async upgrade(): Promise<void> {
    await this.start();
    return this.signIn.begin('USERINFO');
  }

  /**
   * Signs out: at once on this page and in the other tabs, then at the service. Nobody is signed in automatically until the
   * next `login`. Rejects if the service could not be told; a second call tells it again.
   */
  logout(): Promise<void> {
    this.logins.signOut();
    return this.session.signOut();
  }

  /** Sends one operation, with the access token if somebody is signed in. Throws the first error of the answer. */
  async request<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    operation: OperationText<Data, Variables> | string,
    variables: Variables = {} as Variables,
  ): Promise<Data> {
    await this.start();
    return this.session.request(operation as OperationText<Data, Variables>, variables);
  }

  /** Returns an access token, refreshed if it is about to expire; null if nobody is signed in. */
  async accessToken(): Promise<string | null> {
    await this.start();
    return this.session.accessToken();
  }

  /** Gets a new access token now. */
  async refresh(): Promise<string> {
    await this.start();
    return this.session.refresh();
  }

  /** Ends timers, listeners and requests. The client is of no use afterwards. */
  dispose(): void {
    this.isDisposed = true;
    for (const end of this.cleanUp.splice(0)) end();
    this.signIn.dispose();
    this.session.dispose();
    for (const request of this.open) request.abort();
  }

  private readonly send: SendRequest = async (url, headers, body) => {
    const { fetch = globalThis.fetch, timeout = 15_000 } = this.options;
    const controller = new AbortController();
    this.open.add(controller);
    const timer = setTimeout(() => controller.abort(), timeout);
    try {
      const credentials = this.transport.options.cookie ? 'include' : 'same-origin';
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        credentials,
        signal: controller.signal,
      });
      return parsed(await response.text());
    } finally {
      clearTimeout(timer);
      this.open.delete(controller);
    }
  };

  private joinTabs(name: string): void {
    const tabs = openTabs(name, (notice) => this.session.hear(notice));
    this.session.announce = tabs.tell;
    this.cleanUp.push(tabs.close);
  }

  private listen(): void {
    const look = () => void this.look();
    const show = ({ persisted }: PageTransitionEvent) => {
      if (persisted) void this.signIn.cameBack().then(look);
    };
    const online = () => {
      this.session.retryNow();
      look();
    };
    const visible = () => document.visibilityState === 'visible' && look();
    const listen = (target: EventTarget, event: string, handler: (event: never) => unknown) => {
      target.addEventListener(event, handler as EventListener);
      this.cleanUp.push(() => target.removeEventListener(event, handler as EventListener));
    };
    listen(window, 'focus', look);
    listen(window, 'online', online);
    listen(window, 'pageshow', show);
    listen(document, 'visibilitychange', visible);
  }

  /** The person is back, or the network is: looks at the session, at most every five seconds. */
  private async look(): Promise<void> {
    if (Math.abs(Date.now() - this.lookedAt) < LOOK_PAUSE) return;
    this.lookedAt = Date.now();
    await this.started;
    const { status, error } = this.state;
    try {
      if (status === 'authenticated') await this.session.identify();
      else if (status === 'unreachable' || (status === 'anonymous' && error?.code === 'NETWORK'))
        await this.signIn.enter(null);
      else if (status === 'anonymous' && this.session.isRemembered) await this.session.restore();
    } catch {
      // The session stays as it is; the next request says what is wrong.
    }
  }
}

/** Makes a client. Call it once, before the page's router starts, and then `start`. */
export function createGuiyi(options: GuiyiOptions): Guiyi {
  return new Guiyi(options);
}

function storeOf(storage: 'cookie' | 'local' | 'session' | 'memory' | KeyValueStore): SafeStore {
  if (typeof storage === 'object') return safeStore(() => storage);
  if (storage === 'memory' || typeof window === 'undefined') return memoryStore();
  return safeStore(() => (storage === 'session' ? sessionStorage : localStorage));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
