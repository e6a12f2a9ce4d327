import { Wrench } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { ToolCall } from './answer';

/** What the model wants to have called, with its arguments. */
export function ToolCalls({ calls }: { calls: readonly ToolCall[] }) {
  const t = useTranslations('playground.answer');
  if (!calls.length) return null;
  return (
    <ul aria-label={t('toolCalls')} className="flex flex-col gap-2">
      {calls.map(({ id, name, arguments: text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: calls are only added at the end.
        <li key={index} className="rounded-control border border-line">
          <p className="flex min-w-0 items-center gap-2 px-3 py-1.5">
            <Wrench aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-ink-3" />
            <span className="font-mono text-label">{name}</span>
            <span className="ml-auto min-w-0 truncate font-mono text-ink-3 text-mark">{id}</span>
          </p>
          <pre className="whitespace-pre-wrap break-words border-line border-t bg-sunken px-3 py-2 leading-5">
            {indented(text)}
          </pre>
        </li>
      ))}
    </ul>
  );
}

// While they stream they are not yet JSON.
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
