// The shop in Chromium, against a running demo that no person has used: the story, every page in both languages, sizes and
// colour schemes, the keyboard, and what a silent login costs. GUIYI_SHOP is the address of the shop.
// A request to an origin that is not the demo's, and a console error, fail the test that caused them.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { story } from './story.mjs';

const SHOP = new URL(process.env.GUIYI_SHOP).origin;
const SCREENSHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../screenshots/', import.meta.url));
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const WECHAT =
  'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49';
const { endpoint, sandbox } = await (await fetch(`${SHOP}/config.json`)).json();
const ORIGINS = [SHOP, new URL(endpoint).origin, sandbox];
/** The pages that look different. */
const SCREENS = { shop: ['goods', 'me', 'orders'], club: ['goods'], site: ['goods', 'me'], mini: ['me'] };

const tests = {
  'a silent login is fast, and costs few requests': {
    userAgent: WECHAT,
    async run({ page }) {
      await page.goto(`${SHOP}/shop#orders`);
      await be(page, 'mei');
      await page.waitForLoadState('networkidle');
      // WeChat knows her from now on; this store does not yet.
      const network = await watchNetwork(page);
      await page.goto(`${SHOP}/outlet#orders`);
      const { time, sent } = await network.measure('[data-signed-in]');
      const of = (part) => sent.filter((line) => line.includes(part)).length;
      console.log(
        `        signed in on the screen after ${time} ms: ${sent.length} requests, of which ${of('POST')} to the API with ${of('OPTIONS')} preflights`,
      );
      if (process.env.VERBOSE) console.log(sent.map((line) => `        ${line}`).join('\n'));
      // beginLogin, login, the account and its orders.
      assert.ok(of('POST') <= 4 && sent.length <= 16, sent.join('\n'));
    },
  },

  'the whole story, with a mouse on a desktop': {
    async run({ page }) {
      await story(driverOf(page, 'story'));
    },
  },

  'another person sees nothing of it, by WeChat’s own browser on a phone': {
    viewport: PHONE,
    userAgent: WECHAT,
    async run({ page }) {
      await page.goto(`${SHOP}/shop#orders`);
      await be(page, 'wei');
      await page.locator('[data-signed-in]').waitFor();
      assert.equal(await ordersOf(page), 2);
      await axe(page, 'wei');
      assert.ok(await fits(page), 'nothing scrolls sideways');
    },
  },

  'the website waits for a QR code, and its session is in a cookie that no script reads': {
    async run({ page, context }) {
      await page.goto(`${SHOP}/site#orders`);
      await page.locator('.frame .primary').click();
      await page.getByText('军').first().click();
      await allow(page);
      await page.locator('[data-signed-in]').waitFor();
      const cookies = await context.cookies(endpoint);
      assert.ok(cookies.some(({ name, httpOnly }) => name === '__Host-guiyi-refresh' && httpOnly));
      assert.doesNotMatch(
        await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })),
        /gyr_|"ey/,
      );

      await page.reload();
      await page.locator('[data-signed-in]').waitFor();
      await page.goto(`${SHOP}/site#me`);
      await page.locator('input[type=tel]').fill('+8613800000004');
      await page.locator('.field button[type=button]').click();
      await page.locator('.sms button').click();
      await page.locator('.field .primary').click();
      // His number was proved in 2020: the service asks, and the shop passes the question on.
      await page.locator('.actions', { hasText: /Was it yours/ }).waitFor();
      await axe(page, 'old number');
    },
  },

  'every page in both languages, on a desktop and a phone, by day and by night': {
    async run({ page }) {
      for (const [store, screens] of Object.entries(SCREENS)) {
        for (const screen of screens) {
          await page.goto(`${SHOP}/${store}?lang=en#${screen}`);
          if (store === 'site') await page.locator('.frame').waitFor();
          else await be(page, 'xue');
          if (store !== 'site') await page.locator('.knows dl').waitFor();
          for (const [viewport, colorScheme] of [
            [DESKTOP, 'light'],
            [PHONE, 'light'],
            [PHONE, 'dark'],
            [DESKTOP, 'dark'],
          ]) {
            const language = await page.evaluate(() => document.documentElement.lang);
            const name = `${store}-${screen}-${language}-${viewport.width}-${colorScheme}`;
            await page.setViewportSize(viewport);
            await page.emulateMedia({ colorScheme });
            assert.ok(await fits(page), `${name} scrolls sideways`);
            await shot(page, name);
            if (viewport === DESKTOP) continue;
            await page.locator('.code summary').last().click();
            await axe(page, name);
            await page.locator('.code summary').last().click();
            if (colorScheme === 'light') await page.locator('.language').click();
          }
        }
      }
    },
  },

  'on the narrowest phone, and with text of twice the size, nothing scrolls sideways': {
    async run({ page }) {
      for (const language of ['zh', 'en']) {
        await page.goto(`${SHOP}/shop?lang=${language}#me`);
        await be(page, 'xue');
        await page.locator('.knows dl').waitFor();
        await page.setViewportSize({ width: 320, height: 640 });
        assert.ok(await fits(page), `320 pixels, ${language}`);
        await page.setViewportSize(PHONE);
        await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
        assert.ok(await fits(page), `twice the size, ${language}`);
      }
    },
  },

  'a number is sent by the Enter key, and what fails says why': {
    async run({ page }) {
      await page.goto(`${SHOP}/outlet?lang=en#me`);
      await be(page, 'xue');
      await page.locator('input[type=tel]').fill('12');
      await page.locator('input[type=tel]').press('Enter');
      await page.locator('.problem').waitFor();

      const body = JSON.stringify({
        errors: [{ message: 'Not now.', extensions: { code: 'UPSTREAM_BUSY' } }],
      });
      await page.route(endpoint, (route) => {
        const isList = /query Orders/.test(route.request().postData() ?? '');
        return isList ? route.fulfill({ contentType: 'application/json', body }) : route.fallback();
      });
      await page.locator('nav a[href="#orders"]').click();
      await page.locator('.problem', { hasText: 'Not now.' }).waitFor();
      assert.equal(await page.getByText('No orders yet').count(), 0);
      await axe(page, 'a list that failed');
    },
  },

  'the keyboard reaches every part, and shows where it is': {
    async run({ page }) {
      await page.goto(`${SHOP}/site`);
      await page.locator('.frame').waitFor();
      const reached = new Set();
      for (let presses = 0; presses < 30; presses += 1) {
        await page.keyboard.press('Tab');
        reached.add(
          await page.evaluate(() => {
            const { activeElement } = document;
            const outline = getComputedStyle(activeElement).outlineStyle;
            if (activeElement === document.body) return 'the end';
            return outline === 'none'
              ? 'no outline'
              : (activeElement.getAttribute('href') ?? activeElement.tagName);
          }),
        );
      }
      for (const part of ['BUTTON', '/shop', '/mini', '#orders', '#me', 'SUMMARY', '/club#me'])
        assert.ok(reached.has(part), `${part} is not reached: ${[...reached].join(' ')}`);
      assert.ok(!reached.has('no outline'));
      await page.locator('nav a[href="#me"]').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Sign in with a QR code' }).waitFor();
    },
  },

  'the first page says what the shop shows, and begins no login': {
    async run({ page }) {
      await page.goto(`${SHOP}/?lang=zh`);
      await axe(page, 'welcome');
      await shot(page, 'welcome-zh-1280');
      await page.goto(`${SHOP}/?lang=en`);
      await page.setViewportSize(PHONE);
      assert.ok(await fits(page));
      await shot(page, 'welcome-en-390');
      await page.getByRole('link', { name: 'Open Hemu Mall as Lan' }).click();
      await page.locator('input[name=person]').first().waitFor();
    },
  },

  'the code of a screen is that of the sources': {
    async run({ page }) {
      await page.goto(`${SHOP}/site`);
      await page.locator('.code summary').click();
      const shown = await page.locator('[data-code=website] code').textContent();
      const source = await readFile(new URL('../src/clients.ts', import.meta.url), 'utf8');
      const flat = (text) => text.replace(/\s+/g, ' ');
      assert.ok(flat(source).includes(flat(shown.split('\n\n')[0])), shown);
    },
  },
};

