// An OpenID Connect issuer: the certified `oidc-provider`, unmodified, with its development pages.
// It accepts any login name and has no passwords.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

/** A confidential client, and a public one with PKCE only. Their ID tokens have different algorithms. */
export const CLIENTS = {
  shop: { id: 'shop', secret: 'the-secret-of-the-shop-0123456789', algorithm: 'RS256' },
  app: { id: 'app', algorithm: 'ES256' },
};

/** Starts an issuer on a free port for one test; browsers return to `returnTo`, which may be several addresses. */
export async function openIssuer(t, returnTo) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const issuer = {
    url,
    /** The groups of people, by their login name. */
    groups: new Map(),
    /** Simulates a restart with new keys: the old keys and all sessions are gone. */
    restart() {
      server.removeAllListeners('request');
      server.closeAllConnections();
      server.on('request', providerOf(url, returnTo, (id) => issuer.groups.get(id)).callback());
    },
    /** Stops the server. */
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  t.after(issuer.stop);
  issuer.restart();
  return issuer;
}

function providerOf(url, returnTo, groupsOf) {
  return new Provider(url, {
    clients: Object.values(CLIENTS).map((client) => ({
      client_id: client.id,
      client_secret: client.secret,
      token_endpoint_auth_method: client.secret ? 'client_secret_basic' : 'none',
      id_token_signed_response_alg: client.algorithm,
      redirect_uris: [returnTo].flat(),
    })),
    jwks: { keys: [newKey('rsa', { modulusLength: 2048 }), newKey('ec', { namedCurve: 'P-256' })] },
    cookies: { keys: ['for tests only'] },
    claims: { openid: ['sub'], profile: ['name', 'picture'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'groups'],
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `Who is ${id}`,
        picture: `https://id.example.com/${id}.png`,
        groups: groupsOf(id),
      }),
    }),
    features: { devInteractions: { enabled: true } },
  });
}

/** Generates a private key; its thumbprint is its id at the issuer. */
function newKey(type, options) {
  const key = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...key, use: 'sig' };
}
