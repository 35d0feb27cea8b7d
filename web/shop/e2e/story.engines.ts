// The shop's story in WebKit, the engine of WeChat on iOS, and in Firefox. ENGINE is the one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngine, type Engine } from '../../packages/client/test/support/engine.js';
import { story } from './story.mjs';

const SHOP = new URL(process.env.GUIYI_SHOP ?? 'http://127.0.0.1:8002').origin;
const PATIENCE = 15_000;
let browser: Engine;

beforeAll(async () => {
  browser = await startEngine();
  await browser.open();
});
afterAll(async () => {
  await browser?.close();
  browser?.stop();
});

/** Runs an expression until it is true. While a page gives way to the next one, it fails, and is tried again. */
async function untilTrue(expression: string): Promise<void> {
  let last: unknown;
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    last = await browser.evaluate(`return ${expression}`).catch((error: unknown) => String(error));
    if (last === true) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  const [address, page] = [await browser.address(), await browser.evaluate('return document.body.innerText')];
  throw new Error(`${expression} is ${String(last)} at ${address}\n${String(page)}`);
}

const quoted = JSON.stringify;
const find = (selector: string) => `document.querySelector(${quoted(selector)})`;
const button = (words: RegExp) =>
  `[...document.querySelectorAll('button')].find((b) => ${words}.test(b.textContent))`;
const clickOn = async (element: string) => {
  await untilTrue(`Boolean(${element} && !${element}.disabled)`);
  await browser.evaluate(`${element}.click()`);
};

const until = (selector: string, isThere = true) => untilTrue(`Boolean(${find(selector)}) === ${isThere}`);

/** Answers the sandbox's page as Lan, where it is shown: WeChat knows her from then on. */
async function beLan(): Promise<void> {
  await until('input[name=person][value=lan]');
  await browser.evaluate(
    `${find('input[name=person][value=lan]')}.checked = true; ${find('button.allow')}.click()`,
  );
  await untilTrue(`location.origin === ${quoted(SHOP)}`);
}

async function orders(count?: number): Promise<number> {
  const selector = count === undefined ? '[data-count]' : `[data-count="${count}"]`;
  await until(selector);
  const number = Number(await browser.evaluate(`return ${find(selector)}.dataset.count`));
  await untilTrue(`document.querySelectorAll('.orders li').length === ${number}`);
  return number;
}

test('the whole story', async () => {
  await story({
    goto: (path: string) => browser.goto(SHOP + path),
    reload: () => browser.reload(),
    click: (selector: string) =>
      clickOn(selector.startsWith('/') ? button(new RegExp(selector.slice(1))) : find(selector)),
    // As React hears it: by the setter of the element itself, and an event.
    fill: async (selector: string, value: string) => {
      await until(selector);
      const set = `Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set`;
      await browser.evaluate(
        `const input = ${find(selector)}; ${set}.call(input, ${quoted(value)}); input.dispatchEvent(new Event('input', { bubbles: true }))`,
      );
    },
    text: (selector: string) => browser.evaluate(`return ${find(selector)}.textContent`),
    until,
    untilText: (selector: string, text: string) =>
      untilTrue(`Boolean(${find(selector)}) && ${find(selector)}.textContent.includes(${quoted(text)})`),
    orders,
    beLan,
    scanAsLan: async () => {
      await clickOn(find('.scan-as button[value=lan]'));
      await untilTrue(`location.origin === ${quoted(SHOP)}`);
    },
    consent: async () => {
      await clickOn(button(/Allow nickname|允许获取/));
      await beLan();
    },
    undo: '/Undo the merge|撤销合并',
    signOut: '/^(Sign out|退出登录)$',
    shot: async () => undefined,
  });
  expect(await browser.evaluate('return localStorage.getItem("shop.session")')).toBeNull();
  const { endpoint, sandbox } = (await (await fetch(`${SHOP}/config.json`)).json()) as Record<string, string>;
  const ours = [SHOP, new URL(endpoint!).origin, sandbox];
  const origins = [...(browser.origins ?? [SHOP])];
  expect(origins).toContain(SHOP);
  expect(origins.filter((origin) => !ours.includes(origin))).toEqual([]);
});
