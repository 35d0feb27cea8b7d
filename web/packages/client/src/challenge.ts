// Binds a login to this browser: it keeps a verifier, and sends its S256 hash (RFC 7636) with beginLogin.

/** Makes a verifier: 256 random bits. */
export function newVerifier(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/** Returns the challenge of a verifier. */
export async function challengeOf(verifier: string): Promise<string> {
  const bytes = new TextEncoder().encode(verifier);
  return base64url(
    crypto.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : await hashOf(bytes),
  );
}

/** Pages over plain http from another host have no `crypto.subtle`. Only they load this. */
async function hashOf(bytes: Uint8Array): Promise<Uint8Array> {
  const { sha256 } = await import('@noble/hashes/sha2.js');
  return sha256(bytes);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '');
}
