// How long an access token lives.

import type { Tokens } from './state.js';

/** The life of an access token that does not tell its own. */
const USUAL_LIFE = 300_000;

/**
 * Returns the life of an access token in milliseconds. The token says how long it lives by the service's clock; this
 * device's clock, which may be wrong by hours, only measures the time that has passed.
 */
export function lifeOf({ accessToken, expiresAt }: Tokens, at: number): number {
  const life = lifeInside(accessToken) ?? Date.parse(expiresAt ?? '') - at;
  return life > 0 ? life : USUAL_LIFE;
}

function lifeInside(token: string): number | null {
  try {
    const claims = JSON.parse(decoded(token.split('.')[1] ?? ''));
    const life = (claims.exp - claims.iat) * 1_000;
    return life > 0 ? life : null;
  } catch {
    return null;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Reads base64url. Mini programs have no `atob`. */
function decoded(text: string): string {
  let [bits, count, result] = [0, 0, ''];
  for (const character of text) {
    bits = (bits << 6) | ALPHABET.indexOf(character);
    count += 6;
    if (count >= 8) result += String.fromCharCode((bits >> (count -= 8)) & 255);
  }
  return result;
}
