// Tests of the verifier and its challenge, as the service verifies them.
import { createHash } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { keptVerifier, newChallenge } from './challenge';

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

afterEach(() => vi.unstubAllGlobals());

const secure = crypto;
// The API available to a page that was loaded over plain http from another host.
const insecure = { getRandomValues: (array: Uint8Array) => secure.getRandomValues(array) };

test.each([
  ['a page over https', secure],
  ['a page over plain http', insecure],
])('on %s the challenge is the hash of the verifier, which is given out once', async (_, crypto) => {
  vi.stubGlobal('crypto', crypto);
  const session = memory();

  const challenge = await newChallenge(session);
  const verifier = keptVerifier(session);

  expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(challenge).toBe(createHash('sha256').update(verifier!).digest('base64url'));
  expect(keptVerifier(session)).toBeNull();
});

test('every login has a verifier of its own', async () => {
  const session = memory();

  expect(await newChallenge(session)).not.toBe(await newChallenge(session));
});
