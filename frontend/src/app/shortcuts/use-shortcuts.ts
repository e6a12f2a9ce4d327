import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslations } from 'use-intl';
import { useCopy } from '@/components/toast';
import { shifted, zoomed } from '@/lib/range';
import { carried, usePage } from '../page-state';
import { pages } from '../pages';
import type { Overlay } from '../shell/shell';
import { toggleTheme } from '../theme';

const patience = 1200;

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'radio' && target.type !== 'checkbox';
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** The keys of every page. A page's own (`j k Enter`) belong to its table. */
export function useShortcuts(show: (overlay: Overlay) => void): void {
  const t = useTranslations('app.action');
  const page = usePage();
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const copy = useCopy();
  const wentAt = useRef(0);

  const actions: Record<string, () => void> = {
    '?': () => show('help'),
    '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
    l: () => page.set({ live: page.isLive ? 'off' : undefined }),
    c: () => page.set({ compare: page.isCompared ? 'off' : undefined }),
    t: toggleTheme,
    y: () => void copy(location.href, t('linkCopied')),
    '[': () => page.setRange(shifted(page.range, -1, Date.now())),
    ']': () => page.setRange(shifted(page.range, 1, Date.now())),
    '-': () => page.setRange(zoomed(page.range, 'out', Date.now())),
    '+': () => page.setRange(zoomed(page.range, 'in', Date.now())),
    '=': () => page.setRange(zoomed(page.range, 'in', Date.now())),
  };

  const onKey = (event: KeyboardEvent): void => {
    const isPalette = event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey);
    if (isPalette) {
      event.preventDefault();
      show('palette');
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    if (document.querySelector('[role="dialog"][data-state="open"]:not([data-drawer])')) return;
    if (Date.now() - wentAt.current < patience) {
      wentAt.current = 0;
      const target = pages.find(({ letter }) => letter === event.key);
      if (target) void navigate({ to: target.path, search: carried(search) });
      return;
    }
    if (event.key === 'g') {
      wentAt.current = Date.now();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  const latest = useRef(onKey);
  useEffect(() => {
    latest.current = onKey;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => latest.current(event);
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
