/**
 * The login by a QR code, for a page on a computer: the page shows the code, the person scans it with WeChat and confirms
 * on the phone, and the page is told each step as it happens.
 *
 * @packageDocumentation
 */

import { challengeOf, newVerifier } from './challenge.js';
import type { Guiyi } from './client.js';
import type { GuiyiError } from './errors.js';
import type { QrLogin as Step, QrLoginWay } from './generated.js';
import { QR_LOGIN, START_QR_LOGIN } from './qr-documents.js';
import { watchBySocket } from './qr-socket.js';

export type { QrLoginWay } from './generated.js';

/** The settings of a login by a QR code. */
export interface QrLoginOptions {
  /** The name of an official account. */
  readonly app: string;
  /** What the code leads to. `FOLLOW`, the default: the account. `PAGE`: a page of the service. */
  readonly way?: QrLoginWay;
  /** Replaces `WebSocket`; null: the page asks by requests only. */
  readonly socket?: typeof WebSocket | null;
}

/** A login by a QR code, as `startQrLogin` returns it. */
export interface StartedQrLogin {
  /** The text to draw as a QR code. */
  readonly text: string;
  /** Two digits to show beside it: the phone shows them, too. */
  readonly checkNumber: string;
  /** When the code expires, as an ISO 8601 time. */
  readonly expiresAt: string;
  /** @internal */
  readonly secret: { readonly state: string; readonly verifier: string };
  /** @internal */
  readonly options: QrLoginOptions;
}

/**
 * How far a login is. `waiting`, `scanned` and `confirmed` go on by themselves; the others are the end. After `refused` and
 * `expired`, start again for another code.
 */
export type QrLoginState =
  | { readonly status: 'waiting' | 'scanned' | 'confirmed' | 'signed-in' | 'refused' | 'expired' }
  | { readonly status: 'failed'; readonly error: GuiyiError };

const STATES = {
  WAITING: 'waiting',
  SCANNED: 'scanned',
  CONFIRMED: 'confirmed',
  REFUSED: 'refused',
  EXPIRED: 'expired',
} as const;
/** The pause between two requests, where there is no socket. */
const PAUSE = 2_000;
/** How long a code lives at most, and a while for a service that does not answer. */
const LIFE = 330_000;

/** Starts a login. Rejects with the service's error. */
export async function startQrLogin(guiyi: Guiyi, options: QrLoginOptions): Promise<StartedQrLogin> {
  const { app, way = 'FOLLOW' } = options;
  const verifier = newVerifier();
  const input = { app, way, codeChallenge: await challengeOf(verifier) };
  const { startQrLogin: started } = await guiyi.transport.send(START_QR_LOGIN, { input });
  const { state, qrText: text, checkNumber, expiresAt } = started;
  return { text, checkNumber, expiresAt, secret: { state, verifier }, options };
}

/**
 * Tells each step of a login, and signs the person in. Uses a socket, and asks every two seconds on networks that block
 * sockets. Returns a function that stops it; call it when the page shows the code no more.
 */
export function watchQrLogin(
  guiyi: Guiyi,
  login: StartedQrLogin,
  tell: (state: QrLoginState) => void,
): () => void {
  const watcher = new Watcher(guiyi, login, tell);
  watcher.begin();
  return () => watcher.stop();
}

class Watcher {
  private told: QrLoginState['status'] | undefined;
  private isOver = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closeSocket = (): void => undefined;
  private readonly since = Date.now();

  constructor(
    private readonly guiyi: Guiyi,
    private readonly login: StartedQrLogin,
    private readonly report: (state: QrLoginState) => void,
  ) {}

  begin(): void {
    const { options, secret } = this.login;
    const { socket = globalThis.WebSocket ?? null } = options;
    if (!socket) return void this.ask();
    this.closeSocket = watchBySocket(socket, this.guiyi.options.endpoint, secret.state, {
      step: (step) => this.hear(step),
      lost: () => void this.ask(),
    });
  }

  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.closeSocket();
  }

  private tell(state: QrLoginState): void {
    if (this.isOver || state.status === this.told) return;
    this.told = state.status;
    if (!['waiting', 'scanned', 'confirmed'].includes(state.status)) this.stop();
    this.report(state);
  }

  private hear({ status, code }: Step): void {
    if (this.isOver || this.told === 'confirmed') return;
    this.tell({ status: STATES[status] });
    if (status === 'CONFIRMED') void this.finish(code ?? '');
  }

  private async finish(code: string): Promise<void> {
    const { options, secret } = this.login;
    // The page is told the end of the login, and not that of its socket.
    this.closeSocket();
    try {
      await this.guiyi.signIn.finish({ app: options.app, ...secret, code, from: '', at: Date.now() });
      this.tell({ status: 'signed-in' });
    } catch (error) {
      this.tell({ status: 'failed', error: error as GuiyiError });
    }
  }

  private async ask(): Promise<void> {
    if (this.isOver) return;
    let pause = PAUSE;
    try {
      const { state } = this.login.secret;
      this.hear((await this.guiyi.transport.send(QR_LOGIN, { state })).qrLogin);
    } catch (error) {
      // The code lives on, whatever becomes of one request.
      pause = Math.max(PAUSE, ((error as GuiyiError).retryAfter ?? 0) * 1_000);
      if (Date.now() - this.since >= LIFE) this.tell({ status: 'failed', error: error as GuiyiError });
    }
    if (!this.isOver && this.told !== 'confirmed') this.timer = setTimeout(() => void this.ask(), pause);
  }
}
