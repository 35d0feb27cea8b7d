// Signs people in through WeChat's pages: leaves for WeChat, and finishes what comes back.

import { isOwnState, returnIn, withoutReturn } from './address.js';
import { challengeOf, newVerifier } from './challenge.js';
import { BEGIN_LOGIN, LOGOUT, SIGN_IN } from './documents.js';
import { appFor, isSilent, type Apps, type Surroundings } from './environment.js';
import type { GuiyiError } from './errors.js';
import type { LoginScope, SignInMutation } from './generated.js';
import { closeWindow, goTo, isReload, leftEntry, markEntry, showAddress, wentBack } from './history.js';
import type { Login, Logins } from './logins.js';
import type { Session } from './session.js';
import type { Hint } from './state.js';
import type { SafeStore } from './storage.js';
import type { Transport } from './transport.js';

export interface SignInOptions {
  readonly apps: Apps;
  readonly returnTo?: string | undefined;
  readonly automatic?: boolean | undefined;
  readonly callback?: boolean | ((url: URL) => boolean) | undefined;
  readonly redirect?: ((url: string) => void) | undefined;
  readonly navigate?: ((url: string) => void) | undefined;
}

/** What a login returned beside the tokens. */
export type LoginResult = Omit<
  SignInMutation['login'],
  'accessToken' | 'refreshToken' | 'expiresAt' | 'deviceToken'
>;

/** A return from WeChat: the login that it belongs to, or why it is refused. */
type Arrival = { login: Login; error?: never } | { login?: Login | undefined; error: GuiyiError };

/** The code or the state is of no use any more, and a new login may be. */
const OUTDATED: readonly string[] = ['TRANSACTION_MISSING', 'INVALID_STATE', 'INVALID_CODE', 'CODE_USED'];
/** The same code may be sent again: the service repeats its answer. */
const REPEATABLE: readonly string[] = [
  'NETWORK',
  'TIMEOUT',
  'RATE_LIMITED',
  'SERVICE_UNAVAILABLE',
  'INTERNAL',
  'BAD_ANSWER',
];
const HINTS: Record<string, Hint> = {
  OPEN_IN_WECHAT: 'open-in-wechat',
  SNAPSHOT_USER: 'use-full-service',
  CONSENT_REQUIRED: 'ask-consent',
};
const RETRY_PAUSE = 1_000;
const LATER = 10_000;

/** Two clients in one page share the exchange of one return. */
const exchanges = new Map<string, Promise<SignInMutation['login']>>();

export class SignIn {
  /** The last login of this page. */
  result: LoginResult | null = null;
  private beginning: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly names: string[];

  constructor(
    private readonly transport: Transport,
    private readonly session: Session,
    private readonly logins: Logins,
    readonly device: SafeStore,
    readonly deviceKey: string,
    private readonly options: SignInOptions,
    private readonly where: Surroundings,
    private readonly isDurable: boolean,
  ) {
    this.names = Object.values(options.apps).filter((name) => typeof name === 'string');
  }

  /** Reads the address, and takes a return out of it. Runs before anything else sees the address. */
  arrive(): Arrival | null {
    const left = leftEntry();
    if (left !== null && left === this.logins.finished) this.leavePage();
    else if (left !== null) markEntry(null);
    const url = new URL(location.href);
    const found = returnIn(url);
    const { callback = true } = this.options;
    if (!found || !(typeof callback === 'function' ? callback(url) : callback)) return null;
    const [state = ''] = found.states;
    const login = this.logins.find(state);
    const isOurs = login
      ? this.names.includes(login.app)
      : typeof callback === 'function' || this.mayBeOurs(url, state);
    if (!isOurs) return null;
    showAddress(withoutReturn(url));
    if (!login && state === this.logins.finished && wentBack()) this.leavePage();
    return this.claim(login, found.states, found.codes);
  }

  /** Whether an unknown return looks like one of the service's: other libraries of the page have returns, too. */
  private mayBeOurs({ pathname }: URL, state: string): boolean {
    return isOwnState(state) && new URL(this.returnTo).pathname === pathname;
  }

