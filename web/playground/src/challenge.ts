// Binds a login to this browser tab: the tab keeps a verifier and sends its S256 hash (RFC 7636) with beginLogin.
// The verifier is sent only together with the code, for the service to verify.
import { sha256 } from '@noble/hashes/sha2.js';

const STORED = 'guiyi:verifier';

/** Creates a verifier for a new login, stores it until the return from WeChat, and returns its challenge. */
export async function newChallenge(session: Storage): Promise<string> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  session.setItem(STORED, verifier);
  return base64url(await hash(new TextEncoder().encode(verifier)));
}

/** Returns the verifier of the returning login and removes it. */
export function keptVerifier(session: Storage): string | null {
  const verifier = session.getItem(STORED);
  session.removeItem(STORED);
  return verifier;
}

// `crypto.subtle` exists only on loopback pages and over https, not on plain http in a LAN.
async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return crypto.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : sha256(bytes);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ '+': '-', '/': '_' })[c] ?? '');
}
