// Returns from WeChat's page: the address, the place, the exchange.

import { expect, test } from 'vitest';
import type { BrowserContext } from 'playwright-core';
import { settled, stateOf, visit } from '../support/browser.js';
import { SIGNED_IN, inside, site, stage } from '../support/stage.js';

stage();

const STATE = '0123456789abcdef0123456789abcdef';

test('only its own parameters leave the address; history.state, the hash and the rest stay to the letter', async () => {
  const context = await inside('wechatAndroid', { isManual: true });
  const rest = 'a=%20b+c&code2=1&b=%E8%8C%B6&xstate=2';
  const page = await visitBegun(context, `/?${rest}#/route?code=kept`);
  const code = site.service.newCode('shop');
  const state = await page.evaluate(() => JSON.parse(sessionStorage.getItem('guiyi.logins') ?? '')[0].state);
  await page.goto(
    `${site.origin}/?a=%20b+c&code=${code}&code2=1&b=%E8%8C%B6&state=${state}&xstate=2#/route?code=kept`,
  );
  await page.evaluate(() => history.replaceState({ scroll: 7 }, ''));

  const address = await page.evaluate(async () => {
    const done = window.client.start();
    const now = [location.href, JSON.stringify(history.state)];
    await done;
    return now;
  });
  expect(address[0]).toBe(`${site.origin}/?${rest}#/route?code=kept`);
  expect(JSON.parse(address[1] ?? '')).toEqual({ scroll: 7 });
});

/** A page from which a login has left, without going to WeChat. */
async function visitBegun(context: BrowserContext, path: string) {
  const page = await context.newPage();
  await page.goto(site.origin + path);
  await page.evaluate(async () => {
    const stay = window.library.createGuiyi({
      ...window.client.options,
      automatic: false,
      redirect: () => undefined,
    });
    await stay.login();
    stay.dispose();
    history.replaceState(null, '');
  });
  return page;
}

test('the person returns to where they were, with query and hash', async () => {
  const page = await visit(await inside('wechatAndroid'), site, '/?page=2&q=%E8%8C%B6#/orders/5');

  expect(page.url()).toBe(`${site.origin}/?page=2&q=%E8%8C%B6#/orders/5`);
  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
});

test('a hash router sees its route before it starts, and is told if it has started', async () => {
  const context = await inside('wechatAndroid');
  const page = await visit(context, site, '/#/orders/5');

  expect(page.url()).toBe(`${site.origin}/#/orders/5`);
  expect(await page.evaluate(() => window.routes.at(-1))).toBe(`${site.origin}/#/orders/5`);
  expect(
    site.service.calls.find(({ operation }) => operation === 'BeginLogin')?.variables['input'].returnTo,
  ).toBe(`${site.origin}/`);
});

test('another path is loaded again in the same entry of the history', async () => {
  const page = await visit(await inside('wechatAndroid'), site, '/orders?page=2');
  await expect.poll(() => page.url()).toBe(`${site.origin}/orders?page=2`);
  await settled(page, /authenticated/);

  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
  expect(site.visits).toBe(1);
});

test('a router may show the other path itself', async () => {
  const context = await inside('wechatAndroid');
  await context.addInitScript(() => {
    window.settings = {
      ...window.settings,
      navigate: (url: string) => history.replaceState(null, '', `${url}&shown=by-router`),
    };
  });
  const page = await visit(context, site, '/orders?page=2');

  expect(page.url()).toBe(`${site.origin}/orders?page=2&shown=by-router`);
});

test('a return is left alone if it is switched off, or a function says so', async () => {
  for (const callback of ['false', '(url) => url.pathname === "/signed-in"']) {
    const context = await inside('chrome');
    await context.addInitScript(
      (source) => (window.settings = { ...window.settings, callback: (0, eval)(source) }),
      callback,
    );
    const page = await visit(context, site, `/?code=1&state=${STATE}`);
    expect(page.url()).toContain('code=1');
    expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: null });
  }
});

test('a return of another library is left alone', async () => {
  const page = await visit(
    await inside('chrome'),
    site,
    '/?code=4/P7q7W91&state=security_token%3D138r5719ru3e1',
  );

  expect(page.url()).toContain('code=4/P7q7W91');
  expect(await stateOf(page)).toMatchObject({ error: null });

  const other = await visit(await inside('chrome'), site, `/pay?code=1&state=${STATE}`);
  expect(other.url()).toContain('code=1');
  expect(await stateOf(other)).toMatchObject({ error: null });
});

test('the transaction is removed when it has been used, and a missing one is an error of its own', async () => {
  const context = await inside('wechatAndroid', { automatic: false });
  const page = await visit(context, site);
  await page.evaluate(() => void window.client.login());
  await settled(page, /authenticated/);

  expect(await page.evaluate(() => sessionStorage.getItem('guiyi.logins'))).toBeNull();
  const other = await visit(await inside('chrome'), site, `/?code=1&state=${STATE}`);
  expect(await stateOf(other)).toMatchObject({ status: 'anonymous', error: 'TRANSACTION_MISSING' });
  expect(new URL(other.url()).search).toBe('');
});

test('a link with a state of somebody else signs nobody in', async () => {
  const code = site.service.newCode('shop', 'thief');
  site.service.states.set(STATE, {
    app: 'shop',
    returnTo: '',
    scope: 'BASE',
    challenge: 'of the thief',
    isUsed: false,
  });
  const page = await visit(
    await inside('wechatAndroid', { automatic: false }),
    site,
    `/?code=${code}&state=${STATE}`,
  );

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'TRANSACTION_MISSING' });
  expect(site.service.count('SignIn')).toBe(0);
});

