// A website with WeChat's QR code, with better-auth. It keeps nobody: the session is a cookie.
import { betterAuth } from 'better-auth';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import express from 'express';
import { page, welcome } from './page.mjs';

/** The site of a website app. */
export function betterAuthSite(origin, { id, secret }) {
  const auth = betterAuth({
    baseURL: origin,
    secret: 'a demo site has nothing to hide from anybody',
    user: { additionalFields: { openId: { type: 'string' }, unionId: { type: 'string' } } },
    socialProviders: {
      wechat: {
        clientId: id,
        clientSecret: secret,
        mapProfileToUser: ({ openid, unionid }) => ({ openId: openid, unionId: unionid }),
      },
    },
  });
  const site = express();
  site.all('/api/auth/{*path}', toNodeHandler(auth));
  site.get('/', async (request, response) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
    response.send(session ? welcome({ ...session.user, nickname: session.user.name }) : page(SIGN_IN));
  });
  return site;
}

// What `signIn.social` of better-auth's client does.
const SIGN_IN = `<button>Log in with WeChat</button><script>
  document.querySelector('button').onclick = async () => {
    const answer = await fetch('/api/auth/sign-in/social', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'wechat', callbackURL: '/' }),
    });
    location = (await answer.json()).url;
  };
</script>`;
