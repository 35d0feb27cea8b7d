// What the service is configured to do. Nothing here can be changed: the configuration file decides.
import { APPS, SETTINGS } from './documents';
import { Icon } from './icons';
import { useWords } from './language';
import { Empty, Id, Problem, Scroll, Title, Waiting } from './parts';
import { useQuery } from './query';
import { useMay, useOperator } from './scopes';

export function Settings() {
  const say = useWords();
  const may = useMay();
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
        {may('SETTINGS_READ') && <OfService />}
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

/** What only administrators read. */
function OfService() {
  const say = useWords();
  const { data, failure, reload } = useQuery(SETTINGS, {});
  const told = data?.settings;
  if (failure) return <Problem failure={failure} retry={reload} />;
  if (!told) return <Waiting rows={4} />;
  const list = (names: readonly string[]) => names.join(say('comma')) || '–';
  return (
    <>
      <section className="card">
        <h2>{say('serviceSettings')}</h2>
        <dl className="settings">
          <dt>{say('version')}</dt>
          <dd>
            <code>{told.version}</code>
          </dd>
          <dt>{say('mode')}</dt>
          <dd>{say(`mode_${told.mode}`)}</dd>
          <dt>{say('publicUrl')}</dt>
          <dd>
            <code>{told.publicUrl}</code>
          </dd>
          <dt>{say('fourEyes')}</dt>
          <dd>
            {told.fourEyes.length
              ? `${list(told.fourEyes.map((act) => say(`request_${act}`)))}${say('comma')}${say('fourEyesWaits', { count: told.requestHours })}`
              : say('fourEyesNone')}
          </dd>
          <dt>{say('consoleApps')}</dt>
          <dd>{list(told.consoleApps)}</dd>
          <dt>{say('consoleGroups')}</dt>
          <dd>{list(told.consoleGroups.map(({ group, role }) => `${group}: ${say(`role_${role}`)}`))}</dd>
        </dl>
      </section>
      <section className="card">
        <h2>{say('warnings')}</h2>
        {!told.warnings.length && <Empty>{say('noWarnings')}</Empty>}
        <ul className="rows warnings">
          {told.warnings.map(({ path, text }) => (
            <li key={text} data-setting={path}>
              <span className="full">
                <Icon name="warn" /> {text}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

/** The name of a scope as `guiyi token create` takes it. */
export function scopeName(scope: string): string {
  return scope.toLowerCase().replaceAll('_', ':');
}
