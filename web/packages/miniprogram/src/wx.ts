// The part of `wx` that the client calls, as WeChat's documents describe it.

interface Callbacks<Result> {
  success?: (result: Result) => void;
  fail?: (error: { errMsg: string }) => void;
}

/** The functions of `wx` that the client calls. */
export interface Wx {
  login(options: Callbacks<{ code: string }> & { timeout?: number }): void;
  request(
    options: Callbacks<{ data: unknown; statusCode: number }> & {
      url: string;
      method: 'POST';
      header: Record<string, string>;
      data: string;
      timeout: number;
    },
  ): unknown;
  /** Sends a file as that of a form. The answer is a text. */
  uploadFile(
    options: Callbacks<{ data: string; statusCode: number }> & {
      url: string;
      filePath: string;
      name: string;
      header: Record<string, string>;
      timeout: number;
    },
  ): unknown;
  /** Returns the empty text for an unknown key. */
  getStorageSync(key: string): unknown;
  setStorageSync(key: string, value: string): void;
  removeStorageSync(key: string): void;
  /** Since base library 2.19. */
  getRandomValues?(options: Callbacks<{ randomValues: ArrayBuffer }> & { length: number }): void;
  getAppBaseInfo?(): { language?: string };
  onAppShow?(listener: () => void): void;
  offAppShow?(listener: () => void): void;
  onNetworkStatusChange?(listener: (status: { isConnected: boolean }) => void): void;
  offNetworkStatusChange?(listener: (status: { isConnected: boolean }) => void): void;
}

/** Turns a function of `wx` into a promise. */
export function promised<Result>(run: (callbacks: Required<Callbacks<Result>>) => unknown): Promise<Result> {
  return new Promise((success, reject) => {
    run({ success, fail: ({ errMsg }) => reject(new Error(errMsg)) });
  });
}
