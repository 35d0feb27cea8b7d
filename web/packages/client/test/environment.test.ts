// Which program shows the page, and which app signs people in there.

import { expect, test } from 'vitest';
import { appFor, isSilent, surroundingsOf } from '../src/environment.js';
import { AGENTS } from './support/browser.js';

test.each([
  ['wechatIos', 'wechat', true],
  ['wechatAndroid', 'wechat', false],
  ['wechatWindows', 'wechat-desktop', false],
  ['wechatMac', 'wechat-desktop', false],
  ['miniProgram', 'mini-program', true],
  ['wecom', 'wecom', true],
  ['wecomWindows', 'wecom', false],
  ['safariIos', 'browser', true],
  ['chrome', 'browser', false],
] as const)('%s is %s', (agent, environment, isIos) => {
  expect(surroundingsOf(AGENTS[agent])).toEqual({ environment, isIos });
});

test('a web-view that only sets the variable is a mini program', () => {
  expect(surroundingsOf(AGENTS.wechatAndroid, 'miniprogram').environment).toBe('mini-program');
  expect(surroundingsOf(AGENTS.chrome, 'miniprogram').environment).toBe('browser');
});

const ALL = { wechat: 'shop', wecom: 'work', browser: 'site' };

test.each([
  ['wechat', ALL, 'shop', true],
  ['wechat-desktop', ALL, 'shop', true],
  ['mini-program', ALL, 'shop', true],
  ['wecom', ALL, 'work', true],
  ['wecom', { wechat: 'shop', browser: 'site' }, 'site', false],
  ['browser', ALL, 'site', false],
  ['browser', { wechat: 'shop' }, undefined, false],
  ['wechat', { browser: 'site' }, undefined, true],
] as const)('in %s with %j people sign in through %s', (environment, apps, app, silent) => {
  expect(appFor(environment, apps)).toBe(app);
  expect(isSilent(environment, apps)).toBe(silent);
});
