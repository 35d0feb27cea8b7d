// Ties a login to this browser tab: a verifier stays here, its S256 hash (RFC 7636) goes out with beginLogin.
// Who checks it is the service; the verifier leaves only together with the code.

const STORED = 'guiyi:verifier';

/** Makes a verifier for the login that begins now, keeps it over the trip to WeChat, and answers its challenge. */
export async function newChallenge(session: Storage): Promise<string> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  session.setItem(STORED, verifier);
  return base64url(new Uint8Array(hash));
}

/** The verifier of the login that comes back, once. */
export function keptVerifier(session: Storage): string | null {
  const verifier = session.getItem(STORED);
  session.removeItem(STORED);
  return verifier;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ '+': '-', '/': '_' })[c] ?? '');
}
