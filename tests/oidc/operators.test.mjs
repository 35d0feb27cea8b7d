// Operators sign in through a third-party OpenID Connect server, and its groups give them their role.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signInAs } from './browser.mjs';
import { RETURN_TO, freeAddress, openGuiyi } from './guiyi.mjs';
import { CLIENTS, openIssuer } from './issuer.mjs';

const SETTINGS = `[console]
enabled = true
apps = ["staff"]

[console.groups]
support = "agent"
"support-leads" = "admin"`;

test('a group of the issuer makes an operator, and the role follows it at each login', async (t) => {
  const { guiyi, issuer } = await company(t, { scopes: ['openid', 'profile', 'groups'] });
  issuer.groups.set('lan-0042', ['cooks', 'support']);
  issuer.groups.set('wei-0007', ['cooks']);

  const lan = await signIn(guiyi, 'lan-0042');

  assert.deepEqual(await operator(guiyi, lan), { name: 'Who is lan-0042', role: 'AGENT' });
  assert.equal((await signIn(guiyi, 'wei-0007')).status, 403);
  assert.equal((await signIn(guiyi, 'nobody')).status, 403);
  issuer.groups.set('lan-0042', ['support-leads', 'support']);
  const promoted = await signIn(guiyi, 'lan-0042');
  assert.deepEqual(
    (await Promise.all([lan, promoted].map((session) => operator(guiyi, session)))).map(({ role }) => role),
    ['ADMIN', 'ADMIN'],
  );
  issuer.groups.set('lan-0042', []);
  assert.equal((await signIn(guiyi, 'lan-0042')).status, 403);
  assert.equal(await operator(guiyi, promoted), null);
});

test('an issuer that is not asked for groups tells none, and nobody is an operator', async (t) => {
  const { guiyi, issuer } = await company(t, { scopes: ['openid', 'profile'] });
  issuer.groups.set('lan-0042', ['support']);

  assert.equal((await signIn(guiyi, 'lan-0042')).status, 403);
});

/** Starts an issuer, and a Guiyi whose operators sign in there. */
async function company(t, { scopes }) {
  const address = await freeAddress();
  const issuer = await openIssuer(t, [RETURN_TO, `http://${address}/console/callback`]);
  const staff = {
    name: 'staff',
    issuer: issuer.url,
    client_id: CLIENTS.shop.id,
    client_secret: CLIENTS.shop.secret,
    scopes,
    groups_claim: 'groups',
  };
  return { issuer, guiyi: await openGuiyi(t, [staff], { settings: SETTINGS, address }) };
}

/** Signs in at the console as a browser does. Returns the status of the last answer, and the cookie of the session. */
async function signIn(guiyi, person) {
  const begun = await fetch(`${guiyi.url}/console/login?app=staff`, { redirect: 'manual' });
  const returnTo = `${guiyi.url}/console/callback`;
  const { code, state } = await signInAs(person, begun.headers.get('location'), returnTo);
  const ended = await fetch(`${returnTo}?${new URLSearchParams({ code, state })}`, {
    headers: { cookie: cookies(begun).join('; ') },
    redirect: 'manual',
  });
  const cookie = cookies(ended).find((pair) => pair.startsWith('__Host-guiyi-operator='));
  return { status: ended.status, cookie };
}

function cookies(answer) {
  return answer.headers.getSetCookie().map((line) => line.split(';')[0]);
}

/** The operator of a session; null if there is none any more. */
async function operator(guiyi, { status, cookie }) {
  assert.equal(status, 303, guiyi.log());
  const answer = await fetch(`${guiyi.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'guiyi-session': 'operator',
      origin: guiyi.url,
      cookie,
    },
    body: JSON.stringify({ query: '{ operator { name role } }' }),
  });
  return (await answer.json()).data.operator;
}
