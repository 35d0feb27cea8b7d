// The table of keys.
import { Window } from './act';
import { useWords } from './language';
import type { Word } from './words';

const KEYS: readonly (readonly [readonly string[], Word])[] = [
  [['/'], 'keySearch'],
  [['Enter'], 'keyEnter'],
  [['j', 'k'], 'keyNext'],
  [['x'], 'keyMark'],
  [['1', '2', '3'], 'keyDecide'],
  [['m'], 'keyMerge'],
  [['←', '→'], 'keyTabs'],
  [['Ctrl', 'Enter'], 'keySend'],
  [['Esc'], 'keyClose'],
  [['?'], 'keyHelp'],
];

export function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  const say = useWords();
  return (
    <Window title={say('keyboard')} onClose={onClose}>
      <table className="keys">
        <thead className="visually-hidden">
          <tr>
            <th>{say('key')}</th>
            <th>{say('does')}</th>
          </tr>
        </thead>
        <tbody>
          {KEYS.map(([keys, word]) => (
            <tr key={word}>
              <td>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </td>
              <td>{say(word)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Window>
  );
}
