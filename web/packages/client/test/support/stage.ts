// What the tests in Chromium begin with: a site of their own, and browsers that know nothing, which are closed after the test.

import { afterAll, afterEach, beforeEach } from 'vitest';
import type { BrowserContext } from 'playwright-core';
import { AGENTS, closeBrowser, newContext, type Settings } from './browser.js';
import { Site } from './site.js';

/** What `stateOf` a page has while lan is signed in. */
export const SIGNED_IN = { status: 'authenticated', user: 'usr_lan', error: null };

/** The site of the present test. */
export let site: Site;
const contexts: BrowserContext[] = [];

/** Gives each test of a file a site. `prepare` changes it before the test. */
export function stage(prepare: (site: Site) => void = () => undefined): void {
  beforeEach(async () => {
    site = await Site.open();
    prepare(site);
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    await site.close();
  });
  afterAll(closeBrowser);
}

/** Opens a browser that calls itself this, until the end of the test. */
export async function inside(agent: keyof typeof AGENTS, settings: Settings = {}): Promise<BrowserContext> {
  const context = await newContext(AGENTS[agent], settings);
  contexts.push(context);
  return context;
}
