// Firefox by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), which it speaks without a driver.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { asFunction, type Cookie, type Engine } from './engine.js';

const PATHS = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];
/** How long Firefox may take to start, and to answer a command, in milliseconds. */
const PATIENCE = 30_000;

interface Waiting {
  resolve: (result: Record<string, unknown>) => void;
  reject: (error: Error) => void;
}

export class Firefox implements Engine {
  readonly origins = new Set<string>();
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private user = '';
  private page = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.on('message', (text) => this.hear(JSON.parse(String(text))));
    socket.on('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('Firefox has ended'));
    });
  }

  static async start(): Promise<Firefox> {
    const path = process.env['FIREFOX'] || PATHS.find((path) => existsSync(path));
    if (!path) throw new Error('Firefox is not installed: apt-get install firefox-esr');
    const profile = await mkdtemp(join(tmpdir(), 'guiyi-firefox-'));
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
    const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const socket = new WebSocket(`${await addressOf(child)}/session`);
    await new Promise((done, fail) => socket.once('open', done).once('error', fail));
    const started = new Firefox(child, profile, socket);
    await started.send('session.new', { capabilities: {} });
    await started.send('session.subscribe', { events: ['network.beforeRequestSent'] });
    return started;
  }

  stop(): void {
    this.socket.close();
    this.child.once('exit', () => void rm(this.profile, { recursive: true, force: true }));
    this.child.kill();
  }

  async open(): Promise<void> {
    const { userContext } = await this.send('browser.createUserContext', {});
    const { context } = await this.send('browsingContext.create', { type: 'tab', userContext });
    Object.assign(this, { user: userContext, page: context });
  }

  async close(): Promise<void> {
    await this.send('browser.removeUserContext', { userContext: this.user });
  }

  async goto(url: string): Promise<void> {
    await this.send('browsingContext.navigate', { context: this.page, url, wait: 'complete' });
  }

  async back(): Promise<void> {
    await this.send('browsingContext.traverseHistory', { context: this.page, delta: -1 });
  }

  async reload(): Promise<void> {
    await this.send('browsingContext.reload', { context: this.page, wait: 'complete' });
  }

  async title(): Promise<string> {
    return String(await this.evaluate('return document.title'));
  }

  async address(): Promise<string> {
    return String(await this.evaluate('return location.href'));
  }

  async evaluate(script: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send('script.callFunction', {
      // As text: the protocol's own form of values is for other purposes.
      functionDeclaration: `async () => JSON.stringify(await (${asFunction(script)})())`,
      awaitPromise: true,
      target: { context: this.page },
      userActivation: true,
    });
    if (exceptionDetails) throw new Error((exceptionDetails as { text: string }).text);
    const { value } = result as { value?: string };
    return value === undefined ? undefined : JSON.parse(value);
  }

  async cookies(): Promise<Cookie[]> {
    const partition = { type: 'context', context: this.page };
    const { cookies } = await this.send('storage.getCookies', { partition });
    return cookies as Cookie[];
  }

  private send(method: string, params: object): Promise<Record<string, unknown>> {
    const id = (this.last += 1);
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => reject(new Error(`no answer to ${method}`)), PATIENCE);
      const ended = (then: () => void) => {
        clearTimeout(tooLate);
        this.waiting.delete(id);
        then();
      };
      this.waiting.set(id, {
        resolve: (result) => ended(() => resolve(result)),
        reject: (error) => ended(() => reject(error)),
      });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  private hear(message: Record<string, unknown>): void {
    const { id, type, result, error, message: text, params } = message;
    if (type === 'event') {
      const { request } = params as { request?: { url: string } };
      if (request && /^(https?|wss?):/.test(request.url)) this.origins.add(new URL(request.url).origin);
      return;
    }
    const waiting = this.waiting.get(id as number);
    if (type === 'success') waiting?.resolve(result as Record<string, unknown>);
    else waiting?.reject(new Error(`${String(error)}: ${String(text)}`));
  }
}

/** The address that Firefox prints when it listens. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let told = '';
    const tooLate = setTimeout(() => fail(new Error(`Firefox does not start: ${told}`)), PATIENCE);
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`Firefox ends with ${code}: ${told}`)));
    child.stderr?.on('data', (text) => {
      told += String(text);
      const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(told) ?? [];
      if (!address) return;
      clearTimeout(tooLate);
      done(address);
    });
  });
}
