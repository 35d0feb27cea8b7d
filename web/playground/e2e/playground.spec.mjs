// The built page in a real browser, under its CSP. Build first; then `npm run e2e`.
// GUIYI_URL points to a running server with its sandbox; without it, a fake company is started.
// Every test opens a browser that knows nothing. A request to a third origin fails the test that made it.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startFakeCompany } from './fake-company.mjs';

const SCREENSHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../screenshots/', import.meta.url));
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const VISIBLE_TOOL = '.graphiql-editor-tool > div:not(.hidden) > .CodeMirror';
const LOG_IN = 'Log in with a new code';

const tests = {
  async 'the page stands under its policy with five prepared tabs'({ page, answered }) {
    const policy = answered.headers()['content-security-policy'];

    assert.match(policy ?? '', /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline/);
    assert.deepEqual(await tabTitles(page), ['LogIn', 'Me', 'SendPhoneCode', 'Orders', 'WhatNext']);
    assert.match(await text(page, VISIBLE_TOOL), /"app": "shop"/);
  },

  async 'before a code is there, ▶ says how to get one, and asks the service nothing'({ page }) {
    let asked = 0;
    page.on('request', (request) => (asked += request.postData()?.includes('wechatLogin') ? 1 : 0));
    await execute(page);

    await page.getByLabel('Result Window').getByText('Log in with a new code').waitFor();
    assert.equal(asked, 0);
  },

  async 'the bar is one line on a small laptop, also when somebody is signed in'({ page }) {
    const lines = () =>
      page.evaluate(() => {
        const tops = [...document.querySelectorAll('.bar-row > *, .demo > *')].map((part) => {
          const { top, height } = part.getBoundingClientRect();
          return Math.round((top + height / 2) / 10);
        });
        return new Set(tops).size;
      });
    assert.equal(await lines(), 1);
    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '');
    assert.equal(await lines(), 1);
  },

  async 'one click logs lan in and every tab follows'({ page }) {
    await choose(page, 'Person', 'lan');
    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '兰心🌿');
    assert.match(await answer(page), /"accessToken"/);
    await shot(page, 'logged-in');

    await runTab(page, 'Me');
    assert.match(await answer(page), /"openIds"/);
    await shot(page, 'me');

    await runTab(page, 'Orders');
    assert.match(await answer(page), /"pageInfo"/);
    assert.doesNotMatch(await answer(page), /"errors"/);
    await shot(page, 'orders');

    await runTab(page, 'WhatNext');
    assert.match(await answer(page), /"shop"/);
  },

  async 'a code can be taken first and used by hand'({ page }) {
    await bringToFront(page, 'Me');
    await page.getByRole('button', { name: 'Get a login code' }).click();

    await page.getByRole('status').getByText('is in the variables').waitFor();
    assert.equal(await tabInFront(page), 'LogIn');
    assert.match(await text(page, VISIBLE_TOOL), /"code": "[^"]+"/);
    await execute(page);
    await signedIn(page, '');
  },

  async 'the way over WeChat’s page ends in a login'({ page, server, sandbox }) {
    await choose(page, 'App', 'shop');
    await page.getByRole('button', { name: 'Open WeChat’s page' }).click();
    await page.waitForURL((url) => url.origin === sandbox);
    await page.getByText('兰心').first().click();
    await page.locator('button.allow').click();

    await page.waitForURL(`${server}/playground`);
    await editorsOf(page);
    assert.equal(await tabInFront(page), 'LogIn');
    assert.match(
      await text(page, VISIBLE_TOOL),
      /"code": "[^"]+",\s+"state": "[^"]+",\s+"codeVerifier": "[\w-]{43}"/,
    );
    await shot(page, 'arrived');
    await execute(page);
    await signedIn(page, '兰心🌿');
  },

  async 'a phone is bound with the code of its SMS'({ page }) {
    await choose(page, 'Person', 'lan');
    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '兰心🌿');
    await bringToFront(page, 'SendPhoneCode');
    assert.match(await text(page, VISIBLE_TOOL), /"phone": "\+8613800000001"/);

    await execute(page, 'SendPhoneCode');
    await page.getByLabel('Result Window').getByText('resendAt').waitFor();
    await page.getByRole('button', { name: 'Read the SMS' }).click();
    await page.getByRole('status').getByText('choose BindPhone').waitFor();
    assert.match(await text(page, VISIBLE_TOOL), /"code": "\d+"/);
    await execute(page, 'BindPhone');
    await page.getByLabel('Result Window').getByText('merged').waitFor();
    await shot(page, 'bound');
    await signedIn(page, '兰心🌿');
  },

  async 'the person in the bar is the person in the phone tab'({ page }) {
    await choose(page, 'Person', 'wei');

    await bringToFront(page, 'SendPhoneCode');
    assert.match(await text(page, VISIBLE_TOOL), /"phone": "\+8613800000002"/);
  },

  async 'signing out forgets, and a reload remembers'({ page }) {
    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '');
    await page.waitForTimeout(700);
    await page.reload();
    await editorsOf(page);
    await signedIn(page, '');
    assert.match(await text(page, VISIBLE_TOOL), /"code": ""/);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Not signed in').waitFor();
    await runTab(page, 'Me');
    assert.match(await answer(page), /"me": null|"errors"/);
  },

  async 'no code and no token is written down'({ page }) {
    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '');
    const secret = JSON.parse(await text(page, VISIBLE_TOOL)).code;
    await bringToFront(page, 'Me');
    await page.waitForTimeout(700);

    const [local, session] = await page.evaluate(() => [
      JSON.stringify(localStorage),
      JSON.stringify({ ...sessionStorage, 'guiyi:session': '' }),
    ]);
    assert.ok(secret.length > 5 && session.includes('wechatLogin'));
    assert.ok(!local.includes(secret) && !session.includes(secret), 'the code is stored');
    assert.doesNotMatch(local + session, /accessToken\\*":\\*"|refreshToken\\*":\\*"/);
    assert.doesNotMatch(local, /guiyi:session|graphiql:queries|tabState/);
  },

  async 'a closed tab comes back when the bar needs it'({ page }) {
    await page.getByRole('button', { name: 'Close Tab' }).first().click();
    assert.deepEqual(await tabTitles(page), ['Me', 'SendPhoneCode', 'Orders', 'WhatNext']);

    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '');
    assert.deepEqual(await tabTitles(page), ['Me', 'SendPhoneCode', 'Orders', 'WhatNext', 'LogIn']);
  },

  async 'the Headers editor wins over the remembered token'({ page }) {
    await page.getByRole('button', { name: LOG_IN }).click();
    await signedIn(page, '');
    await bringToFront(page, 'WhatNext');
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator(VISIBLE_TOOL).click();
    await page.keyboard.type('{"Authorization": "Bearer mine');

    const sent = page.waitForRequest((request) => request.postData()?.includes('WhatNext') ?? false);
    await execute(page);
    assert.equal((await (await sent).allHeaders()).authorization, 'Bearer mine');
  },

  async 'the documentation opens'({ page }) {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();

    await page.getByText('Root Types').waitFor();
    await shot(page, 'docs');
  },

  'the bar speaks Chinese to a Chinese browser, and English when asked': {
    locale: 'zh-CN',
    async run({ page }) {
      await page.getByRole('button', { name: '用新授权码登录' }).waitFor();
      await shot(page, 'chinese');
      await page.getByRole('button', { name: 'Switch to English' }).click();
      await page.getByRole('button', { name: LOG_IN }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
    },
  },

  'a phone shows everything without scrolling sideways': {
    viewport: PHONE,
    async run({ page }) {
      await shot(page, 'phone-first');
      await page.getByRole('button', { name: LOG_IN }).click();
      await signedIn(page, '');
      await shot(page, 'phone');
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.ok((await page.getByLabel('Result Window').boundingBox()).height > 120);
      await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
      await shot(page, 'phone-docs');
    },
  },

  'the dark page is dark': {
    colorScheme: 'dark',
    async run({ page }) {
      await page.getByRole('button', { name: LOG_IN }).click();
      await signedIn(page, '');
      await shot(page, 'dark');
    },
  },

  'production shows who is signed in and no demo': {
    withSandbox: false,
    async run({ page }) {
      await page.getByText('Not signed in').waitFor();
      assert.equal(await page.getByRole('button', { name: LOG_IN }).count(), 0);
      assert.equal(await page.getByRole('combobox').count(), 0);
      await bringToFront(page, 'SendPhoneCode');
      assert.doesNotMatch(await text(page, VISIBLE_TOOL), /138/);
      await shot(page, 'production');
    },
  },
};

