// A support agent's work in WebKit and in Firefox, which ENGINE names. WebKit needs https: GUIYI_URL is the address of the pages then, and
// API one without TLS. See console.spec.mjs for the other variables and for all that is tested
// in Chromium; here is what another engine may do in its own way: sign-in and cookie, search, merge and undo, a case, the graph, sizes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngine, type Engine } from '../../packages/client/test/support/engine.js';
import { find, named, stepsIn } from '../../packages/client/test/support/steps.js';
import { Company } from './company.mjs';

const ORIGIN = new URL(process.env.GUIYI_URL ?? 'http://127.0.0.1:8000').origin;
const DESK = `${ORIGIN}/console`;
const company = new Company({
  api: process.env.API ?? ORIGIN,
  origin: ORIGIN,
  sandbox: process.env.GUIYI_SANDBOX ?? 'http://127.0.0.1:8001',
  token: process.env.GUIYI_TOKEN,
});
/** Numbers and names that no earlier run has used. */
const run = Date.now().toString(36);
let browser: Engine;

beforeAll(async () => {
  browser = await startEngine();
  await browser.open();
});
afterAll(async () => {
  await browser?.close();
  browser?.stop();
});

const idOf = async () => /people\/(usr_[0-9a-f]+)/.exec(await browser.address())?.[1];
/** A button of the window that is open. */
const inWindow = (words: RegExp) => named(words, '[role=dialog] button');

test('an agent finds, merges, takes back and decides', async () => {
  const { until, untilTrue, clickOn, fill } = stepsIn(browser);
  const { club, shop } = await company.twoHalves('林晓', `${run}w`);

  await browser.goto(`${DESK}/people/${club.id}`);
  await clickOn(find('a[href="/console/login"]'));
  await clickOn(find('button[name=operator][value=anna]'));
  await until('.person-head');
  expect(await idOf(), 'the sign-in leads back to the account').toBe(club.id);
  expect(await browser.evaluate('return document.cookie')).toBe('');

  await fill('[role=search] input', `订单号：S-${run}w`);
  await browser.evaluate(`${find('[role=search] input')}.form.requestSubmit()`);
  await until(`a[data-person="${shop.id}"]`);
  await browser.goto(`${DESK}/merge?one=${club.id}&other=${shop.id}`);
  await until('.decide textarea');
  await fill('.decide textarea', 'knows the last order of both');
  await clickOn(find('.decide button.primary'));
  await untilTrue('Boolean(/The two accounts are one|两个账号已合并/.exec(document.body.innerText))');

  await clickOn(named(/Timeline|时间线/, '[role=tab]'));
  await clickOn(named(/Would the rules of today|按现行规则还会/));
  await untilTrue('Boolean(/nothing speaks against|现行规则不反对/.exec(document.body.innerText))');
  await clickOn(named(/Undo the merge|撤销合并/));
  await fill('[role=dialog] textarea', 'they are two');
  await clickOn(inWindow(/Undo the merge|撤销合并/));
  await untilTrue('Boolean(/is an account of its own again|恢复为独立账号/.exec(document.body.innerText))');

  await clickOn(named(/Identity graph|身份图/, '[role=tab]'));
  await until('.react-flow__node');
  await untilTrue(`${find('.react-flow__node')}.getBoundingClientRect().width > 20`);

  await company.doubt('Engine', `${run}v`);
  await browser.goto(`${DESK}/cases?kind=TWO_ACCOUNTS`);
  await until('.list li');
  const before = Number(await browser.evaluate("return document.querySelectorAll('.list li').length"));
  await clickOn(find('.list li button'));
  await clickOn(find('[data-decision=KEEP_APART] input'));
  await fill('.decide textarea', 'a family');
  await clickOn(find('.decide button.primary'));
  await untilTrue(`document.querySelectorAll('.list li').length === ${before - 1}`);
});

test('the health and the settings are shown in both languages, and nothing scrolls sideways', async () => {
  const { until, untilTrue, clickOn } = stepsIn(browser);
  for (const language of ['zh-CN', 'en']) {
    await browser.goto(`${DESK}/health`);
    await until('.language');
    if ((await browser.evaluate('return document.documentElement.lang')) !== language)
      await clickOn(find('.language'));
    await until(`html[lang=${language}] [data-upstream=shop]`);
    await untilTrue('document.documentElement.scrollWidth <= innerWidth');
    await browser.goto(`${DESK}/settings`);
    await until('.warnings li[data-setting=mode]');
    await untilTrue('document.documentElement.scrollWidth <= innerWidth');
  }
});

test('the page asks nobody else, and signs out', async () => {
  const { until, clickOn } = stepsIn(browser);
  await browser.goto(`${DESK}/`);
  await clickOn(find('.me'));
  await clickOn(named(/^(Sign out|退出登录)$/));
  await until('a[href="/console/login"]');
  const origins = [...(browser.origins ?? [ORIGIN])];
  expect(origins.filter((origin) => origin !== ORIGIN)).toEqual([]);
});
