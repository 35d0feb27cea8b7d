/**
 * The client of Guiyi for WeChat mini programs.
 *
 * @packageDocumentation
 */

import {
  BIND_PHONE_WITH_WECHAT,
  clientError,
  GuiyiError,
  LOGIN_BY_WECHAT_PHONE,
  safeStore,
  sendPicture,
  Session,
  SIGN_IN,
  Transport,
  type OperationText,
  type SafeStore,
  type Schema,
  type SessionEvent,
  type SessionState,
  type SessionUser,
} from '@guiyi/client/core';
import { promised, type Wx } from './wx.js';

export { GuiyiError, ORDERS } from '@guiyi/client/core';
export type {
  ClientErrorCode,
  OperationText,
  SessionEvent,
  SessionState,
  SessionUser,
} from '@guiyi/client/core';
export type { Schema } from '@guiyi/client/core';
export type { Wx } from './wx.js';

/** The settings of a client. */
export interface GuiyiOptions {
  /** The address of the API: `https://id.example.com/graphql`. Its host is one of the 服务器域名 (request 合法域名). */
  readonly endpoint: string;
  /** The name of the mini program's app in the service's configuration. */
  readonly app: string;
  /** The prefix of everything that the client stores. Defaults to `guiyi`. */
  readonly key?: string;
  /** The language of messages. Defaults to WeChat's. */
  readonly language?: string;
  /** Milliseconds until an answer counts as lost. Defaults to 15 seconds. */
  readonly timeout?: number;
  /** Replaces `wx`, for tests. */
  readonly wx?: Wx;
}

/** What became of the phone of {@link Guiyi.loginByWechatPhone}. */
export type WechatPhoneLoginResult = Pick<
  Schema.LoginByWechatPhoneMutation['loginByWechatPhone'],
  'isNewUser' | 'merged' | 'phoneRefusal' | 'user'
>;

/** What both logins send. */
interface LoginCodes {
  app: string;
  code: string;
  codeVerifier: string | null;
  deviceToken: string | null;
}

/** What the service answers to each of the two logins. */
interface LoginAnswer {
  accessToken: string;
  refreshToken?: string | null;
  expiresAt: string;
  deviceToken: string;
  user: SessionUser;
}

/** The same code and verifier may be sent again after these. */
const REPEATABLE: readonly string[] = ['NETWORK', 'TIMEOUT'];
const LOOK_PAUSE = 5_000;

declare const wx: Wx;

/** The client of a mini program. Made by {@link createGuiyi}. */
export class Guiyi {
  private readonly wx: Wx;
  private readonly store: SafeStore;
  private readonly transport: Transport;
  private readonly session: Session;
  private readonly key: string;
  private signingIn: Promise<void> | null = null;
  private started: Promise<void> | null = null;
  private isSignedOut = false;
  private lookedAt = 0;
  private readonly cleanUp: (() => void)[] = [];

  constructor(readonly options: GuiyiOptions) {
    const api = options.wx ?? wx;
    this.wx = api;
    this.key = options.key ?? 'guiyi';
    this.store = safeStore(() => ({
      getItem: (key) => (api.getStorageSync(key) as string) || null,
      setItem: (key, value) => api.setStorageSync(key, value),
      removeItem: (key) => api.removeStorageSync(key),
    }));
    const language = () => options.language ?? (api.getAppBaseInfo?.().language ?? 'zh_CN').replace('_', '-');
    const { endpoint, timeout = 15_000 } = options;
    this.transport = new Transport({
      endpoint,
      cookie: false,
      language,
      send: async (url, header, data) => {
        const request = { url, method: 'POST' as const, header, data, timeout };
        const answer = await promised<{ data: unknown }>((callbacks) =>
          api.request({ ...request, ...callbacks }),
        );
        return answer.data;
      },
    });
    this.session = new Session(this.transport, this.store, `${this.key}.session`);
  }

  /** The state of the session. */
  get state(): SessionState {
    return this.session.state;
  }

