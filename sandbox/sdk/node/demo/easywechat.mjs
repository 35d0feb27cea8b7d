// A page in WeChat's own browser that asks who you are: an official account, with node-easywechat.
import express from 'express';
import { OfficialAccount } from 'node-easywechat';
import { invitation, welcome } from './page.mjs';
import { drawState, isSameBrowser } from './state.mjs';

/** The site of an official account. */
export function easyWeChatSite(origin, { id, secret }) {
  const account = new OfficialAccount({
    app_id: id,
    secret,
    oauth: { scopes: 'snsapi_userinfo', redirect_url: `${origin}/callback` },
  });
  const site = express();
  site.get('/', (_request, response) => response.send(invitation('/login')));
  site.get('/login', (_request, response) => {
    response.redirect(account.getOAuth().withState(drawState(response)).redirect());
  });
  site.get('/callback', async (request, response) => {
    if (!isSameBrowser(request)) return response.status(400).send('Please log in again.');
    const user = await account.getOAuth().userFromCode(request.query.code);
    const { unionid } = user.getRaw();
    response.send(welcome({ nickname: user.getNickname(), openId: user.getId(), unionId: unionid }));
  });
  return site;
}
