// The server of a mini program with node-easywechat, as published. What the phone does, the control API does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiniApp } from 'node-easywechat';
import { serve } from '../browser.mjs';
import { miniProgramServer } from '../demo/mini-program.mjs';
import { APPS, codeOf, control, folderOf, identityOf } from '../sandbox.mjs';

const { mini } = APPS;

test('a person logs in to a mini program', async (t) => {
  const call = await miniProgramOf(t);

  const person = await call('login', { code: await codeOf('mini', 'lan') });

  assert.deepEqual(person, await identityOf('mini', 'lan'));
});

test('the profile that a person shows is decrypted', async (t) => {
  const call = await miniProgramOf(t);
  const { openId, unionId } = await call('login', { code: await codeOf('mini', 'lan') });

  const { iv, encryptedData } = await shownBy('lan', 'profile');
  const profile = await call('show', { openId, iv, encryptedData });

  const { nickName, watermark } = profile;
  assert.equal(nickName, '兰心🌿');
  assert.equal(profile.openId, openId);
  assert.equal(profile.unionId, unionId);
  assert.equal(watermark.appid, mini.id);
});

test('the phone number comes encrypted and by a code, the same both ways', async (t) => {
  const call = await miniProgramOf(t);
  const { openId } = await call('login', { code: await codeOf('mini', 'lan') });
  const { code } = await control('POST', 'phone-codes', { app: 'mini', person: 'lan' });

  const { iv, encryptedData } = await shownBy('lan', 'phone');
  const shown = await call('show', { openId, iv, encryptedData });
  const asked = await call('phone', { code });

  for (const { phoneNumber, purePhoneNumber, countryCode, watermark } of [shown, asked]) {
    assert.deepEqual([phoneNumber, purePhoneNumber, countryCode], ['13800000001', '13800000001', '86']);
    assert.equal(watermark.appid, mini.id);
  }
});

test('a used code of a mini program is an error of the SDK', async () => {
  const utils = new MiniApp({ app_id: mini.id, secret: mini.secret }).getUtils();
  const code = await codeOf('mini', 'lan');
  await utils.codeToSession(code);

  const again = utils.codeToSession(code);

  await assert.rejects(again, /^Error: code2Session error: {"errcode":40163,"errmsg":"code been used/);
});

/** What the phone of a person hands to the mini program. */
function shownBy(person, what) {
  return control('POST', 'encrypted-data', { app: 'mini', person, what });
}

/** Starts the mini program's server, and answers with how the phone calls it. */
async function miniProgramOf(t) {
  const folder = await folderOf(t);
  const origin = await serve(t, () => miniProgramServer(mini, folder));
  return async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${origin}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200);
    return answer.json();
  };
}
