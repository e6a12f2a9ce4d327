import { useQuery, useQueryClient } from '@tanstack/react-query';
import clsx from 'clsx';
import { LogOut, Moon, Sun } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { logout, meQuery } from '@/api/queries/me';
import { session } from '@/api/session';
import { IconButton } from '@/components/ui/button';
import { useLanguage } from '../language';
import { useLive } from '../live';
import { toggleTheme, useTheme } from '../theme';

export function LiveLine({ isNarrow }: { isNarrow?: boolean }) {
  const t = useTranslations('app.live');
  const { phase, retryAt, inFlight, retry } = useLive();
  const seconds = useSecondsTo(retryAt);
  const said =
    phase === 'live'
      ? t('on', { count: inFlight })
      : phase === 'waiting'
        ? t('waiting', { seconds })
        : t(phase === 'connecting' ? 'connecting' : phase === 'hidden' ? 'hidden' : 'off');
  const isWaiting = phase === 'waiting';
  return (
    <div className="flex min-h-7 items-center gap-2 px-2.5" title={isNarrow ? said : undefined}>
      <span
        aria-hidden
        className={clsx(
          'mx-1 size-2 shrink-0 rounded-full',
          phase === 'live' ? 'bg-accent' : isWaiting ? 'bg-warn' : 'border border-control',
        )}
      />
      <span
        role="status"
        className={clsx('tabular truncate', isWaiting ? 'text-warn' : 'text-ink-2', isNarrow && 'sr-only')}
      >
        {isWaiting ? <span aria-hidden>{said}</span> : said}
        {isWaiting ? <span className="sr-only">{t('connecting')}</span> : null}
      </span>
      {isWaiting && !isNarrow ? (
        <button type="button" className="ml-auto font-medium text-accent text-label" onClick={retry} title={t('retry')}>
          ↻<span className="sr-only">{t('retry')}</span>
        </button>
      ) : null}
    </div>
  );
}

function useSecondsTo(at: number | undefined): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [at]);
  return at === undefined ? 0 : Math.max(0, Math.ceil((at - now) / 1000));
}

/** Version, user, language and theme. */
export function Foot({ isNarrow }: { isNarrow?: boolean }) {
  const t = useTranslations('app.foot');
  const { data: me } = useQuery(meQuery());
  const { lang, setLang } = useLanguage();
  const theme = useTheme();
  const client = useQueryClient();
  const leave = async (): Promise<void> => {
    await logout().catch(() => {});
    client.clear();
    session.set(true);
  };
  const Icon = theme === 'dark' ? Sun : Moon;
  const user = me?.caller === 'local' ? t('local') : (me?.key?.name ?? me?.caller);
  return (
    <div className={clsx('flex items-center gap-0.5', isNarrow && 'flex-col')}>
      <span
        className={clsx('min-w-0 truncate px-2.5 text-ink-3 text-label', isNarrow && 'sr-only')}
        title={user ? t('user', { name: user }) : undefined}
      >
        {__VERSION__}
        {user ? ` · ${user}` : null}
      </span>
      <button
        type="button"
        aria-label={`${t('language')}: ${lang === 'en' ? '中文' : 'English'}`}
        lang={lang === 'en' ? 'zh-Hans' : 'en'}
        className={clsx(
          'flex h-[30px] min-w-[30px] items-center justify-center rounded-control px-1 text-ink-2 text-label hover:bg-sunken hover:text-ink-1 touch:min-h-10 touch:min-w-10',
          !isNarrow && 'ml-auto',
        )}
        onClick={() => setLang(lang === 'en' ? 'zh' : 'en')}
      >
        {lang === 'en' ? '中' : 'EN'}
      </button>
      <IconButton label={t(theme === 'dark' ? 'toLight' : 'toDark')} onClick={toggleTheme}>
        <Icon aria-hidden size={16} strokeWidth={1.5} />
      </IconButton>
      {me?.session ? (
        <IconButton label={t('logout')} onClick={() => void leave()}>
          <LogOut aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
      ) : null}
    </div>
  );
}
