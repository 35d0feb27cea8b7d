// An OpenID Connect issuer: the certified `oidc-provider`, as published, with the pages that it brings for trying out.
// Whoever logs in there is believed; nobody has a password.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

/** A client that can keep a secret, and one that PKCE alone protects. Each gets ID tokens of another algorithm. */
export const CLIENTS = {
  shop: { id: 'shop', secret: 'the-secret-of-the-shop-0123456789', algorithm: 'RS256' },
  app: { id: 'app', algorithm: 'ES256' },
};

/** Starts an issuer on a free port for one test; browsers go back to `returnTo`. */
export async function openIssuer(t, returnTo) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const issuer = {
    url,
    /** As after a restart with new keys: the old ones are gone, and so is everybody's session. */
    restart() {
      server.removeAllListeners('request');
      server.closeAllConnections();
      server.on('request', providerOf(url, returnTo).callback());
    },
    /** Nobody answers at this address any more. */
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

function providerOf(url, returnTo) {
  return new Provider(url, {
    clients: Object.values(CLIENTS).map((client) => ({
      client_id: client.id,
      client_secret: client.secret,
      token_endpoint_auth_method: client.secret ? 'client_secret_basic' : 'none',
      id_token_signed_response_alg: client.algorithm,
      redirect_uris: [returnTo],
    })),
    jwks: { keys: [newKey('rsa', { modulusLength: 2048 }), newKey('ec', { namedCurve: 'P-256' })] },
    cookies: { keys: ['for tests only'] },
    claims: { openid: ['sub'], profile: ['name', 'picture'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `Who is ${id}`, picture: `https://id.example.com/${id}.png` }),
    }),
    features: { devInteractions: { enabled: true } },
  });
}

/** A private key that never lived before; the issuer names it by its thumbprint. */
function newKey(type, options) {
  const key = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...key, use: 'sig' };
}