function tab(page, title) {
  return page.locator('.graphiql-tab-button', { hasText: new RegExp(`^${title}$`) });
}

async function bringToFront(page, title) {
  // Tabs that do not fit scroll into view when they get the focus: between press and release, the click would be lost.
  await tab(page, title).focus();
  await tab(page, title).click();
}

async function tabTitles(page) {
  return page.locator('.graphiql-tab-button').allTextContents();
}

async function tabInFront(page) {
  return page.locator('.graphiql-tab-active .graphiql-tab-button').textContent();
}

async function choose(page, label, value) {
  await page.getByLabel(label, { exact: true }).selectOption(value);
}

async function runTab(page, title) {
  await bringToFront(page, title);
  await execute(page);
  await page.locator('.graphiql-response .CodeMirror-code', { hasText: /"(data|errors)"/ }).waitFor();
}

async function execute(page, operation) {
  const button = page.getByRole('button', { name: /^Execute query/ });
  if (!operation) return button.click();
  // The button becomes a menu only when GraphiQL has read the document and found two operations.
  await button.and(page.locator('[aria-haspopup=menu]')).click();
  await page.getByRole('menuitem', { name: operation }).click();
}

function text(page, editor) {
  return page.locator(editor).evaluate((element) => element.CodeMirror.getValue());
}