  /** Calls the listener after each change of `state`. Returns a function that ends this. */
  subscribe = (listener: () => void): (() => void) => this.session.subscribe(listener);

  /** Calls the handler when somebody was signed in or out, or the tokens were replaced. Returns a function that ends this. */
  on(event: SessionEvent, handler: () => void): () => void {
    return this.session.on(event, handler);
  }

  /** Continues the session, or signs in: a mini program asks nothing for it. Never rejects: `state.error` has what failed. */
  start(): Promise<void> {
    this.started ??= this.enter();
    return this.started;
  }

  private async enter(): Promise<void> {
    this.listen();
    await this.session.restore();
    if (!this.session.isRemembered) await this.login().catch(() => undefined);
  }

  /** Signs in. Only needed after {@link logout}, or to try again. */
  login(): Promise<void> {
    this.isSignedOut = false;
    this.signingIn ??= this.signIn().finally(() => (this.signingIn = null));
    return this.signingIn;
  }

  private async signIn(): Promise<void> {
    await this.signInWith(async (input) => (await this.transport.send(SIGN_IN, { input })).login);
  }

  /**
   * Signs in and binds the phone of a phone number button in one request: `phoneCode` is `event.detail.code`, `kind` and `claim` are
   * those of {@link bindPhone}. A phone that is not bound is no failure of the login: `phoneRefusal` says why. A login that is under
   * way is waited for; a session that there is, is replaced.
   */
  async loginByWechatPhone(
    phoneCode: string,
    kind: Schema.PhoneCheck = 'QUICK',
    claim: Schema.PhoneClaim | null = null,
  ): Promise<WechatPhoneLoginResult> {
    await this.signingIn?.catch(() => undefined);
    this.isSignedOut = false;
    const signingIn = this.signInWith(async (input) => {
      const variables = { input: { ...input, phoneCode, kind, claim } };
      return (await this.transport.send(LOGIN_BY_WECHAT_PHONE, variables)).loginByWechatPhone;
    });
    const mine = signingIn
      .then(() => undefined)
      .finally(() => {
        if (this.signingIn === mine) this.signingIn = null;
      });
    // Its failure is the caller's to see.
    mine.catch(() => undefined);
    this.signingIn = mine;
    const { isNewUser, merged, phoneRefusal, user } = await signingIn;
    return { isNewUser, merged, phoneRefusal, user };
  }

  /** Sends a login with a new code, and takes over its answer. */
  private async signInWith<Answer extends LoginAnswer>(
    request: (input: LoginCodes) => Promise<Answer>,
  ): Promise<Answer> {
    const at = Date.now();
    try {
      const { code } = await this.loginCode();
      const codeVerifier = await this.newVerifier();
      const deviceToken = this.store.get(`${this.key}.device`);
      const send = () => request({ app: this.options.app, code, codeVerifier, deviceToken });
      const login = await send().catch((error: GuiyiError) => {
        if (!codeVerifier || !REPEATABLE.includes(error.code)) throw error;
        return send();
      });
      this.store.set(`${this.key}.device`, login.deviceToken);
      this.session.accept(login, login.user, at);
      return login;
    } catch (error) {
      // A login that fails ends no session.
      if (!this.state.isAuthenticated) this.session.set('anonymous', { error: error as GuiyiError });
      throw error;
    }
  }

  private loginCode(): Promise<{ code: string }> {
    return promised<{ code: string }>((callbacks) => this.wx.login(callbacks)).catch((cause: Error) => {
      throw clientError('NETWORK', this.transport.options.language(), cause.message, cause);
    });
  }

  /** Makes a verifier: 256 random bits. Null where the base library has no randomness; the request is then not repeated. */
  private async newVerifier(): Promise<string | null> {
    const { wx: api } = this;
    if (!api.getRandomValues) return null;
    const { randomValues } = await promised<{ randomValues: ArrayBuffer }>((callbacks) =>
      api.getRandomValues?.({ length: 32, ...callbacks }),
    );
    return Array.from(new Uint8Array(randomValues), (byte) => `0${byte.toString(16)}`.slice(-2)).join('');
  }

