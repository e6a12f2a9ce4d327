import { type RefObject, useEffect, useRef } from 'react';
import { isTyping } from '@/app/shortcuts/use-shortcuts';

/** `j` and `k` reach the table from wherever the focus is, but for fields, drawers and dialogs, which have their own. */
export function useKeysOfPage(
  frame: RefObject<HTMLElement | null>,
  walk: ((event: KeyboardEvent) => void) | undefined,
) {
  const latest = useRef(walk);
  useEffect(() => {
    latest.current = walk;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if ((key !== 'j' && key !== 'k') || event.defaultPrevented || event.altKey || isTyping(target)) return;
      if (!(target instanceof Element) || frame.current?.contains(target)) return;
      // A chart walks its samples, a dialog keeps its keys.
      if (
        target.closest('[role="dialog"]') ||
        document.querySelector('[role="dialog"][data-state="open"]:not([data-drawer])')
      )
        return;
      latest.current?.(event);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [frame]);
}
