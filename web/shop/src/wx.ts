// Imitates the part of `wx` that the mini program's client calls: the browser's `fetch` and storage, and codes of the sandbox.
import type { Wx } from '@guiyi/miniprogram';
import type { Sandbox } from './sandbox';

type Answer<Result> = { success?: (result: Result) => void; fail?: (error: { errMsg: string }) => void };

/** Settles one call as `wx` does: by callbacks, and never by an exception. */
function settle<Result>(work: Promise<Result>, name: string, { success, fail }: Answer<Result>): void {
  work.then(
    (result) => success?.(result),
    (error: unknown) => fail?.({ errMsg: `${name}:fail ${String(error)}` }),
  );
}

/** Makes a `wx` of this person's phone. Each person has a storage of their own. */
export function imitateWx(sandbox: Sandbox, person: string, language: string): Wx {
  const own = (key: string) => `wx.${person}.${key}`;
  return {
    login: (callbacks) =>
      settle(
        sandbox.loginCode('mini', person).then((code) => ({ code })),
        'login',
        callbacks,
      ),
    request: ({ url, method, header, data, timeout, ...callbacks }) => {
      const send = async () => {
        const signal = AbortSignal.timeout(timeout);
        const response = await fetch(url, { method, headers: header, body: data, signal });
        return { data: await response.json(), statusCode: response.status };
      };
      settle(send(), 'request', callbacks);
    },
    uploadFile: ({ url, filePath, name, header, timeout, ...callbacks }) => {
      const send = async () => {
        const signal = AbortSignal.timeout(timeout);
        const body = new FormData();
        body.append(name, await (await fetch(filePath)).blob(), 'avatar');
        const response = await fetch(url, { method: 'POST', headers: header, body, signal });
        return { data: await response.text(), statusCode: response.status };
      };
      settle(send(), 'uploadFile', callbacks);
    },
    getStorageSync: (key) => localStorage.getItem(own(key)) ?? '',
    setStorageSync: (key, value) => localStorage.setItem(own(key), value),
    removeStorageSync: (key) => localStorage.removeItem(own(key)),
    getRandomValues: ({ length, ...callbacks }) => {
      const { buffer } = crypto.getRandomValues(new Uint8Array(length));
      settle(Promise.resolve({ randomValues: buffer }), 'getRandomValues', callbacks);
    },
    getAppBaseInfo: () => ({ language }),
  };
}