test('two code parameters are refused', async () => {
  const context = await inside('wechatAndroid', { automatic: false });
  const page = await visitBegun(context, '/');
  const state = await page.evaluate(() => JSON.parse(sessionStorage.getItem('guiyi.logins') ?? '')[0].state);
  await page.goto(`${site.origin}/?code=${site.service.newCode('shop')}&code=x&state=${state}`);
  await settled(page);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'CALLBACK_INVALID' });
  expect(site.service.count('SignIn')).toBe(0);
  expect(new URL(page.url()).search).toBe('');
});

test('a code of another app is a typed error after one new try, never a loop', async () => {
  site.codeApp = 'club';
  const page = await visit(await inside('wechatAndroid'), site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'INVALID_CODE' });
  expect(site.visits).toBe(2);
});

test('a page that is opened again with an old code starts again once', async () => {
  const context = await inside('wechatAndroid');
  const page = await visit(context, site, `/?code=old&state=${STATE}`);

  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  expect(site.visits).toBe(1);
});

test('where the browser forgets the transaction each time, the second return ends in an error', async () => {
  const context = await inside('wechatAndroid');
  await context.addInitScript(() => sessionStorage.clear());
  const page = await visit(context, site);

  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: 'TRANSACTION_MISSING' });
  expect(site.visits).toBe(2);
});

test('an old link does not disturb a session', async () => {
  const context = await inside('wechatAndroid');
  await visit(context, site);
  const page = await visit(context, site, `/?code=old&state=${STATE}`);

  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  expect(site.visits).toBe(1);
});

test('a failed return never ends a live session', async () => {
  const page = await visit(await inside('wechatAndroid'), site);
  site.codeError = 'LOGIN_BLOCKED';

  await page.evaluate(() => void window.client.upgrade());
  await expect.poll(() => site.service.count('SignIn')).toBe(2);
  await settled(page);
  await expect
    .poll(() => stateOf(page))
    .toMatchObject({
      status: 'authenticated',
      user: 'usr_lan',
      error: 'LOGIN_BLOCKED',
    });
});

test('a lost answer is asked for again with the same verifier, and gets the same session', async () => {
  site.service.next('SignIn', { kind: 'lost' });
  const page = await visit(await inside('wechatAndroid'), site);

  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  const [first, second] = site.service.calls.filter(({ operation }) => operation === 'SignIn');
  expect(second?.variables).toEqual(first?.variables);
  expect(site.service.sessions.size).toBe(1);
  expect(site.visits).toBe(1);
});

test('a page that dies in the exchange goes on with the same code', async () => {
  const context = await inside('wechatAndroid');
  const page = await context.newPage();
  let go: (value?: unknown) => void = () => undefined;
  site.service.next('SignIn', { kind: 'delay', until: new Promise((resolve) => (go = resolve)) });
  await page.goto(`${site.origin}/`);
  await expect.poll(() => site.service.count('SignIn')).toBe(1);

  await page.reload();
  go();
  await settled(page, /authenticated/);
  expect(site.visits).toBe(1);
  expect(site.service.sessions.size).toBe(1);
});

test('offline in the exchange, the login ends when the network is back', async () => {
  const context = await inside('wechatAndroid');
  await context.route('**/graphql', (route) =>
    route.request().postData()?.includes('SignIn') ? route.abort() : route.continue(),
  );
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  await settled(page, /unreachable/);
  expect(await stateOf(page)).toMatchObject({ error: 'NETWORK', message: '网络不可用，请重试。' });

  await context.unroute('**/graphql');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await settled(page, /authenticated/);
  expect(site.visits).toBe(1);
});

test('a busy service is asked again with the same code, when it says so', async () => {
  const context = await inside('wechatAndroid');
  site.service.next('SignIn', { kind: 'error', code: 'RATE_LIMITED', retryAfter: 30 });
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${site.origin}/`);
  await settled(page, /unreachable/);

  await page.clock.fastForward(28_000);
  expect(site.service.count('SignIn')).toBe(1);
  await page.clock.fastForward(4_000);
  await settled(page, /authenticated/);
  expect(site.visits).toBe(1);
});

test('one return is exchanged once, also by a page that starts twice and by two clients', async () => {
  const context = await inside('wechatAndroid', { isManual: true });
  const page = await visitBegun(context, '/');
  const state = await page.evaluate(() => JSON.parse(sessionStorage.getItem('guiyi.logins') ?? '')[0].state);
  await page.goto(`${site.origin}/?code=${site.service.newCode('shop')}&state=${state}`);

  const users = await page.evaluate(async () => {
    const other = window.library.createGuiyi({ ...window.client.options });
    await Promise.all([window.client.start(), window.client.start(), other.start()]);
    return [window.client.state.user?.id, other.state.user?.id];
  });
  expect(users).toEqual(['usr_lan', 'usr_lan']);
  expect(site.service.count('SignIn')).toBe(1);
});

test('several apps on one page address finish only their own returns', async () => {
  const context = await inside('wechatAndroid', { isManual: true, key: 'shop' });
  const page = await visitBegun(context, '/');
  const state = await page.evaluate(() => JSON.parse(sessionStorage.getItem('shop.logins') ?? '')[0].state);
  await page.goto(`${site.origin}/?code=${site.service.newCode('shop')}&state=${state}`);

  const states = await page.evaluate(async () => {
    const { endpoint, returnTo = '' } = window.client.options;
    const shared = { endpoint, returnTo, key: 'shop', automatic: false };
    const club = window.library.createGuiyi({ ...shared, apps: { wechat: 'club' } });
    await club.start();
    const before = [club.state.status, location.search.includes('code=')];
    await window.client.start();
    return [...before, window.client.state.status];
  });
  expect(states).toEqual(['anonymous', true, 'authenticated']);
});
