// The shop's story in WebKit, the engine of WeChat on iOS, and in Firefox. ENGINE is the one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngine, type Engine } from '../../packages/client/test/support/engine.js';
import { find, named, stepsIn } from '../../packages/client/test/support/steps.js';
import { story } from './story.mjs';

const SHOP = new URL(process.env.GUIYI_SHOP ?? 'http://127.0.0.1:8002').origin;
let browser: Engine;

beforeAll(async () => {
  browser = await startEngine();
  await browser.open();
});
afterAll(async () => {
  await browser?.close();
  browser?.stop();
});

const quoted = JSON.stringify;
const steps = () => stepsIn(browser);
const until = (selector: string, isThere = true) => steps().until(selector, isThere);
const untilTrue = (expression: string) => steps().untilTrue(expression);
const clickOn = (element: string) => steps().clickOn(element);

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
      clickOn(selector.startsWith('/') ? named(new RegExp(selector.slice(1))) : find(selector)),
    fill: (selector: string, value: string) => steps().fill(selector, value),
    text: (selector: string) => steps().text(selector),
    until,
    untilText: (selector: string, text: string) => steps().untilText(selector, text),
    orders,
    beLan,
    scanAsLan: async () => {
      await clickOn(find('.scan-as button[value=lan]'));
      await untilTrue(`location.origin === ${quoted(SHOP)}`);
    },
    consent: async () => {
      await clickOn(named(/Allow nickname|允许获取/));
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
