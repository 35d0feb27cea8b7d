// Binds a phone, or changes it: number, code of the text message, and the answer to the question of an old number.
import type { Schema } from '@guiyi/client';
import { useEffect, useId, useRef, useState } from 'react';
import { BIND_PHONE, CHANGE_PHONE, SEND_CODE } from './operations';
import { Problem } from './Problem';
import type { Sms } from './sandbox';
import { ShowCode } from './ShowCode';
import { useShop, useStep } from './useShop';

/** Lan's number, and a free one. */
const [FIRST, SECOND] = ['+8613800000001', '+8613800000091'];

export function Phone({ offer }: { offer(token: string): void }) {
  const { client, account, refresh, sandbox, t } = useShop();
  const isChange = account?.phone != null;
  const [typed, setTyped] = useState<string | null>(null);
  const [suggested, setSuggested] = useState(FIRST);
  const number = typed ?? (isChange ? SECOND : suggested);
  const [code, setCode] = useState('');
  const [sms, setSms] = useState<Sms | null>(null);
  const [outcome, setOutcome] = useState<'joined' | 'phoneSaved' | null>(null);
  const { run, isBusy, error } = useStep();
  const [numberId, codeId] = [useId(), useId()];
  const nickname = account?.nickname;
  const isKnown = account != null;
  const wasKnown = useRef(false);
  useEffect(() => {
    let isCurrent = true;
    // The first answer about the person keeps what was typed and sent while it was on its way.
    if (wasKnown.current) {
      setSms(null);
      setTyped(null);
    }
    wasKnown.current = isKnown;
    // The number of the person whom WeChat has named; before that, Lan's.
    sandbox.people().then(
      (people) => {
        const [own = FIRST] = people.find((person) => person.nickname === nickname)?.phones ?? [];
        if (isCurrent) setSuggested(own);
      },
      () => undefined,
    );
    return () => void (isCurrent = false);
  }, [isChange, isKnown, nickname, sandbox]);

  const send = () =>
    run(async () => {
      const purpose = isChange ? 'CHANGE' : 'BIND';
      // region send
      await client.request(SEND_CODE, { phone: number, purpose });
      // endregion
      setSms(await sandbox.sms(number));
    });
  const confirm = (claim: Schema.PhoneClaim | null = null) =>
    run(async () => {
      try {
        // region bind
        const { merged } = isChange
          ? (await client.request(CHANGE_PHONE, { phone: number, code, claim })).changePhone
          : (await client.request(BIND_PHONE, { phone: number, code, claim })).bindPhone;
        // endregion
        setOutcome(merged ? 'joined' : 'phoneSaved');
        setCode('');
        await refresh();
      } catch (failure) {
        const { mergeToken } = (failure as { details?: { mergeToken?: string } }).details ?? {};
        if (mergeToken) offer(mergeToken);
        throw failure;
      }
    });

  return (
    <section className="card" aria-labelledby={`${numberId}-title`}>
      <h2 id={`${numberId}-title`}>{t(isChange ? 'change' : 'bind')}</h2>
      {isChange ? (
        <p>{t('bound', { phone: account.phone ?? '' })}</p>
      ) : (
        <p className="quiet">{t('bindWhy')}</p>
      )}
      <p role="status">{outcome && t(outcome)}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (code) void confirm();
        }}
      >
        <label htmlFor={numberId}>{t('number')}</label>
        <span className="field">
          <input
            id={numberId}
            type="tel"
            autoComplete="tel"
            value={number}
            onChange={(event) => setTyped(event.target.value)}
            // A form whose button is disabled is not sent by the Enter key.
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || code || isBusy) return;
              event.preventDefault();
              void send();
            }}
          />
          <button type="button" disabled={isBusy} onClick={() => void send()}>
            {t('sendCode')}
          </button>
        </span>
        <Message sms={sms} fill={setCode} />
        <label htmlFor={codeId}>{t('code')}</label>
        <span className="field">
          <input
            id={codeId}
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <button className="primary" disabled={isBusy || code === ''}>
            {t('confirm')}
          </button>
        </span>
      </form>
      {error?.code === 'PHONE_PROOF_TOO_OLD' && (
        <div className="actions">
          <p>{t('whose')}</p>
          <button disabled={isBusy} onClick={() => void confirm('MINE')}>
            {t('mine')}
          </button>
          <button disabled={isBusy} onClick={() => void confirm('NEW_TO_ME')}>
            {t('newToMe')}
          </button>
        </div>
      )}
      <Problem error={error} />
      <ShowCode names={['phone']} />
    </section>
  );
}

/** The text message, as the phone shows it. */
function Message({ sms, fill }: { sms: Sms | null; fill(code: string): void }) {
  const { t } = useShop();
  return (
    <div role="status" className={sms ? 'sms' : undefined}>
      {sms && (
        <>
          <b>{t('sms')}</b> <span lang="zh-CN">{sms.text}</span>
          <button type="button" onClick={() => fill(sms.code)}>
            {t('fill')}
          </button>
        </>
      )}
    </div>
  );
}
