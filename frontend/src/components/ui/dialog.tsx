import clsx from 'clsx';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useEffect } from 'react';
import { useTranslations } from 'use-intl';
import { IconButton } from './button';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** Hides the heading where the content names itself; readers still hear it. */
  isTitleHidden?: boolean;
  /** Only a button of its content closes it: neither Esc nor a click beside it. */
  isHeld?: boolean;
  children: ReactNode;
  className?: string;
}

/**
 * A dialog over the page. The veil is our own: Radix's overlay locks scrolling with an injected style, which the
 * content policy forbids.
 */
export function Dialog({ open, onClose, title, isTitleHidden, isHeld, children, className }: DialogProps) {
  const t = useTranslations('app.action');
  useScrollLock(open);
  return (
    <Radix.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Radix.Portal>
        <div className="fixed inset-0 z-50 bg-[var(--veil)]" />
        <Radix.Content
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            // The first field, where the content marks one, and not the button that closes.
            const first = (event.currentTarget as HTMLElement).querySelector<HTMLElement>('[data-first]');
            if (!first) return;
            event.preventDefault();
            first.focus();
          }}
          onEscapeKeyDown={(event) => isHeld && event.preventDefault()}
          onInteractOutside={(event) => isHeld && event.preventDefault()}
          className={clsx(
            'opens fixed inset-x-2 top-[8dvh] z-50 mx-auto flex max-h-[84dvh] max-w-140 flex-col overflow-hidden rounded-dialog border border-line bg-surface shadow-overlay outline-none',
            className,
          )}
        >
          {isTitleHidden ? (
            <Radix.Title className="sr-only">{title}</Radix.Title>
          ) : (
            <div className="flex min-h-[47px] items-center justify-between gap-4 border-line border-b py-2 pr-2 pl-4">
              <Radix.Title className="text-body">{title}</Radix.Title>
              {isHeld ? null : (
                <IconButton label={t('close')} onClick={onClose}>
                  <X aria-hidden size={16} strokeWidth={1.5} />
                </IconButton>
              )}
            </div>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function useScrollLock(isLocked: boolean): void {
  useEffect(() => {
    if (!isLocked) return;
    const { overflow } = document.body.style;
    document.body.style.overflow = 'hidden';
    return () => {
      document.body.style.overflow = overflow;
    };
  }, [isLocked]);
}
