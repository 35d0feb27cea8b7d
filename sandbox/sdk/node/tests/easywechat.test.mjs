// node-easywechat, as published: an official account and its push server. Its addresses are in its code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OfficialAccount } from 'node-easywechat';
import { agreeAs, openBrowser, serve, welcomes } from '../browser.mjs';
import { easyWeChatSite } from '../demo/easywechat.mjs';
import { pushServer } from '../demo/push.mjs';
import { APPS, codeOf, control, folderOf, identityOf } from '../sandbox.mjs';

const { shop } = APPS;
const PUSH = { token: 'sandboxtoken01', aes_key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' };

test('a person logs in to a page of an official account', async (t) => {
  const origin = await serve(t, (own) => easyWeChatSite(own, shop));
  const page = await (await openBrowser(t)).newPage();

  await page.goto(origin);
  await page.getByText('Log in with WeChat').click();
  assert.equal(new URL(page.url()).origin, 'https://open.weixin.qq.com');
  await agreeAs(page, '兰心🌿');

  await welcomes(page, { nickname: '兰心🌿', ...(await identityOf('shop', 'lan')) });
});

test('a code that another browser brings logs nobody in', async (t) => {
  const origin = await serve(t, (own) => easyWeChatSite(own, shop));
  const code = await codeOf('shop', 'lan');

  const answer = await fetch(`${origin}/callback?code=${code}&state=0123456789abcdef0123456789abcdef`);

  assert.equal(answer.status, 400);
  assert.equal(await answer.text(), 'Please log in again.');
});

test('a used code is an error of the SDK', async () => {
  const oauth = new OfficialAccount({ app_id: shop.id, secret: shop.secret }).getOAuth();
  const code = await codeOf('shop', 'lan');
  await oauth.userFromCode(code);

  const again = oauth.userFromCode(code);

  await assert.rejects(again, /^Error: Authorize Failed: {"errcode":40163,"errmsg":"code been used/);
});

for (const [kind, use_stable_access_token] of [
  ['usual', false],
  ['stable', true],
]) {
  test(`a follower is looked up with the ${kind} global token`, async (t) => {
    await control('POST', 'push', { app: 'shop', person: 'lan', event: 'subscribe' });
    const account = await accountOf(t, { use_stable_access_token });
    const { openId, unionId } = await identityOf('shop', 'lan');

    const answer = await account.getClient().get('/cgi-bin/user/info', { params: { openid: openId } });

    const { subscribe, openid, unionid } = answer.toObject();
    assert.deepEqual({ subscribe, openid, unionid }, { subscribe: 1, openid: openId, unionid: unionId });
  });
}

test('a page is signed for the JS-SDK with the ticket', async (t) => {
  const account = await accountOf(t, {});
  const url = 'https://shop.example/h5?x=1';

  const { nonceStr, timestamp, signature } = await account.getUtils().buildJsSdkConfig(url);

  const ticket = await account.getTicket().getTicket();
  const page = { ticket, noncestr: nonceStr, timestamp, url };
  assert.deepEqual(await control('POST', 'js-signature', page), { signature });
});

test('a push in secure mode is decrypted and answered', async (t) => {
  const heard = [];
  const origin = await serve(t, () => pushServer(shop, PUSH, (message) => heard.push(message)));
  const push = { ...PUSH, url: `${origin}/push`, mode: 'secure', format: 'xml' };
  await control('PATCH', 'apps/shop', { push });
  t.after(() => control('PATCH', 'apps/shop', { push: null }));
  const { openId } = await identityOf('shop', 'lan');

  const verified = await control('POST', 'push/verify', { app: 'shop' });
  const { attempts } = await control('POST', 'push', { app: 'shop', person: 'lan', event: 'unsubscribe' });

  assert.deepEqual(verified, { verified: true });
  assert.deepEqual(
    attempts.map(({ body }) => body),
    ['success'],
  );
  assert.deepEqual(
    heard.map(({ MsgType, Event, FromUserName }) => [MsgType, Event, FromUserName]),
    [['event', 'unsubscribe', openId]],
  );
});

async function accountOf(t, options) {
  const file_cache = { path: await folderOf(t) };
  return new OfficialAccount({ app_id: shop.id, secret: shop.secret, file_cache, ...options });
}
