// Sessions in a browser: cookies and storages, tabs, focus and network, and other GraphQL clients.

import { expect, test } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { settled, stateOf, visit, type Settings } from '../support/browser.js';
import { SIGNED_IN, inside, site, stage } from '../support/stage.js';

stage();

/** A page on which lan is signed in. */
async function signedIn(settings: Settings = {}): Promise<[BrowserContext, Page]> {
  const context = await inside('wechatAndroid', settings);
  const page = await visit(context, site);
  await settled(page, /authenticated/);
  return [context, page];
}

const reads = (page: Page) =>
  page.evaluate(() =>
    window.client
      .request('query Mine { me { id } }')
      .then((data) => (data as { me: { id: string } | null }).me?.id ?? null),
  );

test('in cookie mode no script can read the refresh token, and a reload goes on with the session', async () => {
  const [, page] = await signedIn();
  const stored = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  const [session] = site.service.sessions.values();
  expect(stored).not.toContain(session?.newest);
  expect(stored).not.toMatch(/eyJ/);

  await page.reload();
  await settled(page);
  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  expect(site.visits).toBe(1);
});

test.each(['local', 'session'])('in %sStorage the session outlives a reload', async (storage) => {
  const [, page] = await signedIn({ storage });

  await page.reload();
  await settled(page);
  await expect.poll(() => stateOf(page)).toMatchObject(SIGNED_IN);
  expect(site.visits).toBe(1);
  expect(site.service.calls.every(({ headers }) => headers['guiyi-session'] === undefined)).toBe(true);
});

test('a picture is uploaded as it is, and the page shows its address', async () => {
  const [, page] = await signedIn();

  const [address, shown] = await page.evaluate(async () => {
    const { client, library } = window;
    const picture = new Blob(['a picture'], { type: 'image/png' });
    const address = await library.uploadAvatar(client, picture);
    await new Promise((done) => client.subscribe(() => client.state.user?.avatarUrl && done(null)));
    return [address, client.state.user?.avatarUrl];
  });

  expect(address).toMatch(/^https:/);
  expect(shown).toBe(address);
  const [call] = site.service.calls.filter(({ operation }) => operation === 'Upload');
  expect(call?.variables).toEqual({ picture: 'a picture' });
  expect(call?.headers['content-type']).toBe('image/png');
});

test('in memory the session ends with the page', async () => {
  const [, page] = await signedIn({ storage: 'memory', automatic: true });

  const stored = await page.evaluate(() => ({ ...localStorage, ...sessionStorage }));
  expect(Object.keys(stored).sort()).toEqual(['guiyi.device', 'guiyi.finished']);
  await page.reload();
  await expect.poll(() => site.service.count('SignIn')).toBe(2);
});

test('a store of the page’s own is used', async () => {
  const context = await inside('wechatAndroid');
  await context.addInitScript(() => {
    const store = {
      getItem: (key: string) => localStorage.getItem(`own.${key}`),
      setItem: (key: string, value: string) => localStorage.setItem(`own.${key}`, value),
      removeItem: (key: string) => localStorage.removeItem(`own.${key}`),
    };
    window.settings = { ...window.settings, storage: store };
  });
  const page = await visit(context, site);
  await settled(page, /authenticated/);

  expect(await page.evaluate(() => localStorage.getItem('own.guiyi.session'))).toMatch(/^[0-9a-f]{32}$/);
});

test('the device token stays after a logout, and goes with the next login', async () => {
  const [, page] = await signedIn({ automatic: true });
  const device = await page.evaluate(() => localStorage.getItem('guiyi.device'));
  await page.evaluate(() => window.client.logout());
  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: null });
  expect(site.service.sessions.size).toBe(0);

  await page.evaluate(() => void window.client.login());
  await settled(page, /authenticated/);
  expect(
    site.service.calls.filter(({ operation }) => operation === 'SignIn').at(-1)?.variables['input']
      .deviceToken,
  ).toBe(device);
});

test('after a logout nobody is signed in by itself, also on the next page, until a login', async () => {
  const [context, page] = await signedIn();
  await page.evaluate(() => window.client.logout());
  await page.reload();
  await settled(page);
  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: null });

  await page.evaluate(() => void window.client.login());
  await settled(page, /authenticated/);
  await page.evaluate(() => localStorage.removeItem('guiyi.session'));
  const other = await visit(context, site);
  await settled(other, /authenticated/);
  expect(site.service.count('SignIn')).toBe(3);
});

