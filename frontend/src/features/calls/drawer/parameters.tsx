import { useTranslations } from 'use-intl';
import type { Tool } from '../conversation/request';
import type { ParameterRow } from './prepare-parameters';

/** What was asked for beside the conversation, and what of it the provider was not sent as it came. */
export function Parameters({ parameters, tools }: { parameters: readonly ParameterRow[]; tools: readonly Tool[] }) {
  const t = useTranslations('calls.bodies');
  if (!parameters.length && !tools.length) return <p className="text-ink-3">{t('noParameters')}</p>;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <dl className="grid grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 gap-y-1">
        {parameters.map(({ name, value, isDropped, sentAs }) => (
          <div key={name} className="contents">
            <dt className="break-words text-ink-3">{name}</dt>
            <dd className="max-h-40 overflow-y-auto whitespace-pre-wrap break-words font-mono text-label leading-5">
              {shown(value)}
              {isDropped ? <Mark text={t('notSent')} /> : null}
              {sentAs === undefined ? null : <Mark text={t('sentAs', { value: sentAs })} />}
            </dd>
          </div>
        ))}
      </dl>
      {tools.length ? (
        <details>
          <summary className="min-h-6 cursor-pointer text-ink-2">{t('tools', { count: tools.length })}</summary>
          <ul className="mt-1 flex flex-col gap-1 pl-4">
            {tools.map(({ name, description }) => (
              <li key={name} className="break-words">
                <code>{name}</code>
                {description ? <span className="text-ink-3"> {firstLine(description)}</span> : null}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}

function Mark({ text }: { text: string }) {
  return <span className="not-first:ml-2 font-sans text-warn">{text}</span>;
}

function shown(value: unknown) {
  if (value === undefined) return null;
  return (
    <span>{typeof value === 'string' ? value : JSON.stringify(value, null, typeof value === 'object' ? 2 : 0)}</span>
  );
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
