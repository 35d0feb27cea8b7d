// better-auth, as published: a website. Its addresses are in its code.
import { test } from 'node:test';
import { openBrowser, scanAs, serve, welcomes } from '../browser.mjs';
import { betterAuthSite } from '../demo/better-auth.mjs';
import { APPS, identityOf } from '../sandbox.mjs';

const { site } = APPS;

test('a person scans the QR code of a website', async (t) => {
  const origin = await serve(t, (own) => betterAuthSite(own, site));
  const context = await openBrowser(t);
  const page = await context.newPage();

  await page.goto(origin);
  await page.getByText('Log in with WeChat').click();
  await page.waitForURL('https://open.weixin.qq.com/**');
  await scanAs(context, page, '兰心🌿');

  await welcomes(page, { nickname: '兰心🌿', ...(await identityOf('site', 'lan')) });
});
