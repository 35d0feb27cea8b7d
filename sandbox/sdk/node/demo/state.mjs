// The `state` of a login: who comes back from WeChat must be the browser that was sent there.
// For SDKs that leave this to the site; the others do it themselves.
import { randomBytes } from 'node:crypto';

const COOKIE = 'login_state';

/** Draws a state, and leaves it with the browser. */
export function drawState(response) {
  const state = randomBytes(16).toString('hex');
  response.cookie(COOKIE, state, { httpOnly: true, sameSite: 'lax' });
  return state;
}

/** Whether the browser is the one that was sent to WeChat. */
export function isSameBrowser(request) {
  const kept = request.headers.cookie?.match(new RegExp(`(?:^|; )${COOKIE}=([0-9a-f]{32})(?:;|$)`))?.[1];
  return kept !== undefined && kept === request.query.state;
}