  private get returnTo(): string {
    return this.options.returnTo ?? location.origin + location.pathname;
  }

  /** Ties the code to the login that it belongs to. */
  private claim(login: Login | undefined, states: readonly string[], codes: readonly string[]): Arrival {
    const [code = ''] = codes;
    const isContradiction = login?.code !== undefined && login.code !== code;
    if (states.length > 1 || codes.length > 1 || isContradiction) {
      if (login) this.logins.drop(login.state);
      return { login, error: this.transport.error('CALLBACK_INVALID') };
    }
    if (!login) return { error: this.transport.error('TRANSACTION_MISSING') };
    const claimed = { ...login, code, at: Date.now() };
    this.logins.put(claimed);
    this.placeOf(claimed, 'same-page');
    return { login: claimed };
  }

  /** Finishes a return or continues a session; else signs in, where that needs no tap. Does not throw. */
  async enter(arrival: Arrival | null): Promise<void> {
    clearTimeout(this.timer);
    const login = arrival?.login ?? this.logins.unfinished(this.names);
    let error = arrival?.error ?? null;
    if (login?.code !== undefined && !error) {
      try {
        return await this.finish(login);
      } catch (failure) {
        error = failure as GuiyiError;
      }
    }
    const failure = await this.session.restore();
    const { status, user } = this.session.state;
    if (status === 'authenticated') {
      // An old link is not worth a word to a person who is signed in.
      if (error && login) this.session.set(status, { user, error, hint: hintOf(error) });
      return this.placeOf(login, 'other-page');
    }
    if (!this.session.isRemembered) await this.settle(error ?? failure, login);
  }

  /** Exchanges the code, and goes back to where the person was. */
  async finish(login: Login): Promise<void> {
    const at = Date.now();
    const { endings } = this.session;
    const result = await this.exchange(login);
    const { accessToken, refreshToken, expiresAt, deviceToken, ...rest } = result;
    this.device.set(this.deviceKey, deviceToken);
    this.logins.drop(login.state);
    if (endings !== this.session.endings) return this.giveBack(accessToken);
    this.logins.finish(login.state);
    this.result = rest;
    this.session.accept({ accessToken, refreshToken, expiresAt }, rest.user, at);
    this.placeOf(login, 'other-page');
  }

  /** The person signed out while the answer was on its way: ends the session that it brought. */
  private async giveBack(accessToken: string): Promise<void> {
    await this.transport.send(LOGOUT, {}, accessToken).catch(() => undefined);
  }

  private exchange(login: Login): Promise<SignInMutation['login']> {
    const known = exchanges.get(login.state);
    if (known) return known;
    const sent = this.sendTwice(login).catch((error: GuiyiError) => {
      if (!REPEATABLE.includes(error.code)) this.logins.drop(login.state);
      throw error;
    });
    exchanges.set(login.state, sent);
    const forget = () => void exchanges.delete(login.state);
    // The page of another client may ask a moment later.
    sent.then(() => setTimeout(forget, RETRY_PAUSE), forget);
    return sent;
  }

  private async sendTwice({ code = '', state, verifier }: Login): Promise<SignInMutation['login']> {
    const input = { code, state, codeVerifier: verifier, deviceToken: this.device.get(this.deviceKey) };
    const send = async () => (await this.transport.send(SIGN_IN, { input })).login;
    try {
      return await send();
    } catch (error) {
      if (!['NETWORK', 'TIMEOUT'].includes((error as GuiyiError).code)) throw error;
      await new Promise((done) => setTimeout(done, RETRY_PAUSE));
      return send();
    }
  }

