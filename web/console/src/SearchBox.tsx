// The one box of the search, above every screen.
import { useEffect, useRef, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { Icon } from './icons';
import { useKeys } from './keys';
import { useWords } from './language';
import { useMay } from './scopes';

/** What the search takes at most. */
const LONGEST = 300;
/** Told when Enter is pressed on a text whose answer is on the page already. */
export const OPEN_FIRST = 'guiyi:open-first';
/** Told when an arrow is pressed in the box: `detail` is 1 or -1. */
export const MOVE = 'guiyi:move';

export function SearchBox() {
  const say = useWords();
  const may = useMay();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const shown = pathname === '/' ? (params.get('q') ?? '') : '';
  const [text, setText] = useState(shown);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setText(shown), [shown]);
  useKeys({ '/': () => box.current?.select() });
  useEffect(() => {
    if (pathname === '/') box.current?.focus();
  }, [pathname]);
  if (!may('USERS_READ')) return <div className="search" />;
  const submit = () => {
    const wanted = cleaned(text);
    if (!wanted) return;
    if (wanted === shown) dispatchEvent(new Event(OPEN_FIRST));
    else void navigate(`/?q=${encodeURIComponent(wanted)}`);
  };
  return (
    <form
      role="search"
      className="search"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Icon name="search" />
      <input
        ref={box}
        type="search"
        aria-label={say('searchFor')}
        placeholder={say('searchFor')}
        autoComplete="off"
        spellCheck={false}
        maxLength={LONGEST}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          // While Chinese is typed, the arrows are those of the input method.
          if (step === undefined || pathname !== '/' || event.nativeEvent.isComposing) return;
          event.preventDefault();
          dispatchEvent(new CustomEvent(MOVE, { detail: step }));
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

/** The text without line ends and other signs that a copy brings along and that are not seen. */
export function cleaned(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
