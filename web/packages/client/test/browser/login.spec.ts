// Logins through WeChat's page, in a browser.

import { expect, test } from 'vitest';
import { settled, stateOf, visit } from '../support/browser.js';
import { SIGNED_IN, inside, site, stage } from '../support/stage.js';

stage();

test('in WeChat the person is signed in without a tap, asked for nothing', async () => {
  const page = await visit(await inside('wechatAndroid'), site);

  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  expect(
    site.service.calls.find(({ operation }) => operation === 'BeginLogin')?.variables['input'].scope,
  ).toBe('BASE');
  expect(site.visits).toBe(1);
});

test('consent is asked for on demand, while the person stays signed in', async () => {
  const page = await visit(await inside('wechatAndroid'), site);

  await page.evaluate(() => void window.client.upgrade());
  await expect.poll(() => site.service.count('SignIn')).toBe(2);
  await settled(page);
  const scopes = site.service.calls
    .filter(({ operation }) => operation === 'BeginLogin')
    .map(({ variables }) => variables['input'].scope);
  expect(scopes).toEqual(['BASE', 'USERINFO']);
  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
});

test('a website waits for a tap, and then opens the page with the QR code', async () => {
  const page = await visit(await inside('chrome'), site);
  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: null, hint: null });
  expect(site.visits).toBe(0);

  await page.evaluate(() => void window.client.login());
  await expect.poll(() => site.visits).toBe(1);
  await settled(page, /authenticated/);
  expect(site.service.calls.find(({ operation }) => operation === 'BeginLogin')?.variables['input'].app).toBe(
    'site',
  );
});

test('where nothing works the page is told to be opened in WeChat', async () => {
  const page = await visit(await inside('safariIos', { apps: { wechat: 'shop' } }), site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', hint: 'open-in-wechat' });
  const error = await page.evaluate(() =>
    window.client.login().catch((error) => [error.code, error.message]),
  );
  expect(error).toEqual(['OPEN_IN_WECHAT', '请在微信中打开此页面。']);
  expect(site.visits).toBe(0);
});

test('a snapshot page says what to tap, and does not try again', async () => {
  site.codeError = 'SNAPSHOT_USER';
  const page = await visit(await inside('wechatIos'), site);

  expect(await stateOf(page)).toMatchObject({
    status: 'anonymous',
    error: 'SNAPSHOT_USER',
    hint: 'use-full-service',
  });
  expect(site.visits).toBe(1);
});

test('what needs consent says so', async () => {
  site.codeError = 'CONSENT_REQUIRED';
  const page = await visit(await inside('wechatIos'), site);

  expect(await stateOf(page)).toMatchObject({ error: 'CONSENT_REQUIRED', hint: 'ask-consent' });
});

test('automatic logins can be switched off', async () => {
  const page = await visit(await inside('wechatIos', { automatic: false }), site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: null });
  expect(site.visits).toBe(0);
});

test('a page that stores nothing says so before it leaves', async () => {
  const context = await inside('wechatAndroid');
  await context.addInitScript(() => {
    for (const name of ['sessionStorage', 'localStorage']) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('blocked', 'SecurityError');
        },
      });
    }
  });
  const page = await visit(context, site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'STORAGE_UNAVAILABLE' });
  expect(site.visits).toBe(0);
});

test('a page whose cookies are blocked is signed in for as long as it is open, and never goes in circles', async () => {
  site.dropsCookies = true;
  const context = await inside('wechatAndroid');
  const page = await visit(context, site);
  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  expect(site.visits).toBe(1);

  await page.reload();
  await expect.poll(() => site.service.count('SignIn')).toBe(2);
  await settled(page, /authenticated/);
  expect(site.visits).toBe(2);
});

test('a service that answers nonsense is a typed error', async () => {
  site.service.next('BeginLogin', { kind: 'body', status: 502, type: 'text/html', text: '<h1>Bad gateway' });
  const page = await visit(await inside('wechatAndroid'), site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'BAD_ANSWER' });
});

