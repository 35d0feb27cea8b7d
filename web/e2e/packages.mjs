// The packages as they are published: packed, installed into empty apps of Vite, webpack and Next.js, built, type-checked, and
// opened in a browser. The bundlers come from the npm registry.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { answers, freePort } from './servers.mjs';

const VERSIONS = {
  vite: '8.3.8',
  webpack: '5.113.0',
  'webpack-cli': '7.3.1',
  next: '16.4.6',
  react: '19.3.1',
  vue: '3.5.45',
};
const version = (name) => `${name}@${VERSIONS[name]}`;
const REACT = [version('react'), `react-dom@${VERSIONS.react}`];
const TYPES = ['typescript@5.9.3', '@types/react@19.3.0', '@types/react-dom@19.3.0', '@types/node@20.19.43'];

const root = new URL('../', import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'guiyi-packages-'));
const sh = (cwd, command, ...args) =>
  promisify(execFile)(command, args, {
    cwd,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1' },
    maxBuffer: 1 << 24,
  });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

const SETTINGS = `{ endpoint: 'http://127.0.0.1:9/graphql', apps: { browser: 'site' } }`;
const VANILLA = `
  import { createGuiyi, GuiyiError, type SessionState } from '@guiyi/client';
  import { ORDERS, type OrdersQuery } from '@guiyi/client/operations';
  const guiyi = createGuiyi(${SETTINGS});
  const show = () => { const state: SessionState = guiyi.state; document.title = state.status; };
  guiyi.subscribe(show);
  void guiyi.start();
  export const orders = (): Promise<OrdersQuery> => guiyi.request(ORDERS, { first: 5 });
  export const isOurs = (error: unknown) => error instanceof GuiyiError && error.code === 'NETWORK';
`;
const VUE = `
  import { createGuiyi } from '@guiyi/client';
  import { guiyi, useSession } from '@guiyi/vue';
  import { createApp, defineComponent, watchEffect } from 'vue';
  const App = defineComponent(() => { const { status } = useSession(); watchEffect(() => { document.title = status.value; }); return () => null; });
  createApp(App).use(guiyi(createGuiyi(${SETTINGS}))).mount('body');
`;
const REACT_CLIENT = `'use client';
  import { createGuiyi } from '@guiyi/client';
  import { GuiyiProvider, useOrders, useSession } from '@guiyi/react';
  import { useEffect } from 'react';
  const client = createGuiyi(${SETTINGS});
  function Page() {
    const { status } = useSession();
    const { orders } = useOrders();
    useEffect(() => { document.title = status; }, [status]);
    return <p>{orders.length}</p>;
  }
  export default function Guiyi() { return <GuiyiProvider client={client}><Page /></GuiyiProvider>; }
`;
const LAYOUT = `import type { ReactNode } from 'react';
  export default function Layout({ children }: { children: ReactNode }) { return <html lang="zh-CN"><body>{children}</body></html>; }`;
const PAGE = `import Guiyi from './guiyi'; export default function Page() { return <Guiyi />; }`;

