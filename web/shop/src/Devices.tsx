// Where the person is signed in, and the end of any of these sessions.
import { useCallback, useEffect, useState } from 'react';
import { DEVICES, END_SESSION, type Device } from './operations';
import { Problem } from './Problem';
import { ShowCode } from './ShowCode';
import { titleOf } from './stores';
import { useShop, useStep } from './useShop';

export function Devices() {
  const { client, account, language, t } = useShop();
  const [devices, setDevices] = useState<readonly Device[]>([]);
  const { run, isBusy, error } = useStep();
  const load = useCallback(async () => {
    const { sessions } = await client.request(DEVICES);
    setDevices(sessions ?? []);
  }, [client]);
  useEffect(() => {
    load().catch(() => undefined);
  }, [load, account]);
  // region devices
  const end = (id: string) =>
    run(async () => {
      await client.request(END_SESSION, { id });
      await load();
    });
  // endregion

  return (
    <section className="card" aria-labelledby="devices">
      <h2 id="devices">{t('devices')}</h2>
      <ul className="rows">
        {devices.map(({ id, device, app, isCurrent }) => (
          <li key={id}>
            <span>
              {device ?? '—'}
              <small className="quiet"> · {app && titleOf(app, language)}</small>
            </span>
            {isCurrent ? (
              <b>{t('here')}</b>
            ) : (
              <button disabled={isBusy} onClick={() => void end(id)}>
                {t('endDevice')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <Problem error={error} />
      <ShowCode names={['devices']} />
    </section>
  );
}
