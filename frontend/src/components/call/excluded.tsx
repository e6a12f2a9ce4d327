import { ChevronRight } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { Name } from '../name';
import type { Route } from './call-parts';
import { excludedGroups } from './prepare-route';

/** The excluded models, folded, by what excluded them. */
export function Excluded({ leftOut, more = 0 }: { leftOut: Route['left_out']; more?: number | undefined }) {
  const t = useTranslations('call.route');
  const groups = excludedGroups(leftOut);
  const count = (leftOut?.length ?? 0) + more;
  if (!count) return null;
  return (
    <details className="group min-w-0">
      <summary className="flex min-h-6 cursor-pointer items-center gap-1 text-ink-2 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={14} strokeWidth={1.5} className="group-open:rotate-90" />
        {t('excluded', { count })}
      </summary>
      <ul className="mt-1 flex flex-col gap-1 pl-4.5">
        {groups.flatMap(({ why, models }) =>
          models.map(({ model, reason }) => (
            <li key={`${why} ${model}`} className="flex flex-wrap items-baseline gap-x-3">
              <span className="min-w-0 flex-[1_1_180px]">
                <Name name={model} most={36} />
              </span>
              <span className="min-w-0 flex-[2_1_180px] text-ink-3">{reason}</span>
            </li>
          )),
        )}
        {more ? <li className="text-ink-3">{t('moreExcluded', { count: more })}</li> : null}
      </ul>
    </details>
  );
}