const tests = {
  async 'Node.js loads ES modules and CommonJS'(app, tarballs) {
    await install(app, [...tarballs, ...REACT, version('vue')]);
    const names = [
      '@guiyi/client',
      '@guiyi/client/operations',
      '@guiyi/client/js-sdk',
      '@guiyi/client/avatar',
      '@guiyi/client/phone',
      '@guiyi/client/orders',
      '@guiyi/react',
      '@guiyi/vue',
    ];
    const code = names
      .map((name) => `if (Object.keys(require('${name}')).length === 0) throw '${name}';`)
      .join('');
    await sh(app, process.execPath, '-e', code);
    await sh(
      app,
      process.execPath,
      '--input-type=module',
      '-e',
      names.map((name) => `import '${name}';`).join(''),
    );
    await sh(
      app,
      process.execPath,
      '-e',
      `if (!require('@guiyi/miniprogram').createGuiyi) throw 'no createGuiyi';`,
    );
  },

  async 'TypeScript finds the types of both'(app, tarballs) {
    await install(app, [...tarballs, ...REACT, version('vue'), ...TYPES]);
    await write(app, {
      'module.mts': VANILLA,
      'common.cts': VANILLA,
      'app.tsx': REACT_CLIENT,
      'mini.cts': `import { createGuiyi, type Schema } from '@guiyi/miniprogram'; export const check: Schema.PhoneCheck = 'QUICK'; export const make = () => createGuiyi({ endpoint: '', app: 'mini' });`,
    });
    const strict = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      'false',
      '--lib',
      'es2022,dom,dom.iterable',
      '--jsx',
      'react-jsx',
      '--types',
      'node',
    ];
    const tsc = join(app, 'node_modules/.bin/tsc');
    await sh(
      app,
      tsc,
      ...strict,
      '--module',
      'nodenext',
      '--target',
      'es2022',
      'module.mts',
      'common.cts',
      'mini.cts',
    );
    await sh(
      app,
      tsc,
      ...strict,
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--target',
      'es2022',
      'app.tsx',
    );
  },

  async 'an app of Vite'(app, tarballs) {
    await install(app, [...tarballs, version('vite'), version('vue')]);
    for (const [name, source] of Object.entries({ vanilla: VANILLA, vue: VUE })) {
      await write(app, { 'index.html': '<script type="module" src="/main.ts"></script>', 'main.ts': source });
      await sh(app, join(app, 'node_modules/.bin/vite'), 'build');
      await opens(join(app, 'dist'), name);
    }
  },

  async 'an app of webpack'(app, tarballs) {
    await install(app, [...tarballs, version('webpack'), version('webpack-cli')]);
    await write(app, {
      'src/index.js': VANILLA.replace(/type \w+|, type \w+/g, '').replace(
        /: [A-Z]\w*(<\w+>)?(?= =)|: unknown|: Promise<OrdersQuery>/g,
        '',
      ),
      'dist/index.html': '<script src="/main.js"></script>',
    });
    await sh(app, join(app, 'node_modules/.bin/webpack'), '--mode', 'production', '--target', 'web');
    await opens(join(app, 'dist'), 'webpack');
  },

  async 'an app of Next.js, rendered by its server'(app, tarballs) {
    await install(app, [...tarballs, version('next'), ...REACT, ...TYPES]);
    await write(app, { 'app/layout.tsx': LAYOUT, 'app/page.tsx': PAGE, 'app/guiyi.tsx': REACT_CLIENT });
    const next = join(app, 'node_modules/next/dist/bin/next');
    await sh(app, process.execPath, next, 'build');
    const port = await freePort();
    const server = spawn(process.execPath, [next, 'start', '--port', String(port)], {
      cwd: app,
      stdio: 'ignore',
    });
    try {
      await answers(`http://127.0.0.1:${port}/`);
      await shows(`http://127.0.0.1:${port}/`, 'Next.js');
    } finally {
      server.kill();
    }
  },
};

async function install(app, packages) {
  await write(app, { 'package.json': JSON.stringify({ name: 'empty', private: true }) });
  await sh(app, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);
}

async function write(app, files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(app, name)), { recursive: true });
    await writeFile(join(app, name), text);
  }
}

/** Opens the build in a browser, in which no service is reachable and nobody is signed in. */
async function opens(dist, name) {
  const server = createServer(async ({ url }, response) => {
    const path = join(dist, url === '/' ? 'index.html' : url);
    if (!(await stat(path).catch(() => null))) return response.writeHead(404).end();
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(200, { 'Content-Type': type }).end(await readFile(path));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  await shows(`http://127.0.0.1:${server.address().port}/`, name);
  server.closeAllConnections();
  server.close();
}

async function shows(url, name) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on(
    'console',
    (message) =>
      message.type() === 'error' && !/favicon|404/.test(message.text()) && errors.push(message.text()),
  );
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'anonymous', null, { timeout: 15_000 });
  assert.deepEqual(errors, [], name);
  await page.close();
}

let failed = 0;
try {
  const tarballs = [];
  for (const name of ['client', 'react', 'vue', 'miniprogram']) {
    const { stdout } = await sh(
      new URL(`packages/${name}/`, root),
      'npm',
      'pack',
      '--silent',
      '--pack-destination',
      folder,
    );
    tarballs.push(join(folder, stdout.trim()));
  }
  const wanted = Object.entries(tests).filter(([name]) => name.includes(process.argv[2] ?? ''));
  for (const [at, [name, test]] of wanted.entries()) {
    const app = join(folder, `app${at}`);
    await mkdir(app);
    try {
      await test(app, tarballs);
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stdout ?? ''}${error.stderr ?? ''}${error.stack}`);
    }
    await rm(app, { recursive: true, force: true });
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
