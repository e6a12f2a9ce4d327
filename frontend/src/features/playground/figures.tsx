import { useTranslations } from 'use-intl';
import { Change } from '@/components/change';
import { unknown } from '@/lib/format';
import type { Figure } from './prepare-figures';

/** Six figures in a strip; while it runs they count. */
export function Figures({ figures }: { figures: readonly Figure[] }) {
  const t = useTranslations('playground.figures');
  return (
    <div className="@container/figures border-line border-y">
      <dl className="grid @[440px]/figures:grid-cols-6 grid-cols-3 gap-y-1 px-4 py-2">
        {figures.map(({ name, value, title, isEstimate, change, good }) => (
          <div key={name} className="min-w-0 pr-2">
            <dt className="truncate text-ink-3 text-label">{t(name)}</dt>
            <dd
              className="tabular whitespace-nowrap font-medium"
              title={value === unknown ? t('unknown') : isEstimate ? t('estimate') : title}
            >
              {isEstimate && value !== unknown ? <span className="text-ink-3">≈ </span> : null}
              {value}
            </dd>
            {change ? (
              <dd className="truncate text-label">
                <Change change={change} good={good} />
              </dd>
            ) : null}
          </div>
        ))}
      </dl>
    </div>
  );
}
