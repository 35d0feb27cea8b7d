// Watches a login by a QR code over a socket, in the protocol graphql-transport-ws: one subscription, and no more of the
// protocol than it needs.

import { QR_LOGIN_STATUS } from './qr-documents.js';
import type { QrLogin as Step } from './generated.js';

/** How long the service may take to acknowledge, and to answer a ping. */
const PATIENCE = 10_000;
/** The pause between two pings: they find a connection that broke without a word. */
const PING = 20_000;
const PROTOCOL = 'graphql-transport-ws';

/** What a watcher hears: each step, or that the socket is of no use (any more). */
export interface Ears {
  step(step: Step): void;
  lost(): void;
}

/** Opens the socket. Returns a function that closes it, after which nothing more is heard. */
export function watchBySocket(
  Socket: typeof WebSocket,
  endpoint: string,
  state: string,
  ears: Ears,
): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const end = () => {
    isOver = true;
    clearTimeout(timer);
    socket?.close(1000);
  };
  const lose = () => {
    if (isOver) return;
    end();
    ears.lost();
  };
  const wait = (then: () => void, time: number) => {
    clearTimeout(timer);
    timer = setTimeout(then, time);
  };
  const say = (message: object) => socket?.send(JSON.stringify(message));
  const ping = () => {
    say({ type: 'ping' });
    wait(lose, PATIENCE);
  };
  const hear = (text: unknown) => {
    if (isOver) return;
    wait(ping, PING);
    const message = messageOf(text);
    if (message?.type === 'connection_ack') {
      const payload = { query: String(QR_LOGIN_STATUS), variables: { state } };
      say({ id: '1', type: 'subscribe', payload });
    } else if (message?.type === 'ping') say({ type: 'pong' });
    else if (message?.type === 'next' && message.payload?.data?.qrLoginStatus) {
      ears.step(message.payload.data.qrLoginStatus);
    } else if (message?.type !== 'pong') lose();
  };
  try {
    socket = new Socket(addressOf(endpoint), PROTOCOL);
  } catch {
    // Such as a policy of the page that allows no sockets.
    timer = setTimeout(lose);
    return end;
  }
  socket.onopen = () => say({ type: 'connection_init' });
  socket.onmessage = ({ data }) => hear(data);
  socket.onclose = socket.onerror = lose;
  wait(lose, PATIENCE);
  return end;
}

interface Message {
  type?: string;
  payload?: { data?: { qrLoginStatus?: Step | null } | null };
}

function messageOf(text: unknown): Message | null {
  try {
    return Object(JSON.parse(String(text))) as Message;
  } catch {
    return null;
  }
}

/** The socket is at the address of the API. */
function addressOf(endpoint: string): string {
  return new URL(endpoint, globalThis.location?.href).href.replace(/^http/, 'ws');
}
