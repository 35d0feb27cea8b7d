// Small parts that every screen has.
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Failure } from './api';
import { ago, short, time } from './format';
import { Icon, type IconName } from './icons';
import { useLanguage, useWords } from './language';
import type { Pages } from './query';

/** Says what failed, what to do, and under which id the operator finds the cause. */
export function Problem({
  failure,
  retry,
}: {
  readonly failure: Failure | null;
  readonly retry?: () => void;
}) {
  const say = useWords();
  if (!failure) return null;
  const { advice, detail, errorId } = failure.details;
  return (
    <div className="note bad" role="alert">
      <Icon name="warn" />
      <div>
        <p>
          <b>{failure.message}</b>
        </p>
        {advice && !failure.message.includes(advice) && <p>{advice}</p>}
        {detail && <p className="quiet">{detail}</p>}
        <p className="quiet small">
          <code>{failure.code}</code>
          {errorId && (
            <>
              {' · '}
              {say('errorId')} <code>{errorId}</code>
            </>
          )}
        </p>
        {retry && (
          <button type="button" onClick={retry}>
            {say('tryAgain')}
          </button>
        )}
      </div>
    </div>
  );
}

/** A message about what is so, or what has just happened. */
export function Note({
  kind = 'plain',
  icon,
  children,
}: {
  readonly kind?: 'plain' | 'good' | 'warn';
  readonly icon?: IconName;
  readonly children: ReactNode;
}) {
  return (
    <div className={`note ${kind}`} role="status">
      {icon && <Icon name={icon} />}
      <div>{children}</div>
    </div>
  );
}

/** A time as people say it, with the exact one on hover and for copying. */
export function When({
  at,
  exact = false,
}: {
  readonly at: string | null | undefined;
  readonly exact?: boolean;
}) {
  const language = useLanguage();
  if (!at) return <span className="quiet">–</span>;
  return (
    <time dateTime={at} title={time(language, at)}>
      {exact ? time(language, at) : ago(language, at)}
    </time>
  );
}

/** An id that can be copied. */
export function Id({ value, whole = false }: { readonly value: string; readonly whole?: boolean }) {
  const say = useWords();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    const isCopied = await navigator.clipboard.writeText(value).then(
      () => true,
      () => false,
    );
    if (!isCopied) return;
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className="id">
      <code title={value}>{whole ? value : short(value)}</code>
      <button
        type="button"
        className="bare"
        aria-label={say('copyOf', { value })}
        onClick={() => void copy()}
      >
        <Icon name={copied ? 'check' : 'copy'} />
      </button>
    </span>
  );
}

/** A link to an account. */
export function PersonLink({ id, children }: { readonly id: string; readonly children?: ReactNode }) {
  return (
    <Link to={`/people/${id}`} title={id}>
      {children ?? <code>{short(id)}</code>}
    </Link>
  );
}

/** The picture of a person is their first letter: the page loads nothing from other sites. */
export function Face({ name, id }: { readonly name: string | null; readonly id: string }) {
  const letter = [...(name ?? '')].find((sign) => /\p{L}|\p{N}/u.test(sign)) ?? '·';
  const hue = [...id].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 6, 7);
  return (
    <span className={`face hue${hue}`} aria-hidden="true">
      {letter.toUpperCase()}
    </span>
  );
}

/** Whether an account is in use. */
export function Status({ status }: { readonly status: 'ACTIVE' | 'DISABLED' }) {
  const say = useWords();
  return <span className={`tag ${status === 'ACTIVE' ? 'good' : 'bad'}`}>{say(status)}</span>;
}

/** What stands in the place of a list that is empty. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

/** What stands where an answer is awaited. */
export function Waiting({ rows = 3 }: { readonly rows?: number }) {
  const say = useWords();
  return (
    <div className="waiting" role="status" aria-label={say('loading')}>
      {Array.from({ length: rows }, (_, at) => (
        <i key={at} />
      ))}
    </div>
  );
}

/** The end of a list that comes in pages: its problem, or the button for the next page. */
export function MorePages({ pages }: { readonly pages: Pages<unknown, unknown> }) {
  const say = useWords();
  if (pages.failure)
    return <Problem failure={pages.failure} retry={pages.nodes.length ? pages.more : pages.reload} />;
  if (!pages.hasMore) return null;
  return (
    <button type="button" className="more" disabled={pages.loading} onClick={pages.more}>
      {say(pages.loading ? 'loading' : 'more')}
    </button>
  );
}

/** A labelled choice among a few values. */
export function Choose<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as Value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The heading of a screen, which is also the page's title. */
export function Title({
  children,
  text,
  side,
}: {
  readonly children?: ReactNode;
  readonly text: string;
  readonly side?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${text} · 归一 Guiyi`;
  }, [text]);
  return (
    <header className="title">
      <div>
        <h1>{text}</h1>
        {children}
      </div>
      {side}
    </header>
  );
}

/** A table that is wider than the page scrolls by itself, with the keyboard, too. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
