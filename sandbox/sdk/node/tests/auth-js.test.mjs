// Auth.js, as published: an official account and a website under WeChat's addresses, and under others by its options.
import { test } from 'node:test';
import { agreeAs, openBrowser, scanAs, serve, welcomes } from '../browser.mjs';
import { authJsSite } from '../demo/auth-js.mjs';
import { APPS, PLAIN_SANDBOX, identityOf } from '../sandbox.mjs';

const { shop, site } = APPS;

// Auth.js packs the way back into `state`, which takes more than the 128 bytes that WeChat allows an official account.
// What binds the browser is then the cookie of its other check; WeChat ignores what goes with it in the address.
const SHORT = { checks: ['pkce'] };

test('a person logs in to a page of an official account', async (t) => {
  const origin = await serve(t, () => authJsSite(shop, { platformType: 'OfficialAccount', ...SHORT }));
  const page = await (await openBrowser(t)).newPage();

  await signIn(page, origin);
  await agreeAs(page, '兰心🌿');

  await welcomes(page, { nickname: '兰心🌿', ...(await identityOf('shop', 'lan')) });
});

test('a person scans the QR code of a website', async (t) => {
  const origin = await serve(t, () => authJsSite(site, { platformType: 'WebsiteApp' }));
  const context = await openBrowser(t);
  const page = await context.newPage();

  await signIn(page, origin);
  await scanAs(context, page, '阿伟');

  await welcomes(page, { nickname: '阿伟', ...(await identityOf('site', 'wei')) });
});

test('its own state is too long for a page of an official account', async (t) => {
  const origin = await serve(t, () => authJsSite(shop, { platformType: 'OfficialAccount' }));
  const page = await (await openBrowser(t)).newPage();

  await signIn(page, origin);

  await page.getByText('state 超过 128 字节').waitFor();
});

test('with other addresses in its options it needs no hosts file and no TLS', async (t) => {
  const authorization = { url: `${PLAIN_SANDBOX}/open.weixin.qq.com/connect/oauth2/authorize` };
  const token = { url: `${PLAIN_SANDBOX}/api.weixin.qq.com/sns/oauth2/access_token` };
  const userinfo = { url: `${PLAIN_SANDBOX}/api.weixin.qq.com/sns/userinfo` };
  const origin = await serve(t, () => authJsSite(shop, { ...SHORT, authorization, token, userinfo }));
  const page = await (await openBrowser(t)).newPage();

  await signIn(page, origin);
  await agreeAs(page, '兰心🌿');

  // Both sandboxes have the same company, so the same people.
  await welcomes(page, { nickname: '兰心🌿', ...(await identityOf('shop', 'lan')) });
});

/** By the page that Auth.js brings along. */
async function signIn(page, origin) {
  await page.goto(`${origin}/auth/signin`);
  await page.getByText('Sign in with WeChat').click();
}
