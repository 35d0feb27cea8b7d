// The person's own screen: what the account has, and every step that changes it.
import type { Guiyi } from '@guiyi/client';
import { Devices } from './Devices';
import { Undo } from './Merge';
import { Phone } from './Phone';
import { Problem } from './Problem';
import { ShowCode } from './ShowCode';
import { useShop, useStep } from './useShop';

export function Me({ offer }: { offer(token: string): void }) {
  const { store, client, t } = useShop();
  const { run, error } = useStep();
  return (
    <>
      {store.kind !== 'mini' && <Phone offer={offer} />}
      {store.kind === 'account' && <Consent />}
      <Undo />
      <Devices />
      <div className="actions">
        <button onClick={() => void run(() => client.logout())}>{t('signOut')}</button>
      </div>
      <Problem error={error} />
    </>
  );
}

/** WeChat tells more than an openId only with the person's consent. */
function Consent() {
  const { t } = useShop();
  const client = useShop().client as Guiyi;
  const { run, isBusy, error } = useStep();
  return (
    <section className="card">
      <p className="quiet">{t('consentWhy')}</p>
      {/* region consent */}
      <button disabled={isBusy} onClick={() => void run(() => client.upgrade())}>
        {t('consent')}
      </button>
      {/* endregion */}
      <Problem error={error} />
      <ShowCode names={['consent']} />
    </section>
  );
}
