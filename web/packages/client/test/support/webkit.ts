// WebKit by WebDriver (https://www.w3.org/TR/webdriver2/): it has no other protocol here.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { asFunction, type Cookie, type Engine } from './engine.js';

const DRIVER = '/usr/bin/WebKitWebDriver';
/** WebKit's own browser; undefined where Debian's webkit2gtk-driver is not installed. */
const webkit = folders('/usr/lib', /-linux-gnu$/)
  .flatMap((folder) => folders(folder, /^webkit2gtk-/))
  .map((folder) => `${folder}/MiniBrowser`)
  .find((path) => existsSync(path));

function folders(parent: string, pattern: RegExp): string[] {
  return readdirSync(parent)
    .filter((name) => pattern.test(name))
    .map((name) => `${parent}/${name}`);
}

export class WebKit implements Engine {
  private constructor(
    private readonly processes: ChildProcess[],
    private readonly url: string,
    private session = '',
  ) {}

  /** Starts the driver on a display of its own. */
  static async start(): Promise<WebKit> {
    const port = await freePort();
    const display = `:${200 + (port % 700)}`;
    const screen = spawn('Xvfb', [display, '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
      stdio: 'ignore',
    });
    const env = { ...process.env, DISPLAY: display, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };
    const driver = spawn(DRIVER, [`--port=${port}`], { stdio: 'ignore', env });
    const started = new WebKit([driver, screen], `http://127.0.0.1:${port}`);
    for (let tries = 0; tries < 100; tries += 1) {
      if (
        await fetch(`${started.url}/status`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return started;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error('WebKitWebDriver does not answer');
  }

  stop(): void {
    for (const child of this.processes) child.kill();
  }

  async open(): Promise<void> {
    if (!webkit) throw new Error('WebKit is not installed: apt-get install webkit2gtk-driver xvfb');
    const options = { binary: webkit, args: ['--automation'] };
    // Tests that need https have a certificate of their own.
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options, acceptInsecureCerts: true } };
    const { sessionId } = (await this.send('POST', '/session', { capabilities })) as { sessionId: string };
    this.session = `/session/${sessionId}`;
  }

  async close(): Promise<void> {
    await this.send('DELETE', this.session);
  }

  async goto(url: string): Promise<void> {
    await this.send('POST', `${this.session}/url`, { url });
  }

  async back(): Promise<void> {
    await this.send('POST', `${this.session}/back`, {});
  }

  async reload(): Promise<void> {
    await this.send('POST', `${this.session}/refresh`, {});
  }

  async title(): Promise<string> {
    return (await this.send('GET', `${this.session}/title`)) as string;
  }

  async address(): Promise<string> {
    return (await this.send('GET', `${this.session}/url`)) as string;
  }

  async evaluate(script: string): Promise<unknown> {
    const body = `(${asFunction(script)})().then(arguments[arguments.length - 1]);`;
    return this.send('POST', `${this.session}/execute/async`, { script: body, args: [] });
  }

  async cookies(): Promise<Cookie[]> {
    return (await this.send('GET', `${this.session}/cookie`)) as Cookie[];
  }

  private async send(method: string, path: string, body?: unknown): Promise<unknown> {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const { value } = (await (await fetch(this.url + path, init)).json()) as { value: unknown };
    const { error, message } = Object(value) as { error?: string; message?: string };
    if (error !== undefined) throw new Error(`${error}: ${message}`);
    return value;
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