test('an address that is no web address is not opened', async () => {
  site.service.authorizeUrl = 'javascript:alert(1)//';
  const page = await visit(await inside('wechatAndroid'), site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'BAD_ANSWER' });
});

test('a slow network ends in an error in time', async () => {
  site.service.next('BeginLogin', {
    kind: 'delay',
    until: new Promise((resolve) => setTimeout(resolve, 20_000)),
  });
  const page = await visit(await inside('wechatAndroid', { timeout: 300 }), site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'NETWORK' });
});

test('two taps are one login', async () => {
  const page = await visit(await inside('chrome'), site);
  site.mood = 'ask';

  await page.evaluate(() => void Promise.all([window.client.login(), window.client.login()]));
  await page.waitForSelector('#allow');
  expect(site.service.count('BeginLogin')).toBe(1);
});

test('on a page over plain http the challenge is the same', async () => {
  const context = await inside('wechatAndroid');
  await context.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));
  const page = await visit(context, site);

  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
});

test.each(['authdeny', 'state-only'] as const)(
  'a refusal that returns as %s ends in a state that the page can show',
  async (mood) => {
    site.mood = mood;
    const page = await visit(await inside('wechatAndroid'), site);

    expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'LOGIN_DENIED' });
    expect(site.visits).toBe(1);
  },
);

test('a refusal without a return ends in a state too: going back does not bounce at WeChat', async () => {
  site.mood = 'ask';
  const context = await inside('wechatIos');
  // WeChat on iOS adds an entry where other browsers replace one.
  await context.addInitScript(
    () => (window.settings = { ...window.settings, redirect: (url: string) => location.assign(url) }),
  );
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  await page.waitForSelector('#allow');

  await page.goBack();
  await settled(page, /anonymous/);
  expect(await stateOf(page)).toMatchObject({ error: 'CANCELLED', message: '登录未完成。' });
  expect(site.visits).toBe(1);
});

test('the back button leaves the page instead of stopping at the entry that led to WeChat', async () => {
  const context = await inside('wechatIos');
  await context.addInitScript(
    () => (window.settings = { ...window.settings, redirect: (url: string) => location.assign(url) }),
  );
  site.pages.set('/before', '<title>before</title>');
  const page = await context.newPage();
  await page.goto(`${site.origin}/before`);
  await page.goto(`${site.origin}/shop`);
  await settled(page, /authenticated/);
  await expect.poll(() => page.url()).toBe(`${site.origin}/shop`);
  await settled(page, /authenticated/);

  await page.evaluate(() => history.back());
  await expect.poll(() => page.title()).toBe('before');
  expect(page.url()).toBe(`${site.origin}/before`);
});

test('going back to WeChat’s page, which returns at once, goes on to the page before it', async () => {
  const context = await inside('wechatAndroid');
  site.mood = 'ask';
  site.pages.set('/before', '<title>before</title>');
  const page = await context.newPage();
  await page.goto(`${site.origin}/before`);
  await page.goto(`${site.origin}/`);
  await page.click('#allow');
  await settled(page, /authenticated/);

  // WeChat remembers the consent.
  site.mood = 'silent';
  await page.evaluate(() => history.back());
  await expect.poll(() => page.title(), { timeout: 5_000 }).toBe('before');
});

test('without a page before it, WeChat’s window is closed', async () => {
  const context = await inside('wechatIos');
  await context.addInitScript(() => {
    const calls: string[] = [];
    Object.assign(window, { calls, WeixinJSBridge: { call: (name: string) => calls.push(name) } });
    window.settings = { ...window.settings, redirect: (url: string) => location.assign(url) };
  });
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  await settled(page, /authenticated/);
  await page.evaluate(() => {
    history.replaceState({ guiyiLeft: sessionStorage.getItem('guiyi.finished') }, '');
    // Nothing is before this page.
    sessionStorage.setItem('only', 'yes');
  });
  await context.addInitScript(() => sessionStorage.getItem('only') && (history.back = () => undefined));
  await page.reload();
  await settled(page, /authenticated/);

  await expect
    .poll(() => page.evaluate(() => (window as unknown as { calls: string[] }).calls))
    .toEqual(['closeWindow']);
});
