// Where a person is signed in.
import { useState } from 'react';
import { useWords } from '../language';
import { Empty, Scroll, When } from '../parts';
import { useMay } from '../scopes';
import { EndSessions } from './Acts';
import type { User } from './Person';

export function Devices({ user, onDone }: { readonly user: User; readonly onDone: (what: string) => void }) {
  const say = useWords();
  const may = useMay();
  const [asked, setAsked] = useState(false);
  if (!user.sessions?.length) return <Empty>{say('noDevices')}</Empty>;
  return (
    <section>
      <div className="tools">
        <p className="quiet">{say('devicesHow')}</p>
        {may('USERS_DISABLE') && (
          <button type="button" onClick={() => setAsked(true)}>
            {say('act_endSessions')}
          </button>
        )}
      </div>
      <Scroll label={say('tab_devices')}>
        <table>
          <thead>
            <tr>
              <th>{say('device')}</th>
              <th>{say('app')}</th>
              <th>{say('addressBlock')}</th>
              <th>{say('signedInAt')}</th>
              <th>{say('lastUsed')}</th>
              <th>{say('expires')}</th>
            </tr>
          </thead>
          <tbody>
            {user.sessions.map((session) => (
              <tr key={session.id}>
                <td>{session.device ?? say('unknownDevice')}</td>
                <td>{session.app ?? '–'}</td>
                <td>
                  <code>{session.addressBlock ?? '–'}</code>
                </td>
                <td>
                  <When at={session.signedInAt} exact />
                </td>
                <td>
                  <When at={session.lastUsedAt} />
                </td>
                <td>
                  <When at={session.expiresAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {asked && (
        <EndSessions
          user={user}
          onDone={(what) => {
            setAsked(false);
            onDone(what);
          }}
          onClose={() => setAsked(false)}
        />
      )}
    </section>
  );
}
