// How long a silent login takes in the app of the quick start, built and served as files, and what it requests: a person whom
// WeChat knows opens the page for the first time. Prints the median and the slowest of ROUNDS (20) for two networks.
// GUIYI_BINARY is the path of the binary, CHROMIUM that of the browser.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { beLan, QuickStart, WECHAT } from './quickstart-app.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 20);
/** Of Chrome's developer tools: a phone on a good network. */
const FAST_4G = {
  latency: 60 * 2.75,
  downloadThroughput: ((9_000 * 1024) / 8) * 0.9,
  uploadThroughput: ((1_500 * 1024) / 8) * 0.9,
};
const NETWORKS = { 'no delay': null, 'fast 4G, 165 ms a round trip': { offline: false, ...FAST_4G } };

/** Notes when the browser has painted the page as signed in, and then with the orders: the frame after the change. */
const WATCH = () => {
  const painted = (name) =>
    requestAnimationFrame(() =>
      setTimeout(() => (window[name] ??= performance.timeOrigin + performance.now())),
    );
  new MutationObserver(() => {
    if (document.title === 'authenticated') painted('signedInAt');
    if (document.getElementById('orders')?.textContent) painted('ordersAt');
  }).observe(document, { childList: true, subtree: true, characterData: true });
};

const app = await QuickStart.make({
  isOwnPage: true,
  more: 'guiyi.subscribe(() => (document.title = guiyi.state.status));\n',
});
let browser;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });

  await app.serve(['preview']);
  const context = await browser.newContext({ userAgent: WECHAT, locale: 'zh-CN' });
  await context.addInitScript(WATCH);
  await introduce(context);
  for (const [name, network] of Object.entries(NETWORKS)) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await visit(context, network));
    report(name, rounds);
  }
} finally {
  await browser?.close();
  await app.close();
}

/** WeChat knows from now on whose phone this is. */
async function introduce(context) {
  const page = await context.newPage();
  await page.goto(app.url);
  await beLan(page);
  await page.locator('#orders', { hasText: ':' }).waitFor();
  await page.close();
}

/** Opens the page in a browser that has neither a session nor anything in its cache. */
async function visit(context, network) {
  const page = await context.newPage();
  // Any page of this origin that is not the app.
  await page.goto(new URL('/main.txt', app.url).href);
  await page.evaluate(() => (localStorage.clear(), sessionStorage.clear()));
  await context.clearCookies({ name: /guiyi/ });
  const debug = await context.newCDPSession(page);
  await debug.send('Network.enable');
  await debug.send('Network.clearBrowserCache');
  if (network) await debug.send('Network.emulateNetworkConditions', network);
  let from;
  const all = [];
  const cached = new Set();
  debug.on('Network.requestServedFromCache', ({ requestId }) => cached.add(requestId));
  debug.on(
    'Network.responseReceived',
    ({ requestId, response }) => response.fromDiskCache && cached.add(requestId),
  );
  debug.on('Network.requestWillBeSent', ({ requestId, request, wallTime, type }) => {
    if (request.url.startsWith('data:') || request.url.includes('favicon')) return;
    from ??= wallTime * 1000;
    all.push({
      requestId,
      kind: kindOf(request, type),
      line: `${request.method} ${request.url.split('?')[0]}`,
    });
  });
  await page.goto(app.url, { waitUntil: 'commit' });
  // It survives the way to WeChat and back, which are other documents.
  const painted = await page.waitForFunction(() => window.ordersAt && [window.signedInAt, window.ordersAt]);
  const [signedInAt, ordersAt] = await painted.jsonValue();
  await page.waitForLoadState('networkidle');
  await page.close();
  const sent = all.filter(({ requestId }) => !cached.has(requestId));
  if (process.env.VERBOSE) console.log(sent.map(({ kind, line }) => `  ${kind}: ${line}`).join('\n'));
  return { signedIn: signedInAt - from, orders: ordersAt - from, sent };
}

function kindOf({ method, url }, type) {
  if (method === 'OPTIONS') return 'preflight';
  if (url.startsWith(app.sandbox)) return 'to WeChat';
  if (method === 'POST') return 'to the API';
  return type === 'Document' ? 'of the page' : 'of its script';
}

function report(name, rounds) {
  const sorted = (part) => rounds.map((round) => Math.round(round[part])).sort((a, b) => a - b);
  const told = (part) => `${sorted(part)[rounds.length >> 1]} ms (slowest ${sorted(part).at(-1)})`;
  const counts = grouped(rounds[0].sent);
  const parts = Object.entries(counts).map(([kind, list]) => `${list.length} × ${kind}`);
  console.log(
    `${name}: signed in on the screen after ${told('signedIn')}, with the orders after ${told('orders')}`,
  );
  console.log(`  ${rounds[0].sent.length} requests: ${parts.join(', ')}`);
  const lengths = new Set(rounds.map(({ sent }) => sent.length));
  // beginLogin, login and the orders; the page and its script twice; WeChat; one preflight.
  assert.ok(Math.max(...lengths) <= 9, `a login takes ${[...lengths]} requests`);
  assert.equal(lengths.size, 1, `each visit sends the same requests, not ${[...lengths]}`);
}

function grouped(list) {
  const groups = {};
  for (const entry of list) (groups[entry.kind] ??= []).push(entry);
  return groups;
}
