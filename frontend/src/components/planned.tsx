import clsx from 'clsx';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { hidden } from '@/lib/toml-text';

type Change = Schemas['PlannedChange'];
type Sign = 'added' | 'changed' | 'removed';

const looks: Record<Sign, { sign: string; tone: string }> = {
  added: { sign: '+', tone: 'text-ok' },
  changed: { sign: '~', tone: 'text-info' },
  removed: { sign: '−', tone: 'text-bad' },
};

function signOf({ before, after }: Change): Sign {
  if (!before) return 'added';
  return after ? 'changed' : 'removed';
}

interface PlannedProps {
  changes: readonly Change[];
  /** Side effects that it would have. */
  notices: readonly string[];
  /** Not for the one entry that a form is about. */
  hasNames?: boolean;
  /** Where the router calls a change of an entry its removal. */
  sign?: (change: Change) => Sign | undefined;
}

/** What the router says a change would do: of each entry the members that differ, before and after. */
export function Planned({ changes, notices, hasNames = false, sign = () => undefined }: PlannedProps) {
  const t = useTranslations('app.plan');
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {changes.length ? null : <p className="text-ink-3">{t('nothing')}</p>}
      {changes.map((change) => {
        const kind = sign(change) ?? signOf(change);
        return (
          <section key={`${change.kind} ${change.subject}`} className="rounded-control border border-line">
            {hasNames ? (
              <h3 className="flex flex-wrap items-baseline gap-x-2 border-line border-b px-3 py-1.5 font-normal">
                <span className={clsx('whitespace-nowrap', looks[kind].tone)}>
                  <span aria-hidden className="font-mono">
                    {looks[kind].sign}{' '}
                  </span>
                  {t(kind)}
                </span>
                <span className="min-w-0 break-all font-mono text-label">{change.subject}</span>
              </h3>
            ) : null}
            <dl className="flex flex-col gap-1 px-3 py-2">
              {change.fields.map((field) => (
                <Field key={field.field} value={field} isAlone={kind === 'added'} />
              ))}
            </dl>
          </section>
        );
      })}
      {notices.map((notice) => (
        <p key={notice} className="flex gap-1.5 rounded-control bg-warn-bg px-3 py-2 text-warn">
          <span aria-hidden>▲</span>
          {notice}
        </p>
      ))}
    </div>
  );
}

function Field({ value: { field, before, after }, isAlone }: { value: Schemas['FieldChange']; isAlone: boolean }) {
  const t = useTranslations('app.plan');
  const isSecret = before === hidden && after === hidden;
  return (
    <div className="grid gap-x-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
      <dt className="break-all font-mono text-ink-3 text-label leading-5">{field}</dt>
      <dd className="min-w-0 break-words font-mono text-label leading-5">
        {isSecret ? (
          <span className="font-sans">{t('secret')}</span>
        ) : (
          <>
            {isAlone ? null : (
              <>
                <span className="sr-only">{t('before')}: </span>
                <span className="text-ink-2">{textOf(before, t('unset'))}</span>
                <span aria-hidden className="px-1.5 text-ink-3">
                  →
                </span>
                <span className="sr-only">{t('after')}: </span>
              </>
            )}
            <span className={clsx(!isAlone && 'font-medium')}>{textOf(after, t('unset'))}</span>
          </>
        )}
      </dd>
    </div>
  );
}

function textOf(value: unknown, unset: string): string {
  if (value === null || value === undefined) return unset;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
