// Runs the Guiyi binary with the demo company, in its own directory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Starts `guiyi demo`. */
export async function openGuiyi() {
  const folder = await mkdtemp(join(tmpdir(), 'guiyi-http-'));
  const [api, sandbox] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  // The caller's own Guiyi settings must not apply to this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GUIYI_')));
  const child = spawn(process.env.GUIYI, ['demo'], {
    cwd: folder,
    env: { ...env, GUIYI_HTTP__LISTEN: api, GUIYI_SANDBOX__LISTEN: sandbox, GUIYI_SANDBOX__SHOP: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const close = async () => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true });
  };
  for (let tries = 0; !(await fetch(`http://${api}/readyz`).catch(() => ({ ok: false }))).ok; tries++) {
    if (tries === 400 || child.exitCode !== null) throw new Error(`guiyi did not start:\n${log}`);
    await wait(50);
  }
  const url = `http://${api}/graphql`;
  return { url, close, signIn: () => signIn(url, sandbox) };
}

/** Logs Lan in through the mini program; returns her access token. */
async function signIn(url, sandbox) {
  const { code } = await post(`http://${sandbox}/_sandbox/codes`, { app: 'mini', person: 'lan' });
  const query = 'mutation ($code: String!) { wechatLogin(code: $code, app: "mini") { accessToken } }';
  const answer = await post(url, { query, variables: { code } });
  return answer.data.wechatLogin.accessToken;
}

async function post(url, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return answer.json();
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
