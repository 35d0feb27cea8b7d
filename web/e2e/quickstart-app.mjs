// The quick start of packages/client/README.md as an app, to the letter: an empty Vite app, the packed client, and `guiyi demo`.
// GUIYI_BINARY is the path of the binary.
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answers, freePort } from './servers.mjs';

const run = promisify(execFile);
const root = new URL('../', import.meta.url);
const readme = await readFile(new URL('packages/client/README.md', root), 'utf8');

/** The user agent of WeChat's browser. */
export const WECHAT =
  'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49';

/** A block of the README. */
export const block = (language, nth = 1) => readme.split(`\`\`\`${language}\n`)[nth].split('```')[0];

/** The app with its demo, each on a port of its own. */
export class QuickStart {
  children = [];

  /**
   * Makes the app and starts the demo. With `isOwnPage` the login returns to the page itself, as it does for an app of your own:
   * the app then takes the place of the demo shop's page. `more` is added to the app's code.
   */
  static async make({ isOwnPage = false, more = '' } = {}) {
    const app = new QuickStart();
    app.isOwnPage = isOwnPage;
    app.folder = await mkdtemp(join(tmpdir(), 'guiyi-quickstart-'));
    try {
      [app.apiPort, app.sandboxPort, app.pagePort] = [await freePort(), await freePort(), await freePort()];
      await app.write(more);
      await app.startDemo();
    } catch (error) {
      await app.close();
      throw error;
    }
    return app;
  }

  get url() {
    return this.isOwnPage ? `http://127.0.0.1:${this.pagePort}/shop` : `http://localhost:${this.pagePort}/`;
  }
  get api() {
    return `http://127.0.0.1:${this.apiPort}/graphql`;
  }
  get sandbox() {
    return `http://127.0.0.1:${this.sandboxPort}`;
  }

  async close() {
    this.isClosed = true;
    for (const child of this.children) child.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Serves the app: `[]` with Vite's server for development, `['preview']` as it was built. */
  async serve(command = []) {
    const vite = join(this.folder, 'node_modules/vite/bin/vite.js');
    if (command.length > 0) await run(process.execPath, [vite, 'build'], { cwd: this.folder });
    const args = ['--port', String(this.pagePort), '--strictPort', '--host', new URL(this.url).hostname];
    this.start(process.execPath, [vite, ...command, ...args], process.env);
    await answers(this.url);
  }

  async write(more) {
    const { folder } = this;
    const client = new URL('packages/client/', root);
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: client });
    const { devDependencies } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
    const manifest = { name: 'quickstart', private: true, type: 'module' };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'index.html'), block('html'));
    const { hostname } = new URL(this.url);
    const code = block('js').replace('localhost:8000', `${hostname}:${this.apiPort}`);
    const own = this.isOwnPage ? code.replace(/ +returnTo: .*\n/, '') : code;
    await writeFile(join(folder, 'main.js'), own + more);
    await mkdir(join(folder, 'public'));
    await writeFile(join(folder, 'public/main.txt'), own);
    const packages = [join(folder, stdout.trim()), `vite@${devDependencies.vite}`];
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], {
      cwd: folder,
    });
  }

  async startDemo() {
    const settings = [...block('sh', 2).matchAll(/--set '?(\S+?)'?(?=\s|$)/g)].map(([, setting]) =>
      setting.replaceAll('localhost:5173', `localhost:${this.pagePort}`),
    );
    const args = this.isOwnPage ? [] : settings.flatMap((setting) => ['--set', setting]);
    // The caller's own Guiyi settings must not apply to this one.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('GUIYI_')),
    );
    const ports = {
      GUIYI_HTTP__LISTEN: `127.0.0.1:${this.apiPort}`,
      GUIYI_SANDBOX__LISTEN: `127.0.0.1:${this.sandboxPort}`,
      // The demo's own shop is on the other loopback address.
      GUIYI_SANDBOX__SHOP: this.isOwnPage ? `[::1]:${this.pagePort}` : '',
    };
    this.start(process.env.GUIYI_BINARY, ['demo', ...args], { ...env, ...ports });
    await answers(`http://127.0.0.1:${this.apiPort}/readyz`);
  }

  start(command, args, env) {
    const child = spawn(command, args, { cwd: this.folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.on('data', (text) => (log = (log + text).slice(-4_000)));
    child.on('exit', (code) => code && !this.isClosed && console.error(log));
    this.children.push(child);
  }
}

/** Answers WeChat's page, or the one with the QR code, as lan. */
export async function beLan(page) {
  await page.getByText('兰心').first().click();
  const allow = page.locator('button.allow');
  if (await allow.isVisible().catch(() => false)) await allow.click();
}
