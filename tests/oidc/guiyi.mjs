// Runs the Guiyi binary with its own configuration and a throw-away database. The tests use it by GraphQL, like clients.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Where browsers return to. No server listens there: the tests only need the address. */
export const RETURN_TO = 'https://shop.example.com/signed-in';

/** Starts `guiyi serve` for one test, with these apps of the kind `oidc`, and further settings as text. */
export async function openGuiyi(t, apps, { settings = '', address = null } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'guiyi-oidc-'));
  t.after(() => rm(folder, { recursive: true }));
  address ??= await freeAddress();
  await writeFile(join(folder, 'guiyi.toml'), `${configuration(address, apps)}\n\n${settings}`);
  // The caller's own Guiyi settings must not apply to this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GUIYI_')));
  const child = spawn(process.env.GUIYI, ['serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  const guiyi = {
    url: `http://${address}`,
    call: (query, variables, token) => call(address, query, variables, token),
    log: () => log,
  };
  await untilReady(address, child, guiyi.log);
  return guiyi;
}

function configuration(address, apps) {
  const tables = apps.map((app) => {
    const lines = Object.entries(app).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return ['[[apps]]', 'kind = "oidc"', `return_to = ["${RETURN_TO}"]`, ...lines].join('\n');
  });
  const service = [
    `[http]\nlisten = "${address}"`,
    '[database]\nurl = "sqlite://guiyi.db"',
    '[log]\nfilter = "trace,sqlx=warn"',
  ];
  return [...service, ...tables].join('\n\n');
}

async function untilReady(address, child, log) {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    const answer = await fetch(`http://${address}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`guiyi did not start:\n${log()}`);
}

/** Returns the data of an answer, or the code of its first error as `{ code }`. */
async function call(address, query, variables, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(`http://${address}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  return errors ? { code: errors[0].extensions.code } : data;
}

/** An address of this machine that nobody listens at. */
export async function freeAddress() {
  return `127.0.0.1:${await freePort()}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
