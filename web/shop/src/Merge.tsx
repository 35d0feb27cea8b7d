// A merge that the service offers: look at both accounts, choose where they differ, merge, and undo.
import type { Schema } from '@guiyi/client';
import { useState } from 'react';
import { day } from './money';
import { MERGE, MERGE_PREVIEW, UNDO_MERGE, type Preview } from './operations';
import { Problem } from './Problem';
import { ShowCode } from './ShowCode';
import { useShop, useStep } from './useShop';

export function Offer({ token, close }: { token: string; close(isMerged: boolean): void }) {
  const { client, refresh, t } = useShop();
  const [preview, setPreview] = useState<Preview | null>(null);
  const [chosen, setChosen] = useState<Partial<Record<Schema.MergeField, string>>>({});
  const { run, isBusy, error } = useStep();

  const look = () =>
    run(async () => {
      // region preview
      const { mergePreview } = await client.request(MERGE_PREVIEW, { token });
      setPreview(mergePreview);
      // endregion
    });
  const merge = ({ clashes, survivor }: Preview) =>
    run(async () => {
      // region merge
      const keep = clashes.map((field) => ({ field, user: chosen[field] ?? survivor }));
      await client.request(MERGE, { token, keep });
      await refresh();
      // endregion
      close(true);
    });

  return (
    <section className="card offer" aria-labelledby="offer">
      <h2 id="offer">{t('offer')}</h2>
      <p>{t('offerWhy')}</p>
      {preview && (
        <>
          <div className="sides">
            <Side title={t('thisAccount')} side={preview.own} />
            <Side title={t('otherAccount')} side={preview.other} />
          </div>
          {preview.clashes.map((field) => (
            <fieldset key={field}>
              <legend>{t('keep', { field: t(field) })}</legend>
              {[preview.own, preview.other].map(({ id }) => (
                <label key={id}>
                  <input
                    type="radio"
                    name={field}
                    checked={(chosen[field] ?? preview.survivor) === id}
                    onChange={() => setChosen({ ...chosen, [field]: id })}
                  />{' '}
                  {t(id === preview.own.id ? 'thisAccount' : 'otherAccount')}
                </label>
              ))}
            </fieldset>
          ))}
          <p>{t('moves', { count: preview.own.orders + preview.other.orders })}</p>
        </>
      )}
      <div className="actions">
        {preview ? (
          <button className="primary" disabled={isBusy} onClick={() => void merge(preview)}>
            {t('merge')}
          </button>
        ) : (
          <button className="primary" disabled={isBusy} onClick={() => void look()}>
            {t('look')}
          </button>
        )}
        <button onClick={() => close(false)}>{t('later')}</button>
      </div>
      <Problem error={error} />
      <ShowCode names={['merge']} />
    </section>
  );
}

function Side({ title, side }: { title: string; side: Preview['own'] }) {
  const { language, t } = useShop();
  return (
    <dl>
      <dt>{title}</dt>
      <dd>{side.nickname ?? side.maskedPhone ?? '—'}</dd>
      <dd>{side.maskedPhone}</dd>
      <dd>{t(side.orders === 1 ? 'one' : 'count', { count: side.orders })}</dd>
      <dd className="quiet">{day(side.createdAt, language)}</dd>
    </dl>
  );
}

/** The newest merge into this account, and the way back. */
export function Undo() {
  const { client, account, refresh, t } = useShop();
  const { run, isBusy, error } = useStep();
  const [isUndone, setUndone] = useState(false);
  const newest = account?.merges.at(-1);
  const undo = (id: string) =>
    run(async () => {
      // region undo
      await client.request(UNDO_MERGE, { id });
      await refresh();
      // endregion
      setUndone(true);
    });

  if (!newest && !isUndone) return null;
  return (
    <section className="card">
      <p role="status">{isUndone ? t('undoneNow') : t('merged')}</p>
      {newest && (
        <button disabled={isBusy} onClick={() => void undo(newest.id)}>
          {t('undo')}
        </button>
      )}
      <Problem error={error} />
      <ShowCode names={['undo']} />
    </section>
  );
}