async function answer(page) {
  await page.locator('.graphiql-response .CodeMirror-code', { hasText: /"(data|errors)"/ }).waitFor();
  return text(page, '.graphiql-response .CodeMirror');
}

async function signedIn(page, name) {
  await page.locator('[data-signed-in=true]', { hasText: name || /[^…]$/ }).waitFor();
}

async function editorsOf(page) {
  await page.locator('.graphiql-query-editor .CodeMirror').waitFor();
  await page.locator(VISIBLE_TOOL).waitFor();
}

async function shot(page, name) {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

async function runTest(browser, { run, withSandbox = true, viewport = DESKTOP, ...options }) {
  const fake = process.env.GUIYI_URL ? null : await startFakeCompany({ withSandbox });
  const server = new URL(process.env.GUIYI_URL ?? fake.url).origin;
  const { sandbox } = await (await fetch(`${server}/playground/config.json`)).json();
  const context = await browser.newContext({ viewport, locale: 'en-US', ...options });
  const complaints = watch(context, [server, sandbox]);
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const answered = await page.goto(`${server}/playground`);
    await editorsOf(page);
    await run({ page, answered, server, sandbox });
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    await fake?.close();
  }
}

// A violated policy is a console error too.
function watch(context, allowed) {
  const complaints = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    const isInside = ['data:', 'blob:'].includes(url.protocol) || allowed.includes(url.origin);
    if (!isInside) complaints.push(`a request to ${url.origin}`);
  });
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(`thrown: ${error.error().message}`));
  return complaints;
}

async function runAll() {
  await mkdir(SCREENSHOTS, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split(
      ' ',
    ),
  });
  let passed = 0;
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    const options = typeof test === 'function' ? { run: test } : test;
    // A server that runs has its sandbox or has none; it cannot show both.
    if (process.env.GUIYI_URL && options.withSandbox === false) continue;
    try {
      await runTest(browser, options);
      passed += 1;
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${String(error.stack).replace(/^/gm, '        ')}`);
    }
  }
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

await runAll();
