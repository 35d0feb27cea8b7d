// Keys that act on the page as a whole. None acts while text is typed, in a window, or with a modifier.
import { useEffect, useRef } from 'react';

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Says whether a key that was pressed is meant for the page. */
export function isForPage(
  event: Pick<
    KeyboardEvent,
    'ctrlKey' | 'metaKey' | 'altKey' | 'defaultPrevented' | 'isComposing' | 'target'
  >,
): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing)
    return false;
  const at = event.target as Partial<HTMLElement> | null;
  if (typeof at?.closest !== 'function') return true;
  return !at.closest('input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog]');
}

/** Acts on keys while the component is shown. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = Object.hasOwn(current.current, event.key) ? current.current[event.key] : undefined;
      if (!act || !isForPage(event) || document.querySelector('[role=dialog]')) return;
      event.preventDefault();
      act(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
