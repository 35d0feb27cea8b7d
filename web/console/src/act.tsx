// What changes something: asked once, sent once, and told how it ended.
import { useRef, useState, type ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { send, type Failure, type Operation } from './api';
import { Icon } from './icons';
import { useWords } from './language';
import { Problem } from './parts';
import { failureOf } from './query';

/** The state of an act. */
export interface Act<Data, Variables> {
  /** Sends the act. Returns null if it failed, or if it is on its way already. */
  readonly run: (variables: Variables) => Promise<Data | null>;
  readonly busy: boolean;
  readonly failure: Failure | null;
  readonly forget: () => void;
}

/**
 * An act that is sent once however often the button is clicked. An attempt after a lost answer has the same Idempotency-Key, as
 * long as it asks for the same.
 */
export function useAct<Data, Variables>(operation: Operation<Data, Variables>): Act<Data, Variables> {
  const [state, setState] = useState<{ busy: boolean; failure: Failure | null }>({
    busy: false,
    failure: null,
  });
  const underway = useRef(false);
  const attempt = useRef<{ asked: string; key: string } | null>(null);
  const run = async (variables: Variables) => {
    if (underway.current) return null;
    underway.current = true;
    setState({ busy: true, failure: null });
    const asked = JSON.stringify(variables);
    if (attempt.current?.asked !== asked) attempt.current = { asked, key: newKey() };
    try {
      const data = await send(operation, variables, { key: attempt.current.key });
      attempt.current = null;
      setState({ busy: false, failure: null });
      return data;
    } catch (error) {
      const failure = failureOf(error);
      // Only a lost answer is asked for again; what was refused is another attempt.
      if (failure.code !== 'NETWORK' && failure.code !== 'BAD_ANSWER') attempt.current = null;
      setState({ busy: false, failure });
      return null;
    } finally {
      underway.current = false;
    }
  };
  return { run, ...state, forget: () => setState({ busy: false, failure: null }) };
}

/** A random text: `crypto.randomUUID` exists on secure pages only. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** A window above the page, closed by Escape, by its cross, and by a click beside it. */
export function Window({
  title,
  onClose,
  children,
  wide = false,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}) {
  const say = useWords();
  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className={wide ? 'window wide' : 'window'}>
        <Dialog>
          <header>
            <Heading slot="title">{title}</Heading>
            <button type="button" className="bare" aria-label={say('close')} onClick={onClose}>
              <Icon name="close" />
            </button>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Asks for the reason of an act, and sends it. */
export function AskReason<Data>({
  title,
  lead,
  confirm,
  danger = false,
  act,
  send: sendIt,
  onDone,
  onClose,
  children,
}: {
  readonly title: string;
  readonly lead: ReactNode;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly act: Pick<Act<Data, never>, 'busy' | 'failure'>;
  readonly send: (reason: string) => Promise<Data | null>;
  readonly onDone: (data: Data) => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}) {
  const say = useWords();
  const [reason, setReason] = useState('');
  const submit = async () => {
    const data = await sendIt(reason.trim());
    if (data) onDone(data);
  };
  return (
    <Window title={title} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{lead}</p>
        {children}
        <Reason value={reason} onChange={setReason} autoFocus={!children} />
        <Problem failure={act.failure} />
        <footer>
          <button type="button" onClick={onClose}>
            {say('cancel')}
          </button>
          <button
            type="submit"
            className={danger ? 'primary danger' : 'primary'}
            disabled={act.busy || !reason.trim()}
          >
            {act.busy ? say('sending') : confirm}
          </button>
        </footer>
      </form>
    </Window>
  );
}

/** The field of a reason. */
export function Reason({
  value,
  onChange,
  autoFocus = false,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly autoFocus?: boolean;
}) {
  const say = useWords();
  return (
    <label className="field wide">
      <span>{say('reason')}</span>
      <textarea
        rows={2}
        maxLength={500}
        required
        autoFocus={autoFocus}
        value={value}
        placeholder={say('reasonHint')}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
            event.currentTarget.form?.requestSubmit();
        }}
      />
    </label>
  );
}
