// A browser for tests, which calls itself what the test says.

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { GuiyiOptions } from '../../src/client.js';
import type { Site } from './site.js';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0 Mobile Safari/537.36';
const WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

/** The names that programs give themselves; docs in packages/client/README.md name the sources. */
export const AGENTS = {
  wechatIos: `${IPHONE} MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN`,
  wechatAndroid: `${ANDROID} XWEB/1160 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 NetType/WIFI Language/zh_CN ABI/arm64`,
  wechatWindows: `${WINDOWS} MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat(0x63090c37) XWEB/14315`,
  wechatMac:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 MicroMessenger/6.8.0(0x16080000) NetType/WIFI MacWechat/3.8.8(0x13080812) XWEB/1227',
  miniProgram: `${IPHONE} MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN miniProgram/wxde30000000003191`,
  wecom: `${IPHONE} wxwork/4.1.22 MicroMessenger/7.0.1 Language/zh ColorScheme/Light`,
  wecomWindows: `${WINDOWS} wxwork/4.1.22 (MicroMessenger/6.2) WindowsWechat MailPlugin_Electron WeMail embeddisk wwmver/3.26`,
  safariIos: `${IPHONE.replace(' Mobile', ' Version/17.4 Mobile')} Safari/604.1`,
  chrome: WINDOWS,
};

declare global {
  interface Window {
    settings?: Record<string, unknown>;
    client: import('../../src/client.js').Guiyi;
    states: string[];
    routes: string[];
    started: Promise<void>;
    library: typeof import('../../src/index.js') &
      typeof import('../../src/js-sdk.js') &
      typeof import('../../src/avatar.js') &
      typeof import('../../src/fetch.js') &
      typeof import('../../src/orders.js');
  }
}

export type Settings = Partial<Omit<GuiyiOptions, 'storage'>> & { storage?: string; isManual?: boolean };

let shared: Promise<Browser> | undefined;

export function browser(): Promise<Browser> {
  shared ??= chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
  return shared;
}

export async function closeBrowser(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}

/** Opens a browser that knows nothing. `settings` are those of every page's client. */
export async function newContext(userAgent: string, settings: Settings = {}): Promise<BrowserContext> {
  const context = await (await browser()).newContext({ userAgent });
  context.setDefaultTimeout(8_000);
  await context.addInitScript(
    (given) => (window.settings = { ...given, ...window.settings }),
    settings as Record<string, unknown>,
  );
  return context;
}

/** Opens a page of the site and waits until its client knows where it stands. */
export async function visit(context: BrowserContext, site: Site, path = '/'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.origin + path, { waitUntil: 'commit' }).catch(() => undefined);
  await settled(page);
  return page;
}

/** Waits until the client of the page, wherever the page has gone to, knows where it stands. */
export async function settled(page: Page, status = /^(authenticated|anonymous|unreachable)$/): Promise<void> {
  const end = Date.now() + 8_000;
  for (;;) {
    const title = await page.title().catch(() => '');
    if (status.test(title)) return;
    if (Date.now() > end) throw new Error(`the page stays ${title} at ${page.url()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** The state of the page's client, as far as it can be copied. */
export function stateOf(page: Page) {
  return page.evaluate(() => {
    const { status, isLoading, isAuthenticated, user, error, hint } = window.client.state;
    return {
      status,
      isLoading,
      isAuthenticated,
      user: user?.id ?? null,
      error: error?.code ?? null,
      hint,
      message: error?.message ?? null,
    };
  });
}
