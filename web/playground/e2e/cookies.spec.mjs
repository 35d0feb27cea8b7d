// The refresh token in a cookie, in a real browser: what its scripts can read, and what another site can do with it.
// GUIYI_URL points to a running demo; the browser calls it `localhost`, where it takes a secure cookie without TLS.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const NAME = '__Host-guiyi-refresh';
const LOG_IN = `mutation ($code: String!) { wechatLogin(code: $code, app: "mini") { accessToken refreshToken } }`;
const REFRESH = 'mutation { refreshSession { accessToken refreshToken } }';

const url = new URL(process.env.GUIYI_URL);
url.hostname = 'localhost';
const api = url.origin;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
// Another site: browsers hold 127.0.0.1 and localhost for two.
const elsewhere = createServer((_, response) =>
  response.setHeader('content-type', 'text/html').end('<p>hello'),
);
await new Promise((ready) => elsewhere.listen(0, '127.0.0.1', ready));
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  // Any address of the API without a policy of its own.
  await page.goto(`${api}/healthz`);
  const cookie = async () => (await context.cookies(api)).find(({ name }) => name === NAME);

  const login = await send(page, LOG_IN, { code: await loginCode() });
  assert.equal(login.data?.wechatLogin.refreshToken, null, JSON.stringify(login));
  const first = await cookie();
  assert.deepEqual(
    {
      httpOnly: first.httpOnly,
      secure: first.secure,
      sameSite: first.sameSite,
      path: first.path,
      domain: first.domain,
    },
    { httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: 'localhost' },
  );
  assert.equal(await page.evaluate(() => document.cookie), '');
  assert.ok(!JSON.stringify(login).includes(first.value));

  const refreshed = await send(page, REFRESH);
  assert.ok(refreshed.data?.refreshSession.accessToken, JSON.stringify(refreshed));
  const second = await cookie();
  assert.notEqual(second.value, first.value);

  // In the same browser, a page of another site asks in every way that it can.
  const other = await context.newPage();
  await other.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
  const outcomes = await other.evaluate(attack, { api, query: REFRESH });
  assert.deepEqual(outcomes, ['refused by CORS', 'sent blindly', 'sent blindly']);
  await other.setContent(
    `<form method="post" enctype="text/plain" action="${api}/graphql"><input name='{"query":"${REFRESH}","x":"' value='"}'></form>`,
  );
  await Promise.all([other.waitForNavigation(), other.evaluate(() => document.forms[0].submit())]);
  await other.goto(`${api}/graphql?query=${encodeURIComponent(REFRESH)}`);
  assert.match(await other.content(), /errors/);
  assert.equal((await cookie()).value, second.value);
  assert.ok((await send(page, REFRESH)).data?.refreshSession, 'the session went on through all of it');

  assert.deepEqual((await send(page, 'mutation { logout }')).data, { logout: true });
  assert.equal(await cookie(), undefined);
  console.log('ok  a refresh token in a cookie is read by no script and used by no other site');
} finally {
  elsewhere.close();
  await browser.close();
}

/** As a page of the app sends it, with the one setting. */
function send(page, query, variables = {}) {
  return page.evaluate(
    async ({ query, variables }) => {
      const headers = { 'content-type': 'application/json', 'guiyi-session': 'cookie' };
      const body = JSON.stringify({ query, variables });
      const answer = await fetch('/graphql', { method: 'POST', credentials: 'include', headers, body });
      return answer.json();
    },
    { query, variables },
  );
}

/** With the header, which CORS has to allow; without it; and with a content type that needs no permission. */
async function attack({ api, query }) {
  const body = JSON.stringify({ query });
  const tries = [
    { credentials: 'include', headers: { 'content-type': 'application/json', 'guiyi-session': 'cookie' } },
    { credentials: 'include', mode: 'no-cors', headers: { 'content-type': 'text/plain' } },
    {
      credentials: 'include',
      mode: 'no-cors',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  ];
  const outcomes = [];
  for (const settings of tries) {
    const sent = fetch(`${api}/graphql`, { method: 'POST', body, ...settings });
    outcomes.push(await sent.then(() => 'sent blindly').catch(() => 'refused by CORS'));
  }
  return outcomes;
}

/** A code of the demo's local WeChat. */
async function loginCode() {
  const config = await (await fetch(`${process.env.GUIYI_URL}/playground/config.json`)).json();
  const answer = await fetch(`${config.sandbox}/_sandbox/codes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app: 'mini', person: 'lan', scope: 'snsapi_userinfo' }),
  });
  return (await answer.json()).code;
}
