import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { configStatusQuery } from '@/api/queries/config';
import { healthQuery } from '@/api/queries/health';
import { keysQuery } from '@/api/queries/keys';
import { carried } from '@/app/page-state';
import { Name } from '@/components/name';
import { type AttentionItem, attentionItems } from './attention-items';

const most = 4;
const ownMarks = ['circuit', 'noKey', 'restart', 'keyEnds', 'budget', 'unpriced', 'records'] as const;

interface AttentionProps {
  unpriced: number;
  /** Before the first call, the page itself says which keys are missing. */
  isNew: boolean;
}

/** Only there when something needs a person. */
export function Attention({ unpriced, isNew }: AttentionProps) {
  const t = useTranslations('overview.attention');
  const { data: health } = useQuery(healthQuery());
  const { data: config } = useQuery(configStatusQuery());
  const { data: keys } = useQuery(keysQuery());
  const [isWhole, setIsWhole] = useState(false);
  const items = attentionItems({ health, config, keys, unpriced, now: Date.now() }).filter(
    ({ mark }) => !(isNew && mark === 'noKey'),
  );
  if (!items.length) return null;
  const shown = isWhole ? items : items.slice(0, items.length > most ? most - 1 : most);
  const isBad = shown.some(({ tone }) => tone === 'bad');
  return (
    <section
      aria-label={t('label')}
      className="relative overflow-hidden rounded-panel border border-line bg-surface pl-[3px]"
    >
      <div aria-hidden className={clsx('absolute inset-y-0 left-0 w-[3px]', isBad ? 'bg-bad' : 'bg-warn')} />
      <ul className={clsx('grid gap-px bg-line', shown.length > 1 && 'lg:grid-cols-2')}>
        {shown.map((item) => (
          <Item key={item.key} item={item} />
        ))}
        {shown.length < items.length ? (
          <li className="flex min-h-[34px] items-center bg-surface px-3 lg:odd:col-span-2">
            <button type="button" className="min-h-6 font-medium text-accent" onClick={() => setIsWhole(true)}>
              {t('more', { count: items.length - shown.length })}
            </button>
          </li>
        ) : null}
      </ul>
    </section>
  );
}

function Item({ item: { tone, mark, name, text, action } }: { item: AttentionItem }) {
  const t = useTranslations('overview.attention');
  const own = ownMarks.find((one) => one === mark);
  const said = 'plain' in text ? text.plain : t(text.key, text.values);
  return (
    <li className="flex min-h-[34px] min-w-0 flex-wrap items-center gap-x-2 bg-surface px-3 py-1 sm:flex-nowrap lg:last:odd:col-span-2">
      <span
        className={clsx(
          'shrink-0 rounded-chip px-1.5 text-mark leading-5',
          tone === 'bad' ? 'bg-bad-bg text-bad' : 'bg-warn-bg text-warn',
          !own && 'font-mono',
        )}
      >
        {own ? t(own) : mark}
      </span>
      {name ? (
        <span className="shrink-0 font-medium">
          <Name name={name} most={24} />
        </span>
      ) : null}
      <span className="min-w-0 text-ink-2 max-sm:order-last max-sm:basis-full sm:truncate" title={said}>
        {said}
      </span>
      <Link
        to={action.to}
        hash={action.hash}
        search={((before: Record<string, string>) => ({ ...carried(before), ...action.search })) as never}
        className="ml-auto flex min-h-6 shrink-0 items-center pl-2 font-medium text-accent hover:underline"
      >
        {t(action.label)}
      </Link>
    </li>
  );
}
