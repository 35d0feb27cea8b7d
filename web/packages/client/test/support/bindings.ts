// The tests that the bindings for React and Vue share: each has the same page, made with its own library.

import { expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { AGENTS } from './browser.js';
import { inside, site, stage } from './stage.js';

export function describeBinding(program: URL): void {
  stage((site) => {
    site.programs.set('/app.js', program);
    site.pages.set(
      '/app',
      '<!doctype html><html lang="zh-CN"><body><script type="module" src="/app.js"></script>',
    );
  });

  async function open(agent: keyof typeof AGENTS): Promise<Page> {
    const page = await (await inside(agent)).newPage();
    page.on('pageerror', (error) => expect.unreachable(error.message));
    await page.goto(`${site.origin}/app`);
    return page;
  }
  const items = (page: Page) => page.locator('li').allTextContents();

  test('one return is exchanged once, and the orders of the person appear', async () => {
    const page = await open('wechatAndroid');

    await expect.poll(() => items(page)).toEqual(['lan-0', 'lan-1']);
    expect(await page.locator('#user').textContent()).toBe('Name of lan');
    expect(site.service.count('SignIn')).toBe(1);
    expect(site.service.count('BeginLogin')).toBe(1);
  });

  test('a list goes on page by page, and starts again', async () => {
    const page = await open('wechatAndroid');
    await expect.poll(() => items(page)).toHaveLength(2);

    await page.click('#more:enabled');
    await expect.poll(() => items(page)).toHaveLength(4);
    await page.click('#more:enabled');
    await expect.poll(() => items(page)).toEqual(['lan-0', 'lan-1', 'lan-2', 'lan-3', 'lan-4']);
    await expect.poll(() => page.locator('#more').isDisabled()).toBe(true);
    await page.click('#again');
    await expect.poll(() => items(page)).toHaveLength(2);
  });

  test('signing out empties the list at once, and another person gets their own', async () => {
    const page = await open('wechatAndroid');
    await expect.poll(() => items(page)).toHaveLength(2);
    await page.click('#logout');
    await expect.poll(() => page.locator('h1').textContent()).toBe('anonymous');
    expect(await items(page)).toEqual([]);

    site.person = 'wei';
    await page.click('#login');
    await expect.poll(() => items(page)).toEqual(['wei-0', 'wei-1']);
  });

  test('in a browser the page waits for a tap, and a failure is shown', async () => {
    const page = await open('chrome');
    await expect.poll(() => page.locator('h1').textContent()).toBe('anonymous');
    expect(await page.locator('main').getAttribute('data-loading')).toBe('false');

    site.service.next('BeginLogin', { kind: 'error', code: 'RATE_LIMITED', retryAfter: 3 });
    await page.click('#login');
    await expect.poll(() => page.locator('#error').textContent()).toBe('RATE_LIMITED');
    await page.click('#login');
    await expect.poll(() => items(page)).toHaveLength(2);
  });

  test('a list that cannot be loaded says why, and loads again on demand', async () => {
    const page = await open('wechatAndroid');
    await expect.poll(() => items(page)).toHaveLength(2);
    site.service.next('Orders', { kind: 'error', code: 'TIMEOUT' });

    await page.click('#again');
    await expect.poll(() => page.locator('#error').textContent()).toBe('TIMEOUT');
    await page.click('#again');
    await expect.poll(() => page.locator('#error').textContent()).toBe('');
  });
}
