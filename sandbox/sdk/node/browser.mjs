// A browser on a phone's screen whose hosts file leads to the sandbox, and the moves a person makes in it.
// It is somebody new in every test.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { WECHAT } from './hosts.mjs';
import { TLS_SANDBOX } from './sandbox.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, locale: 'zh-CN', ignoreHTTPSErrors: true };
const RULES = [
  ...WECHAT.map((host) => `MAP ${host}:443 ${new URL(TLS_SANDBOX).host}`),
  'MAP * ~NOTFOUND',
  'EXCLUDE 127.0.0.1',
];
const FLAGS = [
  '--no-sandbox',
  '--no-proxy-server',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=${RULES.join(', ')}`,
];

/** Opens a browser for one test; all its pages are the same person's. */
export async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  t.after(() => browser.close());
  const context = await browser.newContext(PHONE);
  context.setDefaultTimeout(15_000);
  return context;
}

/** Serves a site on a free port for one test; `siteOf` makes it, knowing where it will be. */
export async function serve(t, siteOf) {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  server.on('request', siteOf(origin));
  return origin;
}

/** On WeChat's page: says who one is, and agrees. */
export async function agreeAs(page, nickname) {
  await page.getByText(nickname).first().click();
  await page.getByRole('button', { name: '允许' }).click();
}

/** With a phone of one's own: scans the QR code of a page or of a frame in it, and agrees. */
export async function scanAs(context, frame, nickname) {
  const picture = await frame.locator('img.qrcode').getAttribute('src');
  const uuid = picture.split('/').at(-1);
  const phone = await context.newPage();
  await phone.goto(`https://open.weixin.qq.com/connect/confirm?uuid=${uuid}`);
  await agreeAs(phone, nickname);
}

/** Compares who a demo site welcomes with who it should be. */
export async function welcomes(page, somebody) {
  await page.getByRole('heading', { name: 'Welcome' }).waitFor();
  const shown = (name) => page.locator(`#${name}`).textContent();
  const seen = {
    nickname: await shown('nickname'),
    openId: await shown('openId'),
    unionId: await shown('unionId'),
  };
  assert.deepEqual(seen, somebody);
}
