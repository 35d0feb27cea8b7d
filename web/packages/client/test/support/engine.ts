// A browser beside Chromium, as far as the tests of the engines need it. The environment variable ENGINE names it.

import { Firefox } from './firefox.js';
import { WebKit } from './webkit.js';

export interface Engine {
  /** The origins that pages sent requests to, where the engine tells. */
  readonly origins?: ReadonlySet<string>;
  /** Opens a browser that knows nothing. */
  open(): Promise<void>;
  close(): Promise<void>;
  stop(): void;
  goto(url: string): Promise<void>;
  back(): Promise<void>;
  reload(): Promise<void>;
  title(): Promise<string>;
  address(): Promise<string>;
  /** Runs a function body in the page, and waits for its promise. */
  evaluate(script: string): Promise<unknown>;
  cookies(): Promise<Cookie[]>;
}

export interface Cookie {
  name: string;
  httpOnly: boolean;
}

const engines = { webkit: () => WebKit.start(), firefox: () => Firefox.start() };

/** Starts the engine that the environment names. */
export function startEngine(): Promise<Engine> {
  const name = process.env['ENGINE'] ?? '';
  if (!(name in engines)) throw new Error(`ENGINE is ${name || 'not set'}: webkit or firefox`);
  return engines[name as keyof typeof engines]();
}

/** Runs the body of a script in the way of `evaluate`: a failure is a text, because pages give way to other pages. */
export const asFunction = (script: string) =>
  `async () => { try { ${script} } catch (error) { return 'error: ' + error; } }`;
