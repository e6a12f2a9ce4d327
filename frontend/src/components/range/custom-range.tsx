import { type FormEvent, useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { usePage } from '@/app/page-state';
import { boundsOf } from '@/lib/range';
import { browserZone, momentOf, wallOf } from '@/lib/zone';
import { Button } from '../ui/button';
import { Field, Input, Select } from '../ui/field';

function toInput(at: number, zone: string): string {
  const { year, month, day, hour, minute } = wallOf(at, zone);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

function fromInput(text: string, zone: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/\D/).map(Number);
  return momentOf({ year, month, day, hour, minute }, zone);
}

/** Two moments, the zone in which the whole page is written, and the comparison. */
export function CustomRange({ onDone }: { onDone: () => void }) {
  const t = useTranslations('app.range');
  const { range, zone, isCompared, set, setRange } = usePage();
  const bounds = boundsOf(range, Date.now());
  const [from, setFrom] = useState(() => toInput(bounds.from, zone));
  const [to, setTo] = useState(() => toInput(bounds.to, zone));
  const [error, setError] = useState<string>();
  const own = browserZone();
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')], []);

  const apply = (event: FormEvent): void => {
    event.preventDefault();
    const fixed = { from: fromInput(from, zone), to: fromInput(to, zone) };
    if (!(fixed.from < fixed.to)) {
      setError(t('backwards'));
      return;
    }
    setRange({ kind: 'fixed', ...fixed });
    onDone();
  };

  return (
    <form className="flex flex-col gap-3" onSubmit={apply}>
      <Field label={t('from')}>
        {(ids) => (
          <Input
            {...ids}
            type="datetime-local"
            required
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        )}
      </Field>
      <Field label={t('to')} error={error}>
        {(ids) => (
          <Input {...ids} type="datetime-local" required value={to} onChange={(event) => setTo(event.target.value)} />
        )}
      </Field>
      <Button type="submit" variant="primary">
        {t('apply')}
      </Button>
      <hr className="border-line" />
      <Field label={t('zone')}>
        {(ids) => (
          <Select
            {...ids}
            value={zone === own ? '' : zone}
            onChange={(event) => set({ tz: event.target.value || undefined })}
          >
            <option value="">{t('browserZone', { zone: own })}</option>
            {zones.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <label className="flex items-center gap-2 sm:hidden">
        <input
          type="checkbox"
          checked={isCompared}
          onChange={(event) => set({ compare: event.target.checked ? undefined : 'off' })}
        />
        {t('compare')}
      </label>
    </form>
  );
}
