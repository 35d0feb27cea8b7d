/**
 * The picture that a person chooses.
 *
 * @packageDocumentation
 */

import type { Guiyi } from './client.js';
import { sendPicture } from './picture.js';

/**
 * Stores a picture as that of the person, who is shown with it from now on, and returns its address. PNG, JPEG, WebP or GIF, by its
 * content, of at most 2 MiB unless the service allows more. Only its pixels are kept.
 *
 * Rejects with `INVALID_INPUT` if it is no picture, `BODY_TOO_LARGE`, `RATE_LIMITED` after many uploads, and
 * `UNAUTHENTICATED` if nobody is signed in.
 */
export async function uploadAvatar(client: Guiyi, picture: Blob): Promise<string> {
  await client.start();
  const { fetch = globalThis.fetch, timeout = 15_000 } = client.options;
  const { transport } = client;
  return sendPicture(client.session, transport, async (url, headers) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeout);
    try {
      const credentials = transport.options.cookie ? 'include' : 'same-origin';
      const { signal } = controller;
      const response = await fetch(url, { method: 'POST', headers, body: picture, credentials, signal });
      return await response.json().catch(() => null);
    } finally {
      clearTimeout(timer);
    }
  });
}
