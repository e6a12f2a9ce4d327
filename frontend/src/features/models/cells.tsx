import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { unknown } from '@/lib/format';
import { priceText, sizeText } from '../entries/fields';
import { fitting } from './fitting';
import { capabilities, capabilityOf, hasPriceUpdate, type ModelRow } from './prepare-rows';

/** As many as fit beside `+n`; all of them are in the title. */
export function Tags({ tags, width }: { tags: readonly string[]; width: number }) {
  if (!tags.length) return <span className="text-ink-3">{unknown}</span>;
  const shown = fitting(tags, width);
  const rest = tags.length - shown;
  return (
    <span title={tags.join(', ')} className="inline-flex max-w-full items-center gap-1 align-middle">
      {tags.slice(0, shown).map((tag) => (
        <span key={tag} className="min-w-0 truncate rounded-chip bg-sunken px-1.5 text-label leading-5">
          {tag}
        </span>
      ))}
      {rest ? <span className="shrink-0 text-ink-3 text-label">+{rest}</span> : null}
    </span>
  );
}

/** A mark and a word each; what the entry does not say is up to capabilities.toml. */
export function Capabilities({ model }: { model: Schemas['ModelView'] }) {
  const t = useTranslations('models.capability');
  const said = capabilities.flatMap((name) => {
    const value = capabilityOf(model, name);
    return value === undefined ? [] : [{ name, value }];
  });
  if (!said.length) {
    return (
      <span title={t('builtInLong')} className="text-ink-3">
        {t('builtIn')}
      </span>
    );
  }
  return (
    <span className="inline-flex items-baseline gap-2 text-label">
      {said.map(({ name, value }) => (
        <span key={name} className={clsx('whitespace-nowrap', value ? 'text-ink-1' : 'text-ink-3')}>
          <span aria-hidden className={value ? 'text-ok' : undefined}>
            {value ? '✓' : '✕'}
          </span>{' '}
          <span className="sr-only">{value ? t('yes') : t('no')} </span>
          {t(name)}
        </span>
      ))}
    </span>
  );
}

export function contextText(model: Schemas['ModelView']): string {
  return typeof model.config.context_window === 'number' ? sizeText(model.config.context_window) : unknown;
}

function perMillionText(price: number | null | undefined): string {
  return typeof price === 'number' ? priceText(price) : unknown;
}

/** In and out per million tokens; a mark where the lists say something else. */
export function Price({ row }: { row: ModelRow }) {
  const t = useTranslations('models.price');
  const { cost_per_1k_tokens: input, cost_per_1k_completion_tokens: output } = row.model.config;
  const isUnknown = typeof input !== 'number' && typeof output !== 'number';
  const isNew = hasPriceUpdate(row);
  return (
    <span title={isUnknown ? t('unknown') : t('perMillion')} className="whitespace-nowrap">
      {isNew ? (
        <span title={t('update')} className="mr-1.5 rounded-chip bg-info-bg px-1 text-info text-mark leading-4">
          {t('updateShort')}
        </span>
      ) : null}
      {isUnknown ? unknown : `${perMillionText(input)} · ${perMillionText(output)}`}
    </span>
  );
}

export function limitText(limit: Schemas['RateLimit'] | null | undefined): string | undefined {
  return limit ? `${limit.max_requests} / ${limit.per_seconds} s` : undefined;
}
