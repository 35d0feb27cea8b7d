// The server of a mini program, with node-easywechat: who logs in, what they show of themselves, their phone number.
import express from 'express';
import { MiniApp } from 'node-easywechat';

/** The server of a mini program; `folder` is where the SDK keeps its global token. */
export function miniProgramServer({ id, secret }, folder) {
  const app = new MiniApp({ app_id: id, secret, file_cache: { path: folder } });
  // WeChat's session key must never reach the phone: it stays here, under the openId.
  const sessionKeys = new Map();
  const server = express();
  server.use(express.json());
  server.post('/login', async ({ body }, response) => {
    const { openid, unionid, session_key } = await app.getUtils().codeToSession(body.code);
    sessionKeys.set(openid, session_key);
    response.json({ openId: openid, unionId: unionid });
  });
  server.post('/show', ({ body: { openId, iv, encryptedData } }, response) => {
    response.json(app.getUtils().decryptSession(sessionKeys.get(openId), iv, encryptedData));
  });
  server.post('/phone', async ({ body }, response) => {
    const answer = await app.getClient().postJson('/wxa/business/getuserphonenumber', { code: body.code });
    response.json(answer.toObject().phone_info);
  });
  return server;
}
