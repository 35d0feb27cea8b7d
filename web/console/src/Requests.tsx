// What waits for a second operator.
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { AskReason, useAct } from './act';
import { APPROVE, DECLINE, REQUESTS } from './documents';
import type { RequestKind, RequestsQuery, ServiceScope } from './generated';
import { useWords } from './language';
import { Empty, MorePages, Note, PersonLink, Title, Waiting, When } from './parts';
import { usePages } from './query';
import { useMay } from './scopes';

type Request = NonNullable<RequestsQuery['pendingRequests']>['nodes'][number];

/** The scope that the act needs, and so its approval. */
const SCOPES: Record<RequestKind, ServiceScope> = {
  MERGE: 'USERS_MANAGE',
  UNDO: 'USERS_WRITE',
  SET_PHONE: 'USERS_MANAGE',
  ERASE: 'USERS_ERASE',
  CASE_MERGE: 'CONFLICTS_WRITE',
};

export function Requests() {
  const say = useWords();
  const may = useMay();
  if (!may('USERS_READ')) return <Note icon="warn">{say('noScope')}</Note>;
  return <List />;
}

function List() {
  const say = useWords();
  const may = useMay();
  const pages = usePages(REQUESTS, { first: 50 }, (data) => data.pendingRequests);
  const [asked, setAsked] = useState<{ request: Request; approves: boolean } | null>(null);
  const [told, setTold] = useState<string | null>(null);
  const done = (what: string) => {
    setAsked(null);
    setTold(what);
    pages.reload();
  };
  const close = () => {
    setAsked(null);
    // Another operator may have decided it in the meantime.
    pages.reload();
  };
  return (
    <>
      <Title text={say('requests')}>
        <p className="quiet">{say('requestsHow')}</p>
      </Title>
      {told && (
        <Note kind="good" icon="check">
          {told}
        </Note>
      )}
      {pages.loading && !pages.nodes.length && <Waiting rows={3} />}
      {!pages.loading && !pages.failure && !pages.nodes.length && <Empty>{say('noRequests')}</Empty>}
      <ul className="requests">
        {pages.nodes.map((request) => (
          <li key={request.id} className="card" data-request={request.id}>
            <header>
              <span className="tag warn">{say(`request_${request.kind}`)}</span>
              <PersonLink id={request.userId} />
              {request.otherUserId && (
                <>
                  <span>+</span>
                  <PersonLink id={request.otherUserId} />
                </>
              )}
              {request.maskedPhone && <span>→ {request.maskedPhone}</span>}
              {request.caseId && <Link to={`/cases?case=${request.caseId}`}>{say('requestCase')}</Link>}
            </header>
            <blockquote>{request.reason}</blockquote>
            <p className="quiet small">
              {say('askedBy', { name: request.requestedByName ?? request.requestedBy })}{' '}
              <When at={request.requestedAt} /> · {say('expires')} <When at={request.expiresAt} />
            </p>
            <footer>
              {request.isMine && <span className="quiet">{say('yourRequest')}</span>}
              <button type="button" onClick={() => setAsked({ request, approves: false })}>
                {say(request.isMine ? 'withdraw' : 'decline')}
              </button>
              {!request.isMine && may(SCOPES[request.kind]) && (
                <button
                  type="button"
                  className="primary"
                  onClick={() => setAsked({ request, approves: true })}
                >
                  {say('approve')}
                </button>
              )}
            </footer>
          </li>
        ))}
      </ul>
      <MorePages pages={pages} />
      {asked?.approves === true && <Approve request={asked.request} onDone={done} onClose={close} />}
      {asked?.approves === false && <Decline request={asked.request} onDone={done} onClose={close} />}
    </>
  );
}

interface AskProps {
  readonly request: Request;
  readonly onDone: (what: string) => void;
  readonly onClose: () => void;
}

function Approve({ request, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(APPROVE);
  const navigate = useNavigate();
  return (
    <AskReason
      title={say('approveKind', { kind: say(`request_${request.kind}`) })}
      lead={say('approveWhat')}
      confirm={say('approve')}
      act={act}
      send={(reason) => act.run({ id: request.id, reason })}
      onDone={({ approveRequest: { merge, caseMerge } }) => {
        const made = merge ?? (caseMerge && { survivorId: request.userId, mergeId: caseMerge.mergeId });
        if (!made) return onDone(say('wasApproved'));
        onClose();
        void navigate(`/people/${made.survivorId}`, { state: { merge: made.mergeId } });
      }}
      onClose={onClose}
    />
  );
}

function Decline({ request, onDone, onClose }: AskProps) {
  const say = useWords();
  const act = useAct(DECLINE);
  const name = say(request.isMine ? 'withdraw' : 'decline');
  return (
    <AskReason
      title={name}
      lead={say('declineWhat')}
      confirm={name}
      act={act}
      send={(reason) => act.run({ id: request.id, reason })}
      onDone={() => onDone(say('wasDeclined'))}
      onClose={onClose}
    />
  );
}
