// The clients of Guiyi, one for each kind of store. The regions are what "show the code" shows.
import { createGuiyi, type Guiyi } from '@guiyi/client';
import { createGuiyi as createMini, type Guiyi as MiniGuiyi, type Wx } from '@guiyi/miniprogram';
import { imitateWechat, takesSecureCookies } from './wechat';

/** What the screens need of a client, of whichever package. */
export type Client = Guiyi | MiniGuiyi;

export function officialAccount(endpoint: string, app: string): Guiyi {
  imitateWechat(navigator);
  // region account
  const guiyi = createGuiyi({
    endpoint,
    apps: { wechat: app },
    returnTo: `${location.origin}/${app}`,
    // Each account has a session of its own, as if it had a domain of its own.
    storage: 'local',
    key: app,
  });
  // endregion
  return guiyi;
}

export function website(endpoint: string): Guiyi {
  // region website
  const guiyi = createGuiyi({
    endpoint,
    apps: { browser: 'site' },
    returnTo: `${location.origin}/site`,
    // The refresh token is in a cookie that no script can read.
    storage: takesSecureCookies(location, navigator) ? 'cookie' : 'session',
    key: 'site',
  });
  // endregion
  return guiyi;
}

export function miniProgram(endpoint: string, wx: Wx): MiniGuiyi {
  // region mini
  const guiyi = createMini({ endpoint, app: 'mini', wx });
  void guiyi.start();
  // endregion
  return guiyi;
}
