// Why a step failed, in the words of the service, and what to do about it.
import type { GuiyiError } from '@guiyi/client';
import { useShop } from './useShop';

/** The step needs a login of the last minutes. */
const NEEDS_LOGIN = ['FRESH_LOGIN_REQUIRED', 'UNAUTHENTICATED', 'BOUND_LOGIN_REQUIRED'];

export function Problem({ error }: { error: GuiyiError | null }) {
  const { client, t } = useShop();
  return (
    <div role="alert" className={error ? 'problem' : undefined}>
      {error && (
        <>
          {error.message} {error.retryAfter !== undefined && t('wait', { seconds: error.retryAfter })}
          {NEEDS_LOGIN.includes(error.code) && (
            <button onClick={() => void client.login().catch(() => undefined)}>{t('again')}</button>
          )}
        </>
      )}
    </div>
  );
}
