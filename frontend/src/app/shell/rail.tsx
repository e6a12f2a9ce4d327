import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { PanelLeftClose, PanelLeftOpen, Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { IconButton } from '@/components/ui/button';
import { carried } from '../page-state';
import { type Page, pagesFor } from '../pages';
import { Mark } from './brand';
import { Foot, LiveLine } from './foot';

const stored = 'llm-router.rail';
const groups = ['watch', 'try', 'run'] as const;

export function Rail({ onPalette }: { onPalette: () => void }) {
  const t = useTranslations('app');
  const { data: me } = useQuery(meQuery());
  const [isNarrow, setIsNarrow] = useState(() => localStorage.getItem(stored) === 'narrow');
  const shown = pagesFor(me?.role);
  const toggle = (): void => {
    localStorage.setItem(stored, isNarrow ? 'wide' : 'narrow');
    setIsNarrow(!isNarrow);
  };
  const Icon = isNarrow ? PanelLeftOpen : PanelLeftClose;
  return (
    <aside
      className={clsx(
        'sticky top-0 flex h-dvh shrink-0 flex-col overflow-y-auto border-line border-r pt-3 max-sm:hidden',
        isNarrow ? 'w-14' : 'w-[200px]',
      )}
    >
      <div className={clsx('flex h-8 items-center gap-2 pr-2', isNarrow ? 'justify-center pl-2' : 'pl-4.5')}>
        <Mark />
        {isNarrow ? null : <span className="font-semibold">LLM Router</span>}
        {isNarrow ? null : (
          <IconButton label={t('palette.open')} className="ml-auto" onClick={onPalette}>
            <Search aria-hidden size={16} strokeWidth={1.5} />
          </IconButton>
        )}
      </div>
      <nav aria-label={t('nav.label')} className="flex flex-col px-2 pt-2">
        {groups.map((group) => {
          const members = shown.filter((page) => page.group === group);
          if (!members.length) return null;
          return (
            <div key={group} className="pt-3">
              <p className={clsx('px-2.5 pb-1 text-ink-3 text-label', isNarrow && 'sr-only')}>{t(`nav.${group}`)}</p>
              <ul>
                {members.map((page) => (
                  <RailLink key={page.id} page={page} isNarrow={isNarrow} />
                ))}
              </ul>
            </div>
          );
        })}
        <ul className="mt-3 border-line border-t pt-3">
          {shown
            .filter(({ group }) => group === 'end')
            .map((page) => (
              <RailLink key={page.id} page={page} isNarrow={isNarrow} />
            ))}
        </ul>
      </nav>
      <div className="mt-auto flex flex-col gap-1 px-2 pt-4 pb-3">
        <LiveLine isNarrow={isNarrow} />
        <Foot isNarrow={isNarrow} />
        <IconButton label={t(isNarrow ? 'nav.expand' : 'nav.collapse')} aria-expanded={!isNarrow} onClick={toggle}>
          <Icon aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
      </div>
    </aside>
  );
}

function RailLink({ page, isNarrow }: { page: Page; isNarrow: boolean }) {
  const t = useTranslations('app.pages');
  const { icon: Icon } = page;
  return (
    <li>
      <Link
        to={page.path}
        search={carried}
        title={isNarrow ? t(page.id) : undefined}
        className="group flex h-[30px] items-center gap-2.5 rounded-control border border-transparent px-2.5 touch:h-11"
        activeProps={{ className: 'border-line! bg-surface font-medium text-ink-1' }}
        inactiveProps={{ className: 'text-ink-2 hover:bg-sunken hover:text-ink-1' }}
      >
        <Icon aria-hidden size={16} strokeWidth={1.5} className="shrink-0" />
        <span className={isNarrow ? 'sr-only' : undefined}>{t(page.id)}</span>
        {page.letter && !isNarrow ? (
          <kbd
            aria-hidden
            className="ml-auto font-sans text-ink-3 text-mark opacity-0 group-hover:opacity-100 group-data-[status=active]:opacity-100"
          >
            G {page.letter.toUpperCase()}
          </kbd>
        ) : null}
      </Link>
    </li>
  );
}
