// Imitates the browser of WeChat on a phone, where the page was opened in another one: the page of an official account is only
// for WeChat. The client then does what it does in WeChat, and the sandbox answers as WeChat.

const IN_WECHAT = /MicroMessenger\//;

/** Gives the browser the name of WeChat's, unless it is WeChat's. */
export function imitateWechat(browser: Navigator): void {
  if (IN_WECHAT.test(browser.userAgent)) return;
  const name = `${browser.userAgent} Mobile MicroMessenger/8.0.49`.replace(
    /\(.*?\)/,
    '(Linux; Android 14; wv)',
  );
  Object.defineProperty(browser, 'userAgent', { value: name, configurable: true });
}

/**
 * Whether the browser stores a `Secure` cookie of this page. Over plain http, WebKit stores none, not even of this machine;
 * other browsers do. A real shop has https, and need not ask.
 */
export function takesSecureCookies({ protocol }: Location, { userAgent, vendor }: Navigator): boolean {
  return protocol === 'https:' || !/^Apple/.test(vendor) || !/AppleWebKit/.test(userAgent);
}