  /** Signs out here at once, then at the service. Rejects if the service could not be told; a second call tells it again. */
  logout(): Promise<void> {
    this.isSignedOut = true;
    return this.session.signOut();
  }

  /** Sends one operation for the person, who is signed in if need be. Throws the first error of the answer. */
  async request<Data = Record<string, unknown>, Variables = Record<string, unknown>>(
    operation: OperationText<Data, Variables> | string,
    variables: Variables = {} as Variables,
  ): Promise<Data> {
    return this.asPerson(() => this.session.request(operation as OperationText<Data, Variables>, variables));
  }

  /**
   * Stores a picture as that of the person, who is shown with it from now on, and returns its address. `filePath` is
   * `event.detail.avatarUrl` of a button with `open-type="chooseAvatar"`. The host of the endpoint is one of the 服务器域名
   * (uploadFile 合法域名), too.
   */
  uploadAvatar(filePath: string): Promise<string> {
    const { timeout = 15_000 } = this.options;
    return this.asPerson(() =>
      sendPicture(this.session, this.transport, async (url, header) => {
        const request = { url, filePath, name: 'file', header, timeout };
        const { data } = await promised<{ data: string }>((callbacks) =>
          this.wx.uploadFile({ ...request, ...callbacks }),
        );
        return parsed(data);
      }),
    );
  }

  /** Sends a request for the person, who is signed in if need be. */
  private async asPerson<Result>(send: () => Promise<Result>): Promise<Result> {
    await this.start();
    const mayLogIn = () => !this.session.isRemembered && !this.isSignedOut;
    if (mayLogIn()) await this.login();
    try {
      return await send();
    } catch (error) {
      // The session ended, as sessions do after a month.
      if ((error as GuiyiError).code !== 'UNAUTHENTICATED' || !mayLogIn()) throw error;
      await this.login();
      return send();
    }
  }

  /** Returns an access token for requests of your own; null if nobody is signed in. */
  async accessToken(): Promise<string | null> {
    await this.start();
    return this.session.accessToken();
  }

  /**
   * Binds the phone of a phone number button: `code` is `event.detail.code`. `kind` is the one that the service's
   * `App.phone` names: `QUICK` for `getPhoneNumber`, `REAL_TIME` for `getRealtimePhoneNumber`.
   */
  bindPhone(
    code: string,
    kind: Schema.PhoneCheck = 'QUICK',
    claim: Schema.PhoneClaim | null = null,
  ): Promise<Schema.BindPhoneWithWechatMutation> {
    return this.request(BIND_PHONE_WITH_WECHAT, { app: this.options.app, kind, code, claim });
  }

  /** Ends timers and listeners. The client is of no use afterwards. */
  dispose(): void {
    for (const end of this.cleanUp.splice(0)) end();
    this.session.dispose();
  }

  private listen(): void {
    const { wx: api } = this;
    const look = () => void this.look();
    const online = ({ isConnected }: { isConnected: boolean }) => {
      if (!isConnected) return;
      this.session.retryNow();
      look();
    };
    api.onAppShow?.(look);
    api.onNetworkStatusChange?.(online);
    this.cleanUp.push(
      () => api.offAppShow?.(look),
      () => api.offNetworkStatusChange?.(online),
    );
  }

  /** The mini program is shown again, or the network is back: looks at the session, at most every five seconds. */
  private async look(): Promise<void> {
    if (Math.abs(Date.now() - this.lookedAt) < LOOK_PAUSE) return;
    this.lookedAt = Date.now();
    await this.started;
    if (this.state.isAuthenticated) return this.session.identify().catch(() => undefined);
    if (this.isSignedOut) return;
    if (this.session.isRemembered) await this.session.restore();
    else await this.login().catch(() => undefined);
  }
}

/** Makes a client. Call it once, in `app.js`, and then `start`. */
export function createGuiyi(options: GuiyiOptions): Guiyi {
  return new Guiyi(options);
}

/** Parses JSON; null if it is none, as the page of a proxy. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
