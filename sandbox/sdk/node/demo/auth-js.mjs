// A site with Auth.js, for an official account or for a website, with WeChat's addresses or with others.
import { ExpressAuth, getSession } from '@auth/express';
import WeChat from '@auth/express/providers/wechat';
import express from 'express';
import { invitation, welcome } from './page.mjs';

/** The site of an app; `options` are those of Auth.js's provider. */
export function authJsSite({ id, secret }, options) {
  const config = {
    secret: 'a demo site has nothing to hide from anybody',
    trustHost: true,
    providers: [WeChat({ clientId: id, clientSecret: secret, ...options })],
    callbacks: {
      jwt: ({ token, profile }) =>
        profile ? { ...token, openId: profile.openid, unionId: profile.unionid } : token,
      session: ({ session, token: { openId, unionId } }) => ({ ...session, openId, unionId }),
    },
  };
  const site = express();
  // A regular expression, because Auth.js looks for what is matched under the number 0: Express 5 names its wildcards.
  site.use(/^\/auth\/(.*)/, ExpressAuth(config));
  site.get('/', async (request, response) => {
    const session = await getSession(request, config);
    response.send(
      session ? welcome({ ...session, nickname: session.user.name }) : invitation('/auth/signin'),
    );
  });
  return site;
}
