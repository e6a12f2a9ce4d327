import { useTranslations } from 'use-intl';
import { count } from '@/lib/format';
import type { Part } from '../conversation/parts';
import { Plain } from './texts';

/** A tool's name, what it was given, and what it gave back. */
export function ToolCall({ part }: { part: Part & { kind: 'call' } }) {
  const t = useTranslations('calls.bodies');
  const isShort = part.input.length <= 400;
  return (
    <div className="min-w-0 rounded-control border border-line">
      <details open={isShort}>
        <summary className="min-h-8 cursor-pointer px-3 leading-8">
          <span className="text-ink-3">{t('call')}</span> <code>{part.name}</code>
          {isShort ? null : <span className="text-ink-3"> {t('letters', { count: count(part.input.length) })}</span>}
        </summary>
        {part.input && part.input !== '{}' ? (
          <div className="px-3 pb-2">
            <Plain text={part.input} label={t('input', { name: part.name })} />
          </div>
        ) : null}
      </details>
      {part.result === undefined ? null : (
        <div className="border-line border-t px-3 py-2">
          <ToolResult text={part.result} />
        </div>
      )}
    </div>
  );
}

export function ToolResult({ text }: { text: string }) {
  const t = useTranslations('calls.bodies');
  return (
    <details className="min-w-0" open={text.length <= 240}>
      <summary className="min-h-6 cursor-pointer text-ink-2">
        {t('result')} <span className="text-ink-3">{t('letters', { count: count(text.length) })}</span>
      </summary>
      <div className="pt-1">
        <Plain text={text} label={t('result')} />
      </div>
    </details>
  );
}
