// A minimal browser: keeps cookies, follows redirects and fills in forms. Each one starts without cookies.
import { RETURN_TO } from './guiyi.mjs';

/** Logs in at the issuer's page, consents, and returns the response's `code` and `state`, at the address `returnTo`. */
export async function signInAs(person, authorizeUrl, returnTo = RETURN_TO) {
  const cookies = new Map();
  let request = { url: authorizeUrl };
  // Login and consent: each is a page with a form, followed by one or two redirects.
  for (let steps = 0; steps < 12; steps++) {
    const answer = await visit(request, cookies);
    const location = answer.headers.get('location');
    if (location?.startsWith(returnTo)) return Object.fromEntries(new URL(location).searchParams);
    if (location) request = { url: new URL(location, request.url) };
    else request = submit(person, request.url, answer.status, await answer.text());
  }
  throw new Error('the issuer never sent the browser back');
}

async function visit({ url, body }, cookies) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const answer = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { cookie },
    body,
    redirect: 'manual',
  });
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    cookies.set(name, value);
  }
  return answer;
}

/** Returns a page's form with the fields filled in. */
function submit(person, page, status, html) {
  const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
  const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1];
  if (!action) throw new Error(`${status} without a form at ${page}: ${html}`);
  const body = new URLSearchParams({ prompt });
  if (prompt === 'login') {
    body.set('login', person);
    body.set('password', 'anything');
  }
  return { url: new URL(action, page), body };
}
