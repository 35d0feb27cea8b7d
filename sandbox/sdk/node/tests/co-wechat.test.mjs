// co-wechat-oauth and co-wechat-api, as published: a website, and what a server asks. Their addresses are in their code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Api from 'co-wechat-api';
import OAuth from 'co-wechat-oauth';
import { openBrowser, scanAs, serve, welcomes } from '../browser.mjs';
import { coWeChatSite } from '../demo/co-wechat.mjs';
import { APPS, codeOf, control, identityOf } from '../sandbox.mjs';

const { shop, site, mini } = APPS;

test('a person scans the QR code of a website', async (t) => {
  const origin = await serve(t, (own) => coWeChatSite(own, site));
  const context = await openBrowser(t);
  const page = await context.newPage();

  await page.goto(origin);
  await page.getByText('Log in with WeChat').click();
  await scanAs(context, page, '阿伟');

  await welcomes(page, { nickname: '阿伟', ...(await identityOf('site', 'wei')) });
});

test('a person scans the QR code that wxLogin.js shows in the page', async (t) => {
  const origin = await serve(t, (own) => coWeChatSite(own, site));
  const context = await openBrowser(t);
  const page = await context.newPage();

  await page.goto(`${origin}/framed`);
  await scanAs(context, page.frameLocator('#qr iframe'), 'Mei 美');

  await welcomes(page, { nickname: 'Mei 美', ...(await identityOf('site', 'mei')) });
});

test('a code becomes tokens, and they are renewed for the same person', async () => {
  const oauth = new OAuth(shop.id, shop.secret);
  const { openId, unionId } = await identityOf('shop', 'lan');

  const first = (await oauth.getAccessToken(await codeOf('shop', 'lan'))).data;
  const renewed = (await oauth.refreshAccessToken(first.refresh_token)).data;

  assert.deepEqual([first.openid, first.unionid, first.scope], [openId, unionId, 'snsapi_userinfo']);
  assert.deepEqual([renewed.openid, renewed.scope], [openId, 'snsapi_userinfo']);
  assert.equal(renewed.refresh_token, first.refresh_token);
});

test('a used code is an error of the SDK, and it tells WeChat’s number', async () => {
  const oauth = new OAuth(shop.id, shop.secret);
  const code = await codeOf('shop', 'lan');
  await oauth.getAccessToken(code);

  const again = oauth.getAccessToken(code);

  await assert.rejects(again, { name: 'WeChatAPIError', code: 40163 });
});

test('the followers are listed and looked up', async () => {
  await control('POST', 'push', { app: 'shop', person: 'lan', event: 'subscribe' });
  const api = new Api(shop.id, shop.secret);
  const { openId, unionId } = await identityOf('shop', 'lan');

  const { data } = await api.getFollowers();
  const { subscribe } = await api.getUser(openId);
  const { user_info_list } = await api.batchGetUsers([openId]);

  assert.ok(data.openid.includes(openId));
  assert.equal(subscribe, 1);
  assert.deepEqual(
    user_info_list.map(({ openid, unionid }) => ({ openid, unionid })),
    [{ openid: openId, unionid: unionId }],
  );
});

test('a global token that died is replaced before the caller notices', async () => {
  const api = new Api(shop.id, shop.secret);
  const { openId } = await identityOf('shop', 'lan');
  const { accessToken } = await api.getAccessToken();
  await control('POST', 'faults', { path: '/cgi-bin/user/info', errcode: 40001 });

  const { openid } = await api.getUser(openId);

  assert.equal(openid, openId);
  assert.notEqual((await api.ensureAccessToken()).accessToken, accessToken);
});

test('a mini program’s code becomes a session', async () => {
  const api = new Api(mini.id, mini.secret);
  const { openId, unionId } = await identityOf('mini', 'lan');

  const { openid, unionid, session_key } = await api.code2Session(await codeOf('mini', 'lan'));

  assert.deepEqual([openid, unionid], [openId, unionId]);
  assert.equal(Buffer.from(session_key, 'base64').length, 16);
});
