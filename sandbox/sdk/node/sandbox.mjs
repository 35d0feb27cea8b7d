// What the tests know of the sandbox: its apps, its control API, and who somebody is in the eyes of an app.
// The SDKs see none of this.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The demo company's apps, as its developers know them. */
export const APPS = {
  shop: { id: 'wxde30000000005409', secret: 'de300000000000000000000000005409' },
  site: { id: 'wxde3000000000517e', secret: 'de30000000000000000000000000517e' },
  mini: { id: 'wxde30000000003191', secret: 'de300000000000000000000000003191' },
};

/** The sandbox that speaks TLS under WeChat's names. */
export const TLS_SANDBOX = process.env.SANDBOX_TLS_URL;
/** Another one, without TLS, for SDKs that can be told another address. */
export const PLAIN_SANDBOX = process.env.SANDBOX_URL;

/** Calls the control API, and answers with what it says. */
export async function control(method, path, body, sandbox = TLS_SANDBOX) {
  const answer = await fetch(`${sandbox}/_sandbox/${path}`, { method, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} /_sandbox/${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** A login code, as if the person had just agreed on the phone. */
export async function codeOf(app, person) {
  return (await control('POST', 'codes', { app, person })).code;
}

/** Who a person is to an app, by the plain calls of WeChat's documents: what an SDK says is compared with this. */
export async function identityOf(app, person) {
  const { id, secret } = APPS[app];
  const code = await codeOf(app, person);
  const query = new URLSearchParams({ appid: id, secret, grant_type: 'authorization_code' });
  const [path, name] = app === 'mini' ? ['jscode2session', 'js_code'] : ['oauth2/access_token', 'code'];
  query.set(name, code);
  const answer = await fetch(`https://api.weixin.qq.com/sns/${path}?${query}`);
  const { openid, unionid } = await answer.json();
  return { openId: openid, unionId: unionid };
}

/** A folder for one test, for SDKs that keep their tokens in files. */
export async function folderOf(t) {
  const folder = await mkdtemp(join(tmpdir(), 'guiyi-sdk-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}
