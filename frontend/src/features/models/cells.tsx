import { AudioLines, Eye, Video, Wrench } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { unknown } from '@/lib/format';
import { priceText, sizeText } from '../entries/fields';
import { fitting } from './fitting';
import { type Capability, capabilities, capabilityOf, hasPriceUpdate, type ModelRow } from './prepare-rows';

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

const capabilityMarks = { vision: Eye, tools: Wrench, audio: AudioLines, video: Video } satisfies Record<
  Capability,
  typeof Eye
>;

/**
 * What the model takes beside text: a mark and a word each. Three and more are marks alone where the room is small,
 * with their words in the title; so is whether each is set or built in.
 */
export function Capabilities({ model, isSmall }: { model: Schemas['ModelView']; isSmall?: boolean }) {
  const t = useTranslations('models.capability');
  const held = capabilities.filter((name) => capabilityOf(model, name));
  if (!held.length) return <span className="text-ink-3 text-label">{t('textOnly')}</span>;
  return (
    <span className="inline-flex items-center gap-2 align-middle text-label">
      {held.map((name) => {
        const isSet = typeof model.config[`supports_${name}`] === 'boolean';
        const Mark = capabilityMarks[name];
        return (
          <span
            key={name}
            title={`${t(name)} · ${t(isSet ? 'set' : 'builtIn')}`}
            className="inline-flex items-center gap-1 whitespace-nowrap"
          >
            <Mark aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-ink-3" />
            <span className={isSmall && held.length > 2 ? 'sr-only' : undefined}>{t(name)}</span>
          </span>
        );
      })}
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

/** The limit, and how many calls are left of it now. */
export function Limit({ model }: { model: Schemas['ModelView'] }) {
  const t = useTranslations('models.limit');
  const limit = model.rate_limit;
  if (!limit) return <span className="text-ink-3">{unknown}</span>;
  const level = model.state.limits.find(({ of }) => of === 'requests');
  return (
    <span title={level ? t('left', { remaining: level.remaining, limit: level.limit }) : undefined}>
      {level ? <span>{level.remaining} </span> : null}
      <span className="text-ink-3">{t('of', { max: limit.max_requests, seconds: limit.per_seconds })}</span>
    </span>
  );
}