/** Counts what goes over the network: preflights too, and nothing from the cache. */
async function watchNetwork(page) {
  const debug = await page.context().newCDPSession(page);
  const [sent, cached] = [new Map(), new Set()];
  let from;
  debug.on('Network.requestWillBeSent', ({ requestId, request, redirectResponse }) => {
    from ??= performance.now();
    const { pathname } = new URL(request.url);
    sent.set(requestId + (redirectResponse ? ' on' : ''), `${request.method} ${pathname}`);
  });
  debug.on('Network.requestServedFromCache', ({ requestId }) => cached.add(requestId));
  debug.on(
    'Network.responseReceived',
    ({ requestId, response }) => response.fromDiskCache && cached.add(requestId),
  );
  await debug.send('Network.enable');
  return {
    /** How long until the element was there, and what was sent until then. */
    async measure(selector) {
      await page.locator(selector).waitFor();
      const time = Math.round(performance.now() - from);
      // The orders follow the greeting.
      await page.waitForLoadState('networkidle');
      return { time, sent: [...sent].filter(([id]) => !cached.has(id)).map(([, line]) => line) };
    },
  };
}

/** What the story does, by Playwright. */
function driverOf(page, name) {
  return {
    goto: (path) => page.goto(SHOP + path),
    reload: () => page.reload(),
    click: (selector) => page.locator(selector).first().click(),
    fill: (selector, value) => page.locator(selector).fill(value),
    text: (selector) => page.locator(selector).first().textContent(),
    until: (selector, isThere = true) =>
      page
        .locator(selector)
        .first()
        .waitFor({ state: isThere ? 'visible' : 'detached' }),
    untilText: (selector, text) => page.locator(selector, { hasText: text }).waitFor(),
    orders: (count) => ordersOf(page, count),
    beLan: () => be(page, 'lan'),
    scanAsLan: async () => {
      await page.locator('.scan-as button[value=lan]').click();
      await page.waitForURL((url) => url.origin === SHOP);
    },
    consent: async () => {
      await page.getByRole('button', { name: 'Allow nickname and picture' }).click();
      await be(page, 'lan');
    },
    undo: 'button:text-is("Undo the merge")',
    signOut: 'button:text-is("Sign out")',
    shot: async (step) => {
      await axe(page, step);
      await shot(page, `${name}-${step}`);
    },
  };
}

