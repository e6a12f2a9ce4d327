import { useTranslations } from 'use-intl';
import { Swatch } from '@/components/name';
import { useCrosshair } from './crosshair';
import type { ChartModel } from './prepare/model';

const width = 232;
const most = 10;

/** What the hovered sample holds, largest first. */
export function Tip({ chart, model }: { chart: string; model: ChartModel }) {
  const t = useTranslations('app.state');
  const tc = useTranslations('charts');
  const found = useCrosshair(model.samples);
  if (!found || found.chart !== chart) return null;
  const { sample } = found;
  const isRight = sample.x + width + 20 > model.size.width;
  const left = isRight ? Math.max(0, sample.x - width - 12) : sample.x + 12;
  const rows = sample.rows.length > most ? [...sample.rows.slice(0, most - 1), ...sample.rows.slice(-1)] : sample.rows;
  return (
    <div
      aria-live="polite"
      style={{ left, width }}
      className="pointer-events-none absolute top-2 z-20 rounded-control border border-line-strong bg-surface px-2.5 py-2 text-label shadow-overlay"
    >
      <p className="tabular mb-1 text-ink-2">
        {sample.label}
        {sample.isPartial ? <span className="text-ink-3"> · {tc('partial')}</span> : null}
      </p>
      {rows.length === 0 ? <p className="text-ink-3">{t('unknown')}</p> : null}
      {rows.map(({ name, color, value }) => (
        <p key={name} className="flex min-w-0 items-center gap-1.5">
          {color ? <Swatch color={color} /> : null}
          <span className="truncate">{name}</span>
          <span className="tabular ml-auto shrink-0 font-medium">{value}</span>
        </p>
      ))}
    </div>
  );
}
