// The quick start of packages/client/README.md, to the letter, in a browser: in WeChat and outside.
// GUIYI_BINARY is the path of the binary, CHROMIUM that of the browser.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chromium } from 'playwright-core';
import { beLan, block, QuickStart, WECHAT } from './quickstart-app.mjs';

const lines = (text) => text.split('\n').filter((line) => line.trim() !== '').length;
assert.ok(lines(block('html')) + lines(block('js')) < 25, 'the quick start has fewer than 25 lines');

const app = await QuickStart.make();
try {
  await app.serve();
  await walk(app.url, () => consent(app));
} finally {
  await app.close();
}

async function walk(url, between) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  try {
    for (const userAgent of [WECHAT, undefined]) {
      const context = await browser.newContext({ userAgent, locale: 'zh-CN' });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(url);
      if (!userAgent) await page.click('#login');
      await beLan(page);
      await page.waitForURL(url);
      const first = await ordersOf(page);
      assert.match(first[0], /: \d+\.\d\d$/);

      await page.reload();
      assert.deepEqual(await ordersOf(page), first);
      assert.equal(new URL(page.url()).search, '');
      console.log(
        `ok      the quick start shows ${first.length} orders ${userAgent ? 'in WeChat' : 'in a browser'}`,
      );
      await context.close();
      if (userAgent) await between();
    }
  } finally {
    await browser.close();
  }
}

/** Lan consents to the shop once: before that, nothing tells that the openId of the shop and the website's visitor are one. */
async function consent({ api, sandbox, url }) {
  const verifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  const input = { app: 'shop', returnTo: `${url}playground`, codeChallenge };
  const begin = 'mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }';
  const { beginLogin } = await post(api, { query: begin, variables: { input } });
  const { code } = await post(`${sandbox}/_sandbox/codes`, {
    app: 'shop',
    person: 'lan',
    scope: 'snsapi_userinfo',
  });
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { unionId } }';
  const finish = { code, state: beginLogin.state, codeVerifier: verifier };
  assert.ok((await post(api, { query: login, variables: { input: finish } })).login.unionId);
}

async function post(url, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer));
  return answer.data ?? answer;
}

async function ordersOf(page) {
  await page.locator('#orders', { hasText: ':' }).waitFor();
  return (await page.locator('#orders').textContent()).split('\n');
}
