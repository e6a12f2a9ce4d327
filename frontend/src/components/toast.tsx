import { X } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { IconButton } from './ui/button';

type Tone = 'plain' | 'bad';

interface Toast {
  id: number;
  text: string;
  tone: Tone;
}

type Notify = (text: string, tone?: Tone) => void;

const ToastContext = createContext<Notify>(() => {});
const shownFor = 4000;
let lastId = 0;

/** Short notices of what was done. A failure stays until it is dismissed. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useTranslations('app.action');
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const dismiss = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const notify = useMemo<Notify>(
    () =>
      (text, tone = 'plain') => {
        lastId += 1;
        const id = lastId;
        setToasts((all) => [...all.slice(-2), { id, text, tone }]);
        if (tone === 'plain') setTimeout(() => dismiss(id), shownFor);
      },
    [dismiss],
  );
  return (
    <ToastContext value={notify}>
      {children}
      <section
        aria-label={t('notices')}
        aria-live="polite"
        className="pointer-events-none fixed inset-x-3 bottom-16 z-60 flex flex-col items-center gap-2 sm:bottom-4"
      >
        {toasts.map(({ id, text, tone }) => (
          <div
            key={id}
            className="opens pointer-events-auto flex max-w-120 items-center gap-2 rounded-panel border border-line-strong bg-surface py-1 pr-1 pl-3 shadow-overlay"
          >
            <span className={tone === 'bad' ? 'text-bad' : 'text-ink-1'}>{text}</span>
            <IconButton label={t('dismiss')} onClick={() => dismiss(id)}>
              <X aria-hidden size={16} strokeWidth={1.5} />
            </IconButton>
          </div>
        ))}
      </section>
    </ToastContext>
  );
}

export function useToast(): Notify {
  return useContext(ToastContext);
}

/** Copies a text and says so. */
export function useCopy(): (text: string, said?: string) => Promise<void> {
  const notify = useToast();
  const t = useTranslations('app.action');
  return async (text, said) => {
    try {
      await navigator.clipboard.writeText(text);
      notify(said ?? t('copied'));
    } catch {
      notify(t('copyFailed'), 'bad');
    }
  };
}
