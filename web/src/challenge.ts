// Ties a login to this browser tab: a verifier stays here, its S256 hash (RFC 7636) goes out with beginLogin.
// Who checks it is the service; the verifier leaves only together with the code.
import { sha256 } from '@noble/hashes/sha2.js';

const STORED = 'guiyi:verifier';

/** Makes a verifier for the login that begins now, keeps it over the trip to WeChat, and answers its challenge. */
export async function newChallenge(session: Storage): Promise<string> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  session.setItem(STORED, verifier);
  return base64url(await hash(new TextEncoder().encode(verifier)));
}

/** The verifier of the login that comes back, once. */
export function keptVerifier(session: Storage): string | null {
  const verifier = session.getItem(STORED);
  session.removeItem(STORED);
  return verifier;
}

// Browsers hash only on pages of this machine and over https: `crypto.subtle` is not there on plain http in a LAN.
async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return crypto.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : sha256(bytes);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ '+': '-', '/': '_' })[c] ?? '');
}
