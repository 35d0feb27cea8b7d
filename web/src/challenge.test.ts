// The verifier and its challenge, as the service checks them.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { keptVerifier, newChallenge } from './challenge';

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

test('the challenge is the hash of the verifier, which is given out once', async () => {
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
