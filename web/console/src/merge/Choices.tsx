// What a merge would do, and the choices that it asks for.
import { Radio, RadioGroup } from 'react-aria-components';
import { money, short } from '../format';
import { useWords } from '../language';
import { Note } from '../parts';
import { sumsOf, valueOf, type Chosen, type Half, type Preview } from './choices';

interface Props {
  readonly preview: Preview;
  readonly one: Half | null;
  readonly other: Half | null;
  readonly survivor: string;
  readonly onSurvivor: (id: string) => void;
  readonly chosen: Chosen;
  readonly onChosen: (chosen: Chosen) => void;
}

export function Choices({ preview, one, other, survivor, onSurvivor, chosen, onChosen }: Props) {
  const say = useWords();
  const nameOf = (id: string) => {
    const half = [one, other].find((side) => side?.id === id);
    return half?.nickname ?? say('noNickname');
  };
  const ids = [preview.user.id, preview.other.id];
  return (
    <div className="stack">
      <RadioGroup className="choices" aria-label={say('survivor')} value={survivor} onChange={onSurvivor}>
        <h3>{say('survivor')}</h3>
        <p className="quiet">{say('survivorHow')}</p>
        <div className="pair">
          {ids.map((id) => (
            <Radio key={id} value={id} className="choice">
              <b>{nameOf(id)}</b>
              <span className="quiet">
                {short(id)}
                {id === preview.survivor && ` · ${say('byDefault')}`}
              </span>
            </Radio>
          ))}
        </div>
      </RadioGroup>
      {preview.clashes.map((field) => (
        <RadioGroup
          key={field}
          className="choices"
          aria-label={say('keepWhich', { field: say(`field_${field}`) })}
          value={chosen[field] ?? null}
          onChange={(id) => onChosen({ ...chosen, [field]: id })}
          data-clash={field}
        >
          <h3>{say('keepWhich', { field: say(`field_${field}`) })}</h3>
          <div className="pair">
            {[one, other].map(
              (half) =>
                half && (
                  <Radio key={half.id} value={half.id} className="choice">
                    <b>
                      {field === 'AVATAR_URL'
                        ? say('pictureOf', { name: nameOf(half.id) })
                        : valueOf(half, field)}
                    </b>
                    <span className="quiet">{short(half.id)}</span>
                  </Radio>
                ),
            )}
          </div>
        </RadioGroup>
      ))}
      <Effect preview={preview} one={one} other={other} survivor={survivor} />
    </div>
  );
}

function Effect({ preview, one, other, survivor }: Pick<Props, 'preview' | 'one' | 'other' | 'survivor'>) {
  const say = useWords();
  const { moves } = preview;
  // The service counts what moves for the account that survives by default.
  const isDefault = survivor === preview.survivor;
  const goes = survivor === preview.user.id ? preview.other : preview.user;
  const count = isDefault ? moves : { openIds: goes.openIds, unionIds: goes.unionIds, orders: goes.orders };
  return (
    <div className="effect">
      <h3>{say('afterwards')}</h3>
      <ul>
        <li>
          {say('movesKeys', { openIds: count.openIds, unionIds: count.unionIds, orders: count.orders })}
        </li>
        {isDefault && moves.fields.length > 0 && (
          <li>
            {say('movesFields', {
              fields: moves.fields.map((field) => say(`field_${field}`)).join(say('comma')),
            })}
          </li>
        )}
        <li>{say('ordersAfterwards', { count: preview.user.orders + preview.other.orders })}</li>
        {sumsOf([one, other]).map(({ currency, count: orders, net }) => (
          <li key={currency}>
            {say('totalAfterwards', { total: money({ amount: net, currency }), count: orders })}
          </li>
        ))}
        <li>{say('sessionsEndWithMerge')}</li>
        <li>{say('undoableFor30')}</li>
      </ul>
    </div>
  );
}

/** Why two accounts cannot be merged. */
export function Obstacles({ preview }: { readonly preview: Preview }) {
  const say = useWords();
  return (
    <Note kind="warn" icon="warn">
      <p>
        <b>{say('cannotMerge')}</b>
      </p>
      <ul>
        {preview.obstacles.map(({ kind, app, unionScope }, index) => (
          <li key={index}>{say(`obstacle_${kind}`, { place: app ?? unionScope ?? '–' })}</li>
        ))}
      </ul>
      <p className="quiet">{say('cannotMergeHow')}</p>
    </Note>
  );
}
