// The client in WebKit, the engine of WeChat on iOS, and in Firefox: the parts that depend on the engine.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startEngine, type Engine } from '../support/engine.js';
import { Site } from '../support/site.js';

let driver: Engine;
let site: Site;

beforeAll(async () => {
  driver = await startEngine();
});
afterAll(() => driver?.stop());
beforeEach(async () => {
  site = await Site.open();
  await driver.open();
});
afterEach(async () => {
  await driver.close();
  await site.close();
});

const status = () => driver.title().catch(() => '');
const until = (wanted: string) => expect.poll(status, { timeout: 10_000 }).toBe(wanted);
const user = () => driver.evaluate('return client.state.user && client.state.user.id');

async function signIn(path = '/'): Promise<void> {
  await driver.goto(site.origin + path);
  await until('anonymous');
  await driver.evaluate('client.login()');
  await until('authenticated');
}

test('a login returns to where the person was, with query and hash', async () => {
  await signIn('/?page=2#/orders/5');

  await expect.poll(() => driver.address()).toBe(`${site.origin}/?page=2#/orders/5`);
  await expect.poll(user).toBe('usr_lan');
  expect(site.service.count('SignIn')).toBe(1);
});

test('another path is loaded again in the same entry of the history', async () => {
  await signIn('/orders?page=2');

  await expect.poll(() => driver.address()).toBe(`${site.origin}/orders?page=2`);
  await until('authenticated');
});

test('the session outlives a reload by a cookie that no script can read', async () => {
  await signIn();
  expect(await driver.evaluate('return document.cookie')).toBe('');

  await driver.reload();
  await until('authenticated');
  await expect.poll(user).toBe('usr_lan');
  expect(site.visits).toBe(1);
});

test('a lost answer is asked for again with the same verifier', async () => {
  site.service.next('SignIn', { kind: 'lost' });
  await signIn();

  const [first, second] = site.service.calls.filter(({ operation }) => operation === 'SignIn');
  expect(second?.variables).toEqual(first?.variables);
  expect(site.service.sessions.size).toBe(1);
});

test('going back from WeChat’s page is an answer that the page can show', async () => {
  site.mood = 'ask';
  await driver.goto(`${site.origin}/`);
  await until('anonymous');
  await driver.evaluate(
    'Object.assign(client.options, { redirect: (url) => location.assign(url) }); client.login()',
  );
  await until('WeChat');

  await driver.back();
  await until('anonymous');
  await expect
    .poll(() => driver.evaluate('return client.state.error && client.state.error.code'))
    .toBe('CANCELLED');
  expect(site.visits).toBe(1);
});

test('the back button leaves the page instead of stopping at the entry that led to WeChat', async () => {
  site.pages.set('/before', '<title>before</title>');
  await driver.goto(`${site.origin}/before`);
  await driver.goto(`${site.origin}/shop`);
  await until('anonymous');
  await driver.evaluate(
    'Object.assign(client.options, { redirect: (url) => location.assign(url) }); client.login()',
  );
  await until('authenticated');
  await expect.poll(() => driver.address()).toBe(`${site.origin}/shop`);
  await until('authenticated');

  await driver.evaluate('setTimeout(() => history.back())');
  await until('before');
});

test('signing out ends the session here and at the service', async () => {
  await signIn();
  await driver.evaluate('await client.logout()');

  await until('anonymous');
  expect(site.service.sessions.size).toBe(0);
  await driver.reload();
  await until('anonymous');
});
