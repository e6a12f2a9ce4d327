import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import { Tooltip } from '@/components/ui/tooltip';
import type { Mark } from './prepare/marks';

/** Events on the axis: ▼ a circuit opened, ■ a reload, ◆ a change by hand; a cluster shows its count. */
export function Marks({ marks, bottom }: { marks: readonly Mark[]; bottom: number }) {
  const t = useTranslations('charts');
  return marks.map(({ key, x, sign, tone, count, lines }) => (
    <Tooltip
      key={key}
      text={
        <ul className="flex flex-col gap-1">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      }
    >
      <button
        type="button"
        aria-label={`${t('events', { count })}: ${lines.join('; ')}`}
        style={{ left: x - 12, top: bottom - 3 }}
        className={clsx(
          'absolute flex h-6 w-6 cursor-default items-center justify-center text-mark leading-none',
          tone === 'bad' ? 'text-bad' : 'text-ink-2',
        )}
      >
        <span className="flex items-center gap-px">
          <span className="text-[8px]">{sign}</span>
          {count > 1 ? count : null}
        </span>
      </button>
    </Tooltip>
  ));
}
