// Guiyi logs people in through a third-party OpenID Connect server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signInAs } from './browser.mjs';
import { RETURN_TO, openGuiyi } from './guiyi.mjs';
import { CLIENTS, openIssuer } from './issuer.mjs';

// RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const BEGIN = 'mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { authorizeUrl state } }';
const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { accessToken isNewUser openId unionId user { id } }
}`;
const ME = '{ me { nickname openIds { app openId avatarUrl } unionIds { scope unionId } } }';

test('a person is named by the sub, and a second login finds the same account', async (t) => {
  const { guiyi } = await company(t);

  const first = await logIn(guiyi, 'shop', 'lan-0042');
  const second = await logIn(guiyi, 'shop', 'lan-0042');

  const { user } = first;
  const lan = { openId: 'lan-0042', unionId: 'lan-0042', user };
  assert.deepEqual(without(first, 'accessToken'), { ...lan, isNewUser: true });
  assert.deepEqual(without(second, 'accessToken'), { ...lan, isNewUser: false });
  assert.deepEqual(await guiyi.call(ME, {}, second.accessToken), {
    me: {
      nickname: 'Who is lan-0042',
      openIds: [{ app: 'shop', openId: 'lan-0042', avatarUrl: 'https://id.example.com/lan-0042.png' }],
      unionIds: [{ scope: 'hemu-id', unionId: 'lan-0042' }],
    },
  });
});

test('two people are two accounts', async (t) => {
  const { guiyi } = await company(t);

  const lan = await logIn(guiyi, 'shop', 'lan-0042');
  const wei = await logIn(guiyi, 'shop', 'wei-0007');

  assert.notEqual(lan.user.id, wei.user.id);
});

test('a public client with PKCE alone finds the person of the union scope', async (t) => {
  const { guiyi } = await company(t);

  const shop = await logIn(guiyi, 'shop', 'lan-0042');
  const app = await logIn(guiyi, 'app', 'lan-0042');

  assert.deepEqual([app.user.id, app.isNewUser], [shop.user.id, false]);
});

test('the base scope asks for nothing but the open id', async (t) => {
  const { guiyi } = await company(t);

  const { accessToken } = await logIn(guiyi, 'shop', 'lan-0042', 'BASE');

  const { me } = await guiyi.call(ME, {}, accessToken);
  assert.deepEqual([me.nickname, me.openIds[0].openId], [null, 'lan-0042']);
});

test('a code that comes back from another browser is refused', async (t) => {
  const { guiyi } = await company(t);
  const { code, state } = await signInAs('lan-0042', await begin(guiyi, 'shop'));
  const first = await redeem(guiyi, { code, state });
  const again = await redeem(guiyi, { code, state });
  const elsewhere = await guiyi.call(LOGIN, { input: { code, state, codeVerifier: 'e'.repeat(43) } });

  assert.equal(again.login.user.id, first.login.user.id);
  assert.deepEqual(elsewhere, { code: 'CODE_USED' });
});

test("a code with another login's state is refused, used or not", async (t) => {
  const { guiyi } = await company(t);
  const mallory = await signInAs('mallory', await begin(guiyi, 'shop'));
  const lan = await signInAs('lan-0042', await begin(guiyi, 'shop'));

  const swapped = await redeem(guiyi, { code: mallory.code, state: lan.state });
  const late = await redeem(guiyi, { code: lan.code, state: mallory.state });

  assert.deepEqual([swapped, late], [{ code: 'INVALID_CODE' }, { code: 'INVALID_CODE' }]);
});

test("a code of another client's is refused", async (t) => {
  const { guiyi } = await company(t);
  const { code } = await signInAs('lan-0042', await begin(guiyi, 'app'));
  const { state } = await signInAs('lan-0042', await begin(guiyi, 'shop'));

  assert.deepEqual(await redeem(guiyi, { code, state }), { code: 'INVALID_CODE' });
});

test('new keys of the issuer are found', async (t) => {
  const { guiyi, issuer } = await company(t);
  const before = await logIn(guiyi, 'shop', 'lan-0042');

  issuer.restart();
  const after = await logIn(guiyi, 'shop', 'lan-0042');

  assert.equal(after.user.id, before.user.id);
});

test('a wrong client secret is our fault', async (t) => {
  const { guiyi } = await company(t, { shop: { client_secret: 'the-secret-of-somebody-else' } });
  const back = await signInAs('lan-0042', await begin(guiyi, 'shop'));

  assert.deepEqual(await redeem(guiyi, back), { code: 'UPSTREAM_FAULT' });
});

test('an issuer that is down is unavailable, whether it is known or not', async (t) => {
  const { guiyi, issuer } = await company(t);
  const back = await signInAs('lan-0042', await begin(guiyi, 'shop'));

  await issuer.stop();

  const unavailable = { code: 'UPSTREAM_UNAVAILABLE' };
  assert.deepEqual(await redeem(guiyi, back), unavailable);
  // Each app fetches the issuer's metadata itself, and this one has not fetched it yet.
  assert.deepEqual(await beginLogin(guiyi, 'app'), unavailable);
});

test('another issuer at the same address is a fault, and nothing of it is believed', async (t) => {
  const issuer = await openIssuer(t, RETURN_TO);
  const localhost = issuer.url.replace('127.0.0.1', 'localhost');
  const guiyi = await openGuiyi(t, [
    { name: 'shop', issuer: localhost, client_id: CLIENTS.shop.id, public: true },
  ]);

  assert.deepEqual(await beginLogin(guiyi, 'shop'), { code: 'UPSTREAM_FAULT' });
});

test('no secret and no code is in the log, however much it tells', async (t) => {
  const { guiyi } = await company(t);
  const good = await signInAs('lan-0042', await begin(guiyi, 'shop'));
  const { accessToken } = (await redeem(guiyi, good)).login;
  const url = await begin(guiyi, 'shop');
  const { nonce, code_challenge } = Object.fromEntries(new URL(url).searchParams);
  const { state } = await signInAs('lan-0042', url);
  const stray = await signInAs('mallory', await begin(guiyi, 'shop'));
  await redeem(guiyi, { code: stray.code, state });

  assert.match(guiyi.log(), /the provider refused: the issuer answered invalid_grant/);
  for (const secret of [
    CLIENTS.shop.secret,
    good.code,
    good.state,
    stray.code,
    state,
    nonce,
    code_challenge,
    accessToken,
  ]) {
    assert.ok(!guiyi.log().includes(secret), `the log holds ${secret}`);
  }
});

/** Starts an issuer, and a Guiyi with a confidential and a public client of it. */
async function company(t, changes = {}) {
  const issuer = await openIssuer(t, RETURN_TO);
  const apps = Object.entries(CLIENTS).map(([name, client]) => ({
    name,
    issuer: issuer.url,
    client_id: client.id,
    ...(client.secret ? { client_secret: client.secret } : { public: true }),
    union_scope: 'hemu-id',
    ...changes[name],
  }));
  return { issuer, guiyi: await openGuiyi(t, apps) };
}

/** Performs a whole login, as a client and a browser do. */
async function logIn(guiyi, app, person, scope = 'USERINFO') {
  const answer = await redeem(guiyi, await signInAs(person, await begin(guiyi, app, scope)));
  assert.ok(answer.login, `the login failed: ${JSON.stringify(answer)}\n${guiyi.log()}`);
  return answer.login;
}

async function begin(guiyi, app, scope = 'USERINFO') {
  const answer = await beginLogin(guiyi, app, scope);
  assert.ok(answer.beginLogin, `no login begins: ${JSON.stringify(answer)}\n${guiyi.log()}`);
  return answer.beginLogin.authorizeUrl;
}

function beginLogin(guiyi, app, scope = 'USERINFO') {
  return guiyi.call(BEGIN, { input: { app, scope, returnTo: RETURN_TO, codeChallenge: CHALLENGE } });
}

function redeem(guiyi, { code, state }) {
  return guiyi.call(LOGIN, { input: { code, state, codeVerifier: VERIFIER } });
}

function without(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}
