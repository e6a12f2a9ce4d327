import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { Dialog } from '@/components/ui/dialog';
import { carried } from '../page-state';
import { type PageId, pagesFor } from '../pages';
import { Foot, LiveLine } from './foot';

const first: readonly PageId[] = ['overview', 'calls', 'playground', 'models'];
const cell = 'flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-mark';

/** Navigation below 640 px. */
export function BottomBar() {
  const t = useTranslations('app');
  const { data: me } = useQuery(meQuery());
  const [isOpen, setIsOpen] = useState(false);
  const shown = pagesFor(me?.role);
  const main = shown.filter(({ id }) => first.includes(id));
  const rest = shown.filter(({ id }) => !first.includes(id));
  return (
    <nav
      aria-label={t('nav.label')}
      className="fixed inset-x-0 bottom-0 z-30 flex border-line border-t bg-surface pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {main.map(({ id, path, icon: Icon }) => (
        <Link
          key={id}
          to={path}
          search={carried}
          className={cell}
          activeProps={{ className: 'font-medium text-ink-1' }}
          inactiveProps={{ className: 'text-ink-3' }}
        >
          <Icon aria-hidden size={18} strokeWidth={1.5} />
          {t(`pages.${id}`)}
        </Link>
      ))}
      <button type="button" aria-expanded={isOpen} className={`${cell} text-ink-3`} onClick={() => setIsOpen(true)}>
        <Ellipsis aria-hidden size={18} strokeWidth={1.5} />
        {t('nav.more')}
      </button>
      <Dialog
        open={isOpen}
        onClose={() => setIsOpen(false)}
        title={t('nav.more')}
        className="top-auto! bottom-2 max-sm:max-h-[80dvh]"
      >
        <div className="overflow-y-auto p-2">
          {rest.map(({ id, path, icon: Icon }) => (
            <Link
              key={id}
              to={path}
              search={carried}
              className="flex h-11 items-center gap-3 rounded-control px-3"
              activeProps={{ className: 'bg-sunken font-medium' }}
              onClick={() => setIsOpen(false)}
            >
              <Icon aria-hidden size={16} strokeWidth={1.5} />
              {t(`pages.${id}`)}
            </Link>
          ))}
          <div className="mt-2 border-line border-t pt-2">
            <LiveLine />
            <Foot />
          </div>
        </div>
      </Dialog>
    </nav>
  );
}
