import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useLayoutEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { isTyping } from '@/app/shortcuts/use-shortcuts';
import { IconButton } from './ui/button';

const stored = 'llm-router.drawer';
const [least, most] = [560, 960];

interface DrawerProps {
  /** Named for readers; the head shows what stands in `head`. */
  title: string;
  head: ReactNode;
  onClose: () => void;
  /** The neighbours in the list: `k` and `j`. */
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
  children: ReactNode;
}

function clamp(width: number): number {
  return Math.max(least, Math.min(most, innerWidth - 240, width));
}

/** Beside the page, not over it: the list stays in use. It fills small screens. */
export function Drawer({ title, head, onClose, onPrevious, onNext, children }: DrawerProps) {
  const t = useTranslations('app.drawer');
  const [width, setWidth] = useState(() => clamp(Number(localStorage.getItem(stored)) || least));
  const resize = (next: number): void => {
    setWidth(clamp(next));
    localStorage.setItem(stored, String(clamp(next)));
  };
  // The page makes room, where there is room to make.
  useLayoutEffect(() => {
    const { style } = document.documentElement;
    style.setProperty('--drawer', `${width}px`);
    return () => {
      style.removeProperty('--drawer');
    };
  }, [width]);
  const drag = (event: PointerEvent): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(innerWidth - event.clientX);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
    const go = event.key === 'j' ? onNext : event.key === 'k' ? onPrevious : undefined;
    if (!go) return;
    event.preventDefault();
    go();
  };
  return (
    <Radix.Root open modal={false} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Radix.Portal>
        <Radix.Content
          data-drawer
          aria-describedby={undefined}
          onInteractOutside={(event) => event.preventDefault()}
          onOpenAutoFocus={(event) => {
            // The panel itself, so that `j`, `k` and Esc work at once and no control looks chosen.
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
          onKeyDown={onKey}
          style={{ width }}
          className="opens fixed inset-y-0 right-0 z-40 flex flex-col border-line-strong border-l bg-surface shadow-overlay outline-none max-sm:w-full! max-sm:border-l-0"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {/* biome-ignore lint/a11y/useSemanticElements: a separator that is moved, not a line. */}
          <div
            role="separator"
            aria-orientation="vertical"
            aria-label={t('resize')}
            aria-valuemin={least}
            aria-valuemax={most}
            aria-valuenow={width}
            tabIndex={0}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
            onKeyDown={(event) => {
              if (event.key === 'ArrowLeft') resize(width + 32);
              if (event.key === 'ArrowRight') resize(width - 32);
            }}
            className="absolute inset-y-0 -left-1 w-2 cursor-col-resize touch-none max-sm:hidden"
          />
          <header className="flex items-start gap-1 border-line border-b py-2 pr-2 pl-4">
            <div className="min-w-0 flex-1 py-1">{head}</div>
            {onPrevious || onNext ? (
              <>
                <IconButton label={t('previous')} disabled={!onPrevious} onClick={onPrevious}>
                  <ChevronUp aria-hidden size={16} strokeWidth={1.5} />
                </IconButton>
                <IconButton label={t('next')} disabled={!onNext} onClick={onNext}>
                  <ChevronDown aria-hidden size={16} strokeWidth={1.5} />
                </IconButton>
              </>
            ) : null}
            <IconButton label={t('close')} onClick={onClose}>
              <X aria-hidden size={16} strokeWidth={1.5} />
            </IconButton>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A part of a drawer, under a heading. */
export function DrawerSection({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-line border-b px-4 py-3 last:border-b-0">
      <div className="mb-2 flex min-h-6 items-center justify-between gap-4">
        <h2 className="font-normal text-ink-3 text-label">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