/** Answers the sandbox's page as this person, if it is shown: it is not where WeChat knows the person and asks nothing. */
async function be(page, person) {
  const asks = page.locator(`input[name=person][value=${person}]`);
  await asks.or(page.locator('[data-signed-in]')).first().waitFor();
  if (!page.url().startsWith(sandbox)) return;
  await asks.check();
  await allow(page);
}

async function allow(page) {
  const button = page.locator('button.allow');
  if (await button.isVisible().catch(() => false)) await button.click();
  await page.waitForURL((url) => url.origin === SHOP);
}

async function ordersOf(page, count) {
  const found = page.locator(count === undefined ? '[data-count]' : `[data-count="${count}"]`);
  await found.waitFor();
  const number = Number(await found.getAttribute('data-count'));
  await page.waitForFunction((rows) => document.querySelectorAll('.orders li').length === rows, number);
  return number;
}

function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

async function axe(page, name) {
  // By the protocol of the debugger: the policy of the page allows no inline script.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
  assert.deepEqual(told, [], `${name}: axe`);
}

async function shot(page, name) {
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

async function runTest(browser, { run, viewport = DESKTOP, ...options }) {
  const context = await browser.newContext({ viewport, locale: 'en-US', ...options });
  const complaints = [];
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && !ORIGINS.includes(origin)) complaints.push(`a request to ${origin}`);
  });
  context.on(
    'console',
    (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`),
  );
  context.on('weberror', (error) => complaints.push(`thrown: ${error.error().message}`));
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  try {
    await run({ page, context });
    assert.deepEqual(complaints, []);
  } catch (error) {
    await shot(page, 'failed').catch(() => undefined);
    throw error;
  } finally {
    await context.close();
  }
}

await mkdir(SCREENSHOTS, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
let failed = 0;
async function report([name, test]) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) return;
  const at = performance.now();
  try {
    await runTest(browser, test);
    console.log(`ok      ${name} (${Math.round(performance.now() - at)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${String(error.stack).replace(/^/gm, '        ')}`);
  }
}
// The one that measures runs alone, the others two at a time: each is another person's browser.
const [first, ...others] = Object.entries(tests);
await report(first);
const work = async () => {
  for (let next = others.shift(); next; next = others.shift()) await report(next);
};
await Promise.all([work(), work()]);
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
