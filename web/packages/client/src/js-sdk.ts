/**
 * Configures WeChat's JS-SDK: signs the address that WeChat will compare.
 *
 * @packageDocumentation
 */

import { withoutHash } from './address.js';
import type { Guiyi } from './client.js';
import { appFor } from './environment.js';
import { JS_SDK_CONFIG } from './operations.js';

/** The functions of WeChat's script that the client calls: `wx` of jweixin. */
export interface WxScript {
  config(config: Record<string, unknown>): void;
  ready(callback: () => void): void;
  error(callback: (result: unknown) => void): void;
}

/** What `wx.config` takes beside the signature. */
export interface JsSdkOptions {
  readonly jsApiList: readonly string[];
  readonly openTagList?: readonly string[];
  readonly debug?: boolean;
  readonly beta?: boolean;
}

/** After the first attempt, the script may report itself ready before it has verified the second. */
const SECOND_VERDICT = 500;

/**
 * Configures the script for the present page. Call it again after a change of the address.
 *
 * WeChat on iOS compares the address with which the page was loaded, and all others compare the present one. If the
 * script refuses the signature and names another address, that one is signed, once. Rejects with `JS_SDK_REFUSED`.
 */
export async function configureJsSdk(client: Guiyi, wx: WxScript, options: JsSdkOptions): Promise<void> {
  const { isIos, environment } = client.where;
  const url = withoutHash(isIos && environment !== 'browser' ? client.landing : location.href);
  const refusal = await attempt(client, wx, options, url, 0);
  if (refusal === null) return;
  const other = otherAddress(refusal);
  const isSecond = other !== null && other !== url && /invalid signature/i.test(textOf(refusal));
  const last = isSecond ? await attempt(client, wx, options, other, SECOND_VERDICT) : refusal;
  if (last !== null) throw client.transport.error('JS_SDK_REFUSED', textOf(last));
}

/** Returns why the script refused; null if it did not. */
async function attempt(
  client: Guiyi,
  wx: WxScript,
  options: JsSdkOptions,
  url: string,
  wait: number,
): Promise<unknown> {
  const { apps } = client.options;
  const app = appFor(client.environment, apps) ?? apps.wechat;
  if (app === undefined) throw client.transport.error('OPEN_IN_WECHAT');
  const { jsSdkConfig } = await client.transport.send(JS_SDK_CONFIG, { app, url });
  if (!jsSdkConfig) throw client.transport.error('BAD_ANSWER');
  return new Promise((settle) => {
    wx.error((result) => settle(result ?? 'config:fail'));
    wx.config({ ...options, ...jsSdkConfig });
    wx.ready(() => setTimeout(() => settle(null), wait));
  });
}

function textOf(refusal: unknown): string {
  const { errMsg } = Object(refusal) as { errMsg?: unknown };
  return String(errMsg ?? refusal);
}

/** The address that WeChat compared: a text, or a list with one. */
function otherAddress(refusal: unknown): string | null {
  const { realAuthUrl } = Object(refusal) as { realAuthUrl?: unknown };
  const url: unknown = Array.isArray(realAuthUrl) ? realAuthUrl[0] : realAuthUrl;
  return typeof url === 'string' && url !== '' ? withoutHash(url) : null;
}
