import { CalendarClock } from 'lucide-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { usePage } from '@/app/page-state';
import { presets, relativeMs } from '@/lib/range';
import { Button } from '../ui/button';
import { Select } from '../ui/field';
import { Popover } from '../ui/popover';
import { Segmented } from '../ui/segmented';
import { CustomRange } from './custom-range';

const custom = 'custom';

/** Presets as a segmented line; on small screens a native list. The rest stands in the menu beside it. */
export function RangePicker() {
  const t = useTranslations('app.range');
  const { range, setRange, zone } = usePage();
  const [isOpen, setIsOpen] = useState(false);
  const value = range.kind === 'relative' ? range.name : custom;
  const options = presets.map((name) => ({ value: name as string, label: name }));
  const isPreset = options.some((option) => option.value === value);

  const choose = (next: string): void => {
    const ms = relativeMs(next);
    if (ms) setRange({ kind: 'relative', name: next, ms });
    else setIsOpen(true);
  };

  return (
    <div className="flex items-center gap-1.5">
      <div className="hidden @min-[720px]/head:block">
        <Segmented label={t('label')} value={isPreset ? value : undefined} options={options} onChange={choose} />
      </div>
      <Select
        aria-label={t('label')}
        className="w-auto! @min-[720px]/head:hidden"
        value={isPreset ? value : custom}
        onChange={(event) => choose(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
        <option value={custom}>{isPreset || value === custom ? t('custom') : value}</option>
      </Select>
      <Popover
        open={isOpen}
        onOpenChange={setIsOpen}
        label={t('label')}
        className="w-72"
        trigger={
          <Button
            variant={isPreset ? 'secondary' : 'primary'}
            title={`${t('custom')} · ${zone}`}
            className="px-2! @min-[720px]/head:px-3!"
          >
            <CalendarClock aria-hidden size={16} strokeWidth={1.5} className="@min-[720px]/head:hidden" />
            <span className="sr-only @min-[720px]/head:not-sr-only">
              {isPreset || value === custom ? t('custom') : value}
            </span>
          </Button>
        }
      >
        <CustomRange onDone={() => setIsOpen(false)} />
      </Popover>
    </div>
  );
}
