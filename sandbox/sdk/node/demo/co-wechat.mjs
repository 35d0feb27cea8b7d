// A website with WeChat's QR code: on a page of WeChat's, or in a frame by wxLogin.js. With co-wechat-oauth.
import OAuth from 'co-wechat-oauth';
import express from 'express';
import { invitation, page, welcome } from './page.mjs';
import { drawState, isSameBrowser } from './state.mjs';

/** The site of a website app. */
export function coWeChatSite(origin, { id, secret }) {
  const wechat = new OAuth(id, secret);
  const callback = `${origin}/callback`;
  const site = express();
  site.get('/', (_request, response) => response.send(invitation('/login')));
  site.get('/login', (_request, response) => {
    response.redirect(wechat.getAuthorizeURLForWebsite(callback, drawState(response)));
  });
  site.get('/framed', (_request, response) => response.send(framed(id, callback, drawState(response))));
  site.get('/callback', async (request, response) => {
    if (!isSameBrowser(request)) return response.status(400).send('Please log in again.');
    const { nickname, openid, unionid } = await wechat.getUserByCode(request.query.code);
    response.send(welcome({ nickname, openId: openid, unionId: unionid }));
  });
  return site;
}

// As WeChat's page for developers has it, redirect_uri percent-encoded by the caller.
function framed(id, callback, state) {
  const options = {
    id: 'qr',
    appid: id,
    scope: 'snsapi_login',
    redirect_uri: encodeURIComponent(callback),
    state,
  };
  return page(`<div id="qr"></div>
<script src="https://res.wx.qq.com/connect/zh_CN/htmledition/js/wxLogin.js"></script>
<script>new WxLogin(${JSON.stringify(options)});</script>`);
}
