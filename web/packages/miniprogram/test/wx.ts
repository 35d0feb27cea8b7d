// An imitation of the part of `wx` that the client calls. It behaves as WeChat's documents say:
//
// - `wx.login` calls `success` with a code that is valid for five minutes and one use, or `fail` with an `errMsg`:
//   https://developers.weixin.qq.com/miniprogram/dev/api/open-api/login/wx.login.html
// - `wx.request` calls `success` for every HTTP status, with the body parsed as JSON where it is JSON and as text where it
//   is not; `fail` with `request:fail …` where there is no answer, and `request:fail timeout` after `timeout`:
//   https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html
// - `wx.uploadFile` sends a form with one file, and calls `success` for every HTTP status, with the body as text:
//   https://developers.weixin.qq.com/miniprogram/dev/api/network/upload/wx.uploadFile.html
// - `wx.getStorageSync` returns the empty text for an unknown key, and `wx.setStorageSync` throws where the storage is full:
//   https://developers.weixin.qq.com/miniprogram/dev/api/storage/wx.setStorageSync.html
// - `wx.getRandomValues` returns an ArrayBuffer, since base library 2.19:
//   https://developers.weixin.qq.com/miniprogram/dev/api/base/crypto/wx.getRandomValues.html
// - There is no `window`, no `fetch`, no `atob`, no `crypto` and no `AbortController`: the test takes them away.

import { webcrypto } from 'node:crypto';
import { FakeService } from '../../client/test/support/service.js';
import type { Wx } from '../src/wx.js';

type Listener = (status: { isConnected: boolean }) => void;

export class FakeWx implements Wx {
  readonly storage = new Map<string, string>();
  readonly service = new FakeService();
  person = 'lan';
  isOffline = false;
  isFull = false;
  logins = 0;
  /** The address of the last upload. */
  uploadedTo = '';
  readonly shown = new Set<() => void>();
  readonly network = new Set<Listener>();
  getRandomValues? = ({
    length,
    success,
  }: {
    length: number;
    success?: (result: { randomValues: ArrayBuffer }) => void;
  }) => {
    const { buffer } = webcrypto.getRandomValues(new Uint8Array(length));
    queueMicrotask(() => success?.({ randomValues: buffer as ArrayBuffer }));
  };

  login({ success, fail }: Parameters<Wx['login']>[0]): void {
    this.logins += 1;
    if (this.isOffline) return queueMicrotask(() => fail?.({ errMsg: 'login:fail network error' }));
    const code = this.service.newCode('mini', this.person);
    queueMicrotask(() => success?.({ code }));
  }

  request({ header, data, success, fail }: Parameters<Wx['request']>[0]): unknown {
    const headers = Object.fromEntries(
      Object.entries(header).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const sent = this.isOffline
      ? Promise.reject(new Error('offline'))
      : this.service.answer(data, headers, null);
    sent.then(
      ({ body, status }) => success?.({ data: parsed(body), statusCode: status }),
      () => fail?.({ errMsg: 'request:fail timeout' }),
    );
    return { abort: () => undefined };
  }

  uploadFile({ url, header, filePath, success, fail }: Parameters<Wx['uploadFile']>[0]): unknown {
    this.uploadedTo = url;
    const headers = Object.fromEntries(
      Object.entries(header).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const sent = this.isOffline
      ? Promise.reject(new Error('offline'))
      : this.service.upload(headers, filePath);
    // Unlike that of `request`, the body stays a text.
    sent.then(
      ({ body, status }) => success?.({ data: body, statusCode: status }),
      () => fail?.({ errMsg: 'uploadFile:fail timeout' }),
    );
    return { abort: () => undefined };
  }

  getStorageSync(key: string): unknown {
    return this.storage.get(key) ?? '';
  }

  setStorageSync(key: string, value: string): void {
    if (this.isFull) throw new Error('setStorageSync:fail exceed storage max size');
    this.storage.set(key, value);
  }

  removeStorageSync(key: string): void {
    this.storage.delete(key);
  }

  getAppBaseInfo(): { language: string } {
    return { language: 'zh_CN' };
  }

  onAppShow(listener: () => void): void {
    this.shown.add(listener);
  }

  offAppShow(listener: () => void): void {
    this.shown.delete(listener);
  }

  onNetworkStatusChange(listener: Listener): void {
    this.network.add(listener);
  }

  offNetworkStatusChange(listener: Listener): void {
    this.network.delete(listener);
  }

  /** The network goes or comes back. */
  connect(isConnected: boolean): void {
    this.isOffline = !isConnected;
    for (const listener of this.network) listener({ isConnected });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