  /** Nobody is signed in: decides what to do about it. */
  private async settle(error: GuiyiError | null, login: Login | undefined): Promise<void> {
    const { environment } = this.where;
    const show = (shown: GuiyiError | null) =>
      this.session.set('anonymous', { error: shown, hint: this.hint(shown) });
    const hasApp = appFor(environment, this.options.apps) !== undefined;
    const isWanted = this.options.automatic !== false && !this.logins.isSignedOut;
    const isAutomatic = hasApp && isWanted && isSilent(environment, this.options.apps);
    if (error && OUTDATED.includes(error.code)) {
      const mayRestart = hasApp && (isAutomatic || login !== undefined) && this.logins.mayRestart();
      return mayRestart ? this.begin('BASE').catch(() => undefined) : show(error);
    }
    if (error && login && REPEATABLE.includes(error.code)) return this.tryLater(error);
    if (error && error.code !== 'INVALID_REFRESH_TOKEN') return show(error);
    const pending = this.logins.pending(this.names);
    if (pending) this.logins.drop(pending.state);
    if (pending && !isReload()) return show(this.transport.error('CANCELLED'));
    return isAutomatic ? this.begin('BASE').catch(() => undefined) : show(error);
  }

  /** The code is still good, and the service is not to be reached: goes on trying, as long as the code is good. */
  private tryLater(error: GuiyiError): void {
    this.session.set('unreachable', { error });
    this.timer = setTimeout(() => void this.enter(null), Math.max(LATER, (error.retryAfter ?? 0) * 1_000));
  }

  private hint(error: GuiyiError | null): Hint | null {
    const hasApp = appFor(this.where.environment, this.options.apps) !== undefined;
    return hasApp ? hintOf(error) : 'open-in-wechat';
  }

  /** Leaves for WeChat's page. Two calls at the same time are one. */
  begin(scope: LoginScope): Promise<void> {
    this.beginning ??= this.leave(scope).finally(() => (this.beginning = null));
    return this.beginning;
  }

  private async leave(scope: LoginScope): Promise<void> {
    const { isAuthenticated, user } = this.session.state;
    try {
      const app = appFor(this.where.environment, this.options.apps);
      if (app === undefined) throw this.transport.error('OPEN_IN_WECHAT');
      if (!this.logins.isDurable) throw this.transport.error('STORAGE_UNAVAILABLE');
      this.session.set('leaving', { user });
      const from = withoutReturn(new URL(location.href));
      const verifier = newVerifier();
      const input = { app, returnTo: this.returnTo, scope, codeChallenge: await challengeOf(verifier) };
      const { state, authorizeUrl } = (await this.transport.send(BEGIN_LOGIN, { input })).beginLogin;
      if (!/^https?:\/\//.test(authorizeUrl)) throw this.transport.error('BAD_ANSWER');
      this.logins.put({ app, state, verifier, from, at: Date.now() });
      markEntry(state);
      (this.options.redirect ?? ((url) => location.replace(url)))(authorizeUrl);
    } catch (failure) {
      const error = failure as GuiyiError;
      this.session.set(isAuthenticated ? 'authenticated' : 'anonymous', {
        user,
        error,
        hint: this.hint(error),
      });
      throw error;
    }
  }

  /** The browser shows this page again as it was left, from its memory. */
  async cameBack(): Promise<void> {
    if (this.session.state.status !== 'leaving') return;
    if (leftEntry() !== null && leftEntry() === this.logins.finished) this.leavePage();
    markEntry(null);
    this.session.set('loading');
    await this.enter(null);
  }

  /** The person came back to a page that only led to WeChat: goes on to the page before it. */
  private leavePage(): void {
    history.back();
    // Where there is none before it, the person wants out of WeChat's browser.
    const timer = setTimeout(closeWindow, RETRY_PAUSE);
    addEventListener('pagehide', () => clearTimeout(timer), { once: true });
  }

  /** Brings the person back to where they were. */
  private placeOf(login: Login | undefined, which: 'same-page' | 'other-page'): void {
    if (!login?.from.startsWith(`${location.origin}/`) || login.from === location.href) return;
    const isSamePage = new URL(login.from).pathname === location.pathname;
    if (isSamePage !== (which === 'same-page')) return;
    if (!isSamePage && this.options.navigate) return this.options.navigate(login.from);
    goTo(login.from, !isSamePage && this.isDurable);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}

const hintOf = (error: GuiyiError | null): Hint | null => (error && HINTS[error.code]) ?? null;
