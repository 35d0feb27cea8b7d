// Tells the other tabs of the browser, and hears them.

import type { Notice } from './state.js';

/** Opens the channel of one session. Without `BroadcastChannel`, tabs find out when they next ask the service. */
export function openTabs(
  name: string,
  hear: (notice: Notice) => void,
): { tell(notice: Notice): void; close(): void } {
  if (typeof BroadcastChannel === 'undefined') return { tell: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<Notice>) => {
    if (data?.type === 'signed-out' || (data?.type === 'tokens' && typeof data.accessToken === 'string'))
      hear(data);
  };
  return { tell: (notice) => channel.postMessage(notice), close: () => channel.close() };
}
