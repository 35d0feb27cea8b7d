// Which program shows the page, and which app signs people in there.

/**
 * The program that shows the page.
 *
 * - `wechat`: WeChat on a phone; `wechat-desktop`: WeChat for Windows, Mac or Linux.
 * - `mini-program`: the web-view of a mini program.
 * - `wecom`: WeCom (企业微信), on any device.
 * - `browser`: anything else.
 */
export type Environment = 'wechat' | 'wechat-desktop' | 'mini-program' | 'wecom' | 'browser';

export interface Surroundings {
  readonly environment: Environment;
  /** iPhone or iPad, whose WeChat verifies signatures and replaces addresses in its own way. */
  readonly isIos: boolean;
}

/**
 * Reads the name that the program gives itself. WeCom also calls itself `MicroMessenger`, and the web-view of a mini
 * program also sets `__wxjs_environment`.
 */
export function surroundingsOf(userAgent: string, wxEnvironment?: unknown): Surroundings {
  const isIos = /iPhone|iPad|iPod/.test(userAgent);
  const is = (pattern: RegExp) => pattern.test(userAgent);
  if (is(/wxwork\//i)) return { environment: 'wecom', isIos };
  if (!is(/MicroMessenger\//i)) return { environment: 'browser', isIos };
  if (is(/miniProgram/) || wxEnvironment === 'miniprogram') return { environment: 'mini-program', isIos };
  const isDesktop = is(/WindowsWechat|MacWechat|UnifiedPC\w*Wechat|Windows NT|Macintosh|X11/);
  return { environment: isDesktop ? 'wechat-desktop' : 'wechat', isIos };
}

/** The company's apps, by where people sign in through them. Each is a name of the service's configuration. */
export interface Apps {
  /** In WeChat: an app of the kind `wechat-official-account`. */
  readonly wechat?: string;
  /** In WeCom: an app of the kind `wecom`. */
  readonly wecom?: string;
  /** In other browsers, by a QR code: an app of the kind `wechat-website`, or any other with a page of its own. */
  readonly browser?: string;
}

/** Returns the app to sign in through; undefined if there is none for this program. */
export function appFor(environment: Environment, apps: Apps): string | undefined {
  if (environment === 'browser') return apps.browser;
  if (environment === 'wecom') return apps.wecom ?? apps.browser;
  return apps.wechat;
}

/** Returns whether the program signs in without a question, so that the page need not wait for a tap. */
export function isSilent(environment: Environment, apps: Apps): boolean {
  return environment !== 'browser' && !(environment === 'wecom' && apps.wecom === undefined);
}
