// What the service tells about its apps. Nothing here can be changed: the configuration file decides.
import { APPS } from './documents';
import { useWords } from './language';
import { Id, Problem, Scroll, Title, Waiting } from './parts';
import { useQuery } from './query';
import { useOperator } from './scopes';

export function Settings() {
  const say = useWords();
  const { name, role, scopes } = useOperator();
  const { data, failure, reload } = useQuery(APPS, {});
  return (
    <>
      <Title text={say('settings')}>
        <p className="quiet">{say('settingsHow')}</p>
      </Title>
      <div className="cards">
        <section className="card">
          <h2>{say('you')}</h2>
          <p>
            <b>{name}</b> · {say(`role_${role}`)}
          </p>
          <p className="chips">
            {scopes.map((scope) => (
              <code key={scope}>{scopeName(scope)}</code>
            ))}
          </p>
        </section>
      </div>
      <h2>{say('apps')}</h2>
      <Problem failure={failure} retry={reload} />
      {!data && !failure && <Waiting rows={5} />}
      {data && (
        <Scroll label={say('apps')}>
          <table>
            <thead>
              <tr>
                <th>{say('app')}</th>
                <th>{say('kind')}</th>
                <th>AppID</th>
                <th>{say('loginStarts')}</th>
                <th>unionId</th>
                <th>{say('phoneButton')}</th>
                <th>JS-SDK</th>
              </tr>
            </thead>
            <tbody>
              {data.apps.map((app) => (
                <tr key={app.name}>
                  <td>
                    <b>{app.title}</b> <code>{app.name}</code>
                  </td>
                  <td>
                    <code>{app.kind}</code>
                  </td>
                  <td>
                    <Id value={app.appId} whole />
                  </td>
                  <td>{say(`start_${app.start}`)}</td>
                  <td>{say(`union_${app.unionIds}`)}</td>
                  <td>{app.phone.map((kind) => say(`phone_${kind}`)).join(say('comma')) || '–'}</td>
                  <td>{say(app.jsSdk ? 'yes' : 'no')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

/** The name of a scope as `guiyi token create` takes it. */
export function scopeName(scope: string): string {
  return scope.toLowerCase().replaceAll('_', ':');
}