test('a login whose answer comes after a logout signs nobody in', async () => {
  const context = await inside('wechatAndroid');
  let go: (value?: unknown) => void = () => undefined;
  site.service.next('SignIn', { kind: 'delay', until: new Promise((resolve) => (go = resolve)) });
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  await expect.poll(() => site.service.sessions.size).toBe(1);

  await page.evaluate(() => window.client.logout());
  go();
  await expect.poll(() => site.service.sessions.size).toBe(0);
  expect(await stateOf(page)).toMatchObject({ status: 'anonymous', error: null });
  expect(await reads(page)).toBeNull();
});

test('signing in and out in one tab is seen in the other', async () => {
  const [context, page] = await signedIn();
  const other = await visit(context, site);
  await settled(other, /authenticated/);

  await page.evaluate(() => window.client.logout());
  await settled(other, /anonymous/);
  await page.evaluate(() => void window.client.login());
  await settled(page, /authenticated/);
  await settled(other, /authenticated/);
  expect(await reads(other)).toBe('usr_lan');
});

test('another tab takes over a new token, and two that refresh at once both go on', async () => {
  const [context, page] = await signedIn();
  const other = await visit(context, site);
  await settled(other, /authenticated/);
  const before = site.service.count('RefreshSession');

  await page.evaluate(() => window.client.refresh());
  const tokens = await Promise.all(
    [page, other].map((tab) => tab.evaluate(() => window.client.accessToken())),
  );
  expect(tokens[0]).toBe(tokens[1]);
  expect(site.service.count('RefreshSession')).toBe(before + 1);

  for (let round = 0; round < 3; round += 1) {
    await Promise.all([page, other].map((tab) => tab.evaluate(() => window.client.refresh())));
  }
  expect([await reads(page), await reads(other)]).toEqual(['usr_lan', 'usr_lan']);
  expect(site.service.sessions.size).toBe(1);
});

test('sessions of one tab are not shared', async () => {
  const [context, page] = await signedIn({ storage: 'session', automatic: true });
  const other = await visit(context, site);
  await settled(other, /authenticated/);
  expect(site.service.sessions.size).toBe(2);

  await page.evaluate(() => window.client.logout());
  expect(await reads(other)).toBe('usr_lan');
});

test('when the person comes back to the page, the session is looked at, at most every five seconds', async () => {
  const [, page] = await signedIn();
  const before = site.service.count('Me');

  await page.evaluate(() => {
    for (let time = 0; time < 10; time += 1) dispatchEvent(new Event('focus'));
    document.dispatchEvent(new Event('visibilitychange'));
    dispatchEvent(new Event('online'));
  });
  await expect.poll(() => site.service.count('Me')).toBe(before + 1);
  await page.waitForTimeout(300);
  expect(site.service.count('Me')).toBe(before + 1);
});

test('a session that was ended elsewhere is noticed when the person comes back', async () => {
  const [, page] = await signedIn();
  site.service.endSessions();

  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await settled(page, /anonymous/);
  expect(await stateOf(page)).toMatchObject({ error: 'INVALID_REFRESH_TOKEN', user: null });
});

