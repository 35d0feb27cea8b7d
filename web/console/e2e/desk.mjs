// A browser at the console of a running demo: what the tests and the screenshots share.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}

/** Opens a browser of an operator, who is signed in. `complaints` collects console errors and requests that go elsewhere. */
export async function sitDown(browser, origin, { operator = 'anna', complaints = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-US', ...options });
  context.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && asked !== origin)
      complaints.push(`a request to ${asked}`);
  });
  context.on(
    'console',
    (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`),
  );
  context.on('weberror', (error) => complaints.push(`thrown: ${error.error().message}`));
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  if (operator) {
    await page.goto(`${origin}/console/`);
    await signIn(page, operator);
  }
  return page;
}

/** Signs in through the demo's built-in operators, from the page that asks for it. */
export async function signIn(page, operator) {
  await page.locator('a[href="/console/login"]').click();
  await page.locator(`button[name=operator][value=${operator}]`).click();
  await page.locator('.shell').waitFor();
}

/** Returns whether nothing scrolls sideways. */
export function fits(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

/** Fails if the page has a barrier that axe knows. */
export async function axe(page, name) {
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

/** Waits until the page has its answers. */
export async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.locator('.waiting').first().waitFor({ state: 'detached', timeout: 30_000 });
}
