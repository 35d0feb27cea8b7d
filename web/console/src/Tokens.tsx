// The service tokens of programs.
import { useState } from 'react';
import { AskReason, useAct, Window } from './act';
import { CREATE_TOKEN, REVOKE_TOKEN, TOKENS } from './documents';
import type { ServiceScope, TokensQuery } from './generated';
import { useWords } from './language';
import { Empty, Id, MorePages, Note, Problem, Title, Waiting, When } from './parts';
import { usePages } from './query';
import { useMay, useOperator } from './scopes';
import { scopeName } from './Settings';

type Token = NonNullable<TokensQuery['serviceTokens']>['nodes'][number];

export function Tokens() {
  const say = useWords();
  const may = useMay();
  if (!may('TOKENS_READ')) return <Note icon="warn">{say('noScope')}</Note>;
  return <List />;
}

function List() {
  const say = useWords();
  const may = useMay();
  const pages = usePages(TOKENS, { first: 50 }, (data) => data.serviceTokens);
  const [asked, setAsked] = useState<'new' | Token | null>(null);
  const [told, setTold] = useState<string | null>(null);
  const [now] = useState(() => Date.now());
  return (
    <>
      <Title
        text={say('tokens')}
        side={
          may('TOKENS_WRITE') && (
            <button type="button" className="primary" onClick={() => setAsked('new')}>
              {say('newToken')}
            </button>
          )
        }
      >
        <p className="quiet">{say('tokensHow')}</p>
      </Title>
      {told && (
        <Note kind="good" icon="check">
          {told}
        </Note>
      )}
      {pages.loading && !pages.nodes.length && <Waiting rows={4} />}
      {!pages.loading && !pages.failure && !pages.nodes.length && <Empty>{say('noTokens')}</Empty>}
      <ul className="rows boxed tokens">
        {pages.nodes.map((token) => {
          const state = stateOf(token, now);
          return (
            <li key={token.id} className={state === 'valid' ? '' : 'over'}>
              <span className="main">
                <b>{token.name || say('noName')}</b> <Id value={token.id} />
                <span className="chips">
                  {token.scopes.map((scope) => (
                    <code key={scope}>{scopeName(scope)}</code>
                  ))}
                </span>
              </span>
              <span className="quiet small">
                {say('createdAt')} <When at={token.createdAt} exact />
                <br />
                {say('lastUsed')} <When at={token.lastUsedAt} />
                <br />
                {token.expiresAt ? (
                  <>
                    {say('expires')} <When at={token.expiresAt} exact />
                  </>
                ) : (
                  say('neverExpires')
                )}
              </span>
              <span className="end">
                <span className={`tag ${state === 'valid' ? 'good' : ''}`}>{say(`token_${state}`)}</span>
                {state === 'valid' && may('TOKENS_WRITE') && (
                  <button type="button" onClick={() => setAsked(token)}>
                    {say('revoke')}
                  </button>
                )}
              </span>
            </li>
          );
        })}
      </ul>
      <MorePages pages={pages} />
      {asked === 'new' && <NewToken onMade={pages.reload} onClose={() => setAsked(null)} />}
      {asked !== null && asked !== 'new' && (
        <Revoke
          token={asked}
          onClose={() => setAsked(null)}
          onDone={(what) => {
            setAsked(null);
            setTold(what);
            pages.reload();
          }}
        />
      )}
    </>
  );
}

function stateOf({ revokedAt, expiresAt }: Token, now: number): 'revoked' | 'expired' | 'valid' {
  if (revokedAt) return 'revoked';
  return expiresAt && Date.parse(expiresAt) <= now ? 'expired' : 'valid';
}

function NewToken({ onMade, onClose }: { readonly onMade: () => void; readonly onClose: () => void }) {
  const say = useWords();
  const { scopes } = useOperator();
  const act = useAct(CREATE_TOKEN);
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly ServiceScope[]>([]);
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<string | null>(null);
  const submit = async () => {
    const input = { name: name.trim(), scopes: [...chosen], days: Number(days), neverExpires: false };
    const done = await act.run({ input });
    if (!done) return;
    setMade(done.createServiceToken.token);
    onMade();
  };
  if (made)
    return (
      <Window title={say('newToken')} onClose={onClose}>
        <div className="stack">
          <Note kind="warn" icon="warn">
            {say('tokenOnce')}
          </Note>
          <Id value={made} whole />
          <footer>
            <button type="button" className="primary" onClick={onClose}>
              {say('tokenKept')}
            </button>
          </footer>
        </div>
      </Window>
    );
  return (
    <Window title={say('newToken')} onClose={onClose} wide>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label className="field wide">
          <span>{say('tokenName')}</span>
          <input
            required
            maxLength={100}
            autoFocus
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <fieldset>
          <legend>{say('tokenScopes')}</legend>
          <div className="checks">
            {scopes.map((scope) => (
              <label key={scope}>
                <input
                  type="checkbox"
                  checked={chosen.includes(scope)}
                  onChange={({ target }) =>
                    setChosen(target.checked ? [...chosen, scope] : chosen.filter((one) => one !== scope))
                  }
                />
                <code>{scopeName(scope)}</code>
              </label>
            ))}
          </div>
        </fieldset>
        <label className="field">
          <span>{say('tokenDays')}</span>
          <input
            type="number"
            min={1}
            max={3650}
            required
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        </label>
        <Problem failure={act.failure} />
        <footer>
          <button type="button" onClick={onClose}>
            {say('cancel')}
          </button>
          <button type="submit" className="primary" disabled={act.busy || !chosen.length || !name.trim()}>
            {say(act.busy ? 'sending' : 'create')}
          </button>
        </footer>
      </form>
    </Window>
  );
}

function Revoke({
  token,
  onDone,
  onClose,
}: {
  readonly token: Token;
  readonly onDone: (what: string) => void;
  readonly onClose: () => void;
}) {
  const say = useWords();
  const act = useAct(REVOKE_TOKEN);
  const [withMade, setWithMade] = useState(false);
  return (
    <AskReason
      title={say('revokeName', { name: token.name || token.id })}
      lead={say('revokeWhat')}
      confirm={say('revoke')}
      danger
      act={act}
      send={(reason) => act.run({ id: token.id, reason, withMade })}
      onDone={({ revokeServiceToken }) =>
        onDone(say('tokensRevoked', { count: revokeServiceToken.revokedIds.length }))
      }
      onClose={onClose}
    >
      {token.scopes.includes('TOKENS_WRITE') && (
        <label className="check">
          <input type="checkbox" checked={withMade} onChange={({ target }) => setWithMade(target.checked)} />
          {say('revokeMade')}
        </label>
      )}
    </AskReason>
  );
}