test('a tab that slept for a day wakes up signed in', async () => {
  const context = await inside('wechatAndroid');
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${site.origin}/`);
  await settled(page, /authenticated/);
  const before = site.service.count('RefreshSession');

  await page.clock.setSystemTime(Date.now() + 24 * 3_600_000);
  await page.evaluate(() => dispatchEvent(new Event('focus')));
  await expect.poll(() => site.service.count('RefreshSession')).toBe(before + 1);
  expect(await reads(page)).toBe('usr_lan');
});

test('offline at the start is no end: the session goes on with the network', async () => {
  const [context, page] = await signedIn();
  await context.route('**/graphql', (route) => route.abort());
  await page.reload();
  await settled(page, /unreachable/);
  expect(site.visits).toBe(1);

  await context.unroute('**/graphql');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await settled(page, /authenticated/);
  await expect.poll(() => stateOf(page)).toMatchObject({ user: 'usr_lan', error: null });
});

test('a page that the browser shows again from its memory knows where it stands', async () => {
  const [, page] = await signedIn();
  site.mood = 'ask';
  await page.evaluate(() => {
    // The page leaves for WeChat, and the browser brings it back as it was.
    const { client } = window;
    const going = client.upgrade().catch(() => undefined);
    Object.assign(client.options, { redirect: () => undefined });
    return going;
  });
  await settled(page, /leaving/);

  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await settled(page, /authenticated/);
  expect(await reads(page)).toBe('usr_lan');
});

test('dispose ends timers, listeners and the channel', async () => {
  const [, page] = await signedIn();
  const before = site.service.calls.length;

  await page.evaluate(() => {
    window.client.dispose();
    for (const event of ['focus', 'online']) dispatchEvent(new Event(event));
  });
  await page.waitForTimeout(300);
  expect(site.service.calls.length).toBe(before);
  expect(await page.evaluate(() => window.client.request('{ me { id } }').catch((error) => error.code))).toBe(
    'CANCELLED',
  );
});

test('messages come in the language of the page', async () => {
  const [, page] = await signedIn();
  site.service.next('Mine', { kind: 'error', code: 'NOT_FOUND' });

  expect(
    await page.evaluate(() =>
      window.client.request('query Mine { me { id } }').catch((error) => [error.code, error.message]),
    ),
  ).toEqual(['NOT_FOUND', 'message of NOT_FOUND']);
  expect(site.service.calls.at(-1)?.headers['accept-language']).toBe('zh-CN');
});

test('fetch attaches the token to the service only, refreshes it, and leaves other requests alone', async () => {
  const [, page] = await signedIn();
  site.service.next('Mine', { kind: 'error', code: 'UNAUTHENTICATED' });

  const answers = await page.evaluate(async () => {
    const fetch = window.library.guiyiFetch(window.client);
    const body = JSON.stringify({ query: 'query Mine { me { id } }' });
    const answer = await (await fetch('/graphql', { method: 'POST', body })).json();
    const other = await fetch('/elsewhere');
    return [answer.data.me.id, other.status];
  });
  expect(answers).toEqual(['usr_lan', 200]);
  expect(site.service.count('Mine')).toBe(2);
});

test('Apollo Client and urql work with the ready link and exchange', async () => {
  site.programs.set('/clients.js', new URL('../support/clients.ts', import.meta.url));
  const [, page] = await signedIn();
  site.service.next('Apollo', { kind: 'error', code: 'UNAUTHENTICATED' });
  site.service.next('Urql', { kind: 'error', code: 'UNAUTHENTICATED' });

  await page.addScriptTag({ url: '/clients.js', type: 'module' });
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { answers?: unknown }).answers))
    .toEqual(['usr_lan', 'usr_lan']);
  for (const operation of ['Apollo', 'Urql']) {
    const calls = site.service.calls.filter((call) => call.operation === operation);
    expect(calls).toHaveLength(2);
    expect(new Set(calls.map(({ token }) => token)).size).toBe(2);
  }
});

/** WeChat's script, which accepts one address. */
const script = (accepted: string, realAuthUrl?: string | string[]) => `{
  const accepted = ${JSON.stringify(accepted)};
  let onReady, onError;
  window.wx = {
    ready(callback) { onReady = callback; },
    error(callback) { onError = callback; },
    config(config) {
      (window.configs ??= []).push(config);
      setTimeout(() => {
        if (config.signature !== 'signature of ' + accepted) onError({ errMsg: 'config:invalid signature', realAuthUrl: ${JSON.stringify(realAuthUrl)} });
        onReady();
      }, 10);
    },
  };
}`;
const configure = (page: Page) =>
  page.evaluate(async () => {
    const { wx } = window as unknown as { wx: import('../../src/js-sdk.js').WxScript };
    const outcome = await window.library
      .configureJsSdk(window.client, wx, { jsApiList: ['scanQRCode'] })
      .then(
        () => 'ready',
        (error) => `${error.code}: ${error.details.detail}`,
      );
    return [outcome, (window as unknown as { configs: unknown[] }).configs.length];
  });

test.each([
  ['wechatIos', 'the address with which the page was loaded'],
  ['wechatAndroid', 'the present address'],
  ['wechatWindows', 'the present address'],
] as const)('in %s the JS-SDK gets a signature of %s', async (agent, _address) => {
  const page = await visit(await inside(agent, { automatic: false }), site, '/landing?from=menu#top');
  await page.evaluate(() => history.pushState(null, '', '/shop/7?x=1#y'));
  const signed = agent === 'wechatIos' ? '/landing?from=menu' : '/shop/7?x=1';
  await page.addScriptTag({ content: script(site.origin + signed) });

  expect(await configure(page)).toEqual(['ready', 1]);
});

test('the landing address has the code and the state that the page no longer shows', async () => {
  const page = await visit(await inside('wechatIos'), site);
  await settled(page, /authenticated/);

  expect(await page.evaluate(() => window.client.landing)).toMatch(
    /\?code=code[0-9a-f]+&state=[0-9a-f]{32}$/,
  );
  expect(new URL(page.url()).search).toBe('');
});

test('after an invalid signature the address that WeChat names is signed, once', async () => {
  const page = await visit(await inside('wechatIos', { automatic: false }), site, '/landing');
  await page.addScriptTag({ content: script(`${site.origin}/other`, [`${site.origin}/other`]) });
  expect(await configure(page)).toEqual(['ready', 2]);

  await page.addScriptTag({ content: script('nothing', `${site.origin}/other#x`) });
  expect(await configure(page)).toEqual(['JS_SDK_REFUSED: config:invalid signature', 4]);
});
