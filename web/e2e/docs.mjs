// The pages of the documentation in Chromium, as the running demo at GUIYI_URL serves them: they fit a phone, are free of what
// axe finds, request nothing from elsewhere, and the keyboard reaches what scrolls. SCREENSHOTS is the folder for pictures.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const ORIGIN = new URL(process.env.GUIYI_URL).origin;
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = [
  { name: 'desktop-light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: 'phone-dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
];
const { SCREENSHOTS } = process.env;

async function check(context, path, view) {
  const page = await context.newPage();
  const complaints = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${ORIGIN}/docs`) && !request.url().startsWith('data:'))
      complaints.push(`a request to ${request.url()}`);
  });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(ORIGIN + path);
  assert.equal(await page.locator('h1').count(), 1, `${path} has one title`);
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    `${path} scrolls sideways, ${view}`,
  );
  if (SCREENSHOTS)
    await page.screenshot({ path: `${SCREENSHOTS}/docs${path.replaceAll('/', '-')}-${view}.png` });
  assert.deepEqual(complaints, [], path);
  // The dark pages differ by colours alone, of which these have all.
  if (view === 'phone-dark' && !/clients|operations|glossary/.test(path)) return page.close();
  // By the protocol of the debugger: the policy of the page allows no script.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} (${nodes.length})`);
  assert.deepEqual(told, [], `${path}, ${view}: axe`);
  await page.close();
}

if (SCREENSHOTS) await mkdir(SCREENSHOTS, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  for (const { name, ...options } of VIEWS) {
    const context = await browser.newContext(options);
    const index = await context.newPage();
    await index.goto(`${ORIGIN}/docs/`);
    const all = await index.locator('main li a').evaluateAll((links) => links.map((link) => link.pathname));
    // A schema is for programs.
    const schemas = all.filter((path) => path.endsWith('.json'));
    for (const path of schemas) JSON.parse(await (await context.request.get(ORIGIN + path)).text());
    const paths = all.filter((path) => !schemas.includes(path));
    assert.ok(paths.length > 25, `${paths.length} pages`);
    const queue = ['/docs/', ...paths];
    const work = async () => {
      for (let path = queue.shift(); path; path = queue.shift()) await check(context, path, name);
    };
    await Promise.all([work(), work()]);
    console.log(`ok      ${paths.length + 1} pages of the documentation, ${name}`);
    await context.close();
  }
  const page = await browser.newPage();
  await page.goto(`${ORIGIN}/docs/clients.md#taro`);
  const top = await page.locator('#taro').evaluate((heading) => heading.getBoundingClientRect().top);
  assert.ok(top >= 0 && top < 60, `the address of a heading leads to it: ${top}`);
  await page.locator('#taro + pre').focus();
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement.tagName),
    'PRE',
    'Tab goes to the next block',
  );
  console.log('ok      headings have addresses, and the keyboard reaches the blocks');
} finally {
  await browser.close();
}
