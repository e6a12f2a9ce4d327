import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { explainQuery } from '@/api/queries/route';
import { Excluded } from '@/components/call/excluded';
import { Failed } from '@/components/failed';
import { Name } from '@/components/name';
import { Frame } from '@/components/panel';
import { StatusMark } from '@/components/status-mark';
import { Field, Input, Textarea } from '@/components/ui/field';
import { count } from '@/lib/format';

interface ExplainPanelProps {
  ask: string | undefined;
  prompt: string | undefined;
  names: readonly string[];
  onChange: (changes: { ask?: string | undefined; prompt?: string | undefined }) => void;
}

const typingPause = 300;

/** Which models a request would meet, and why; no model is called. */
export function ExplainPanel({ ask, prompt, names, onChange }: ExplainPanelProps) {
  const t = useTranslations('routing.explain');
  const listId = useId();
  const [typed, setTyped] = useState({ ask: ask ?? '', prompt: prompt ?? '' });
  useEffect(() => {
    // What is typed stays while the address follows it; a node of the graph replaces it.
    setTyped((now) => (now.ask.trim() === (ask ?? '') ? now : { ...now, ask: ask ?? '' }));
  }, [ask]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (typed.ask !== (ask ?? '') || typed.prompt !== (prompt ?? '')) {
        onChange({ ask: typed.ask.trim() || undefined, prompt: typed.prompt || undefined });
      }
    }, typingPause);
    return () => clearTimeout(timer);
  }, [typed, ask, prompt, onChange]);
  const model = ask ?? 'auto';
  const answer = useQuery(explainQuery({ model, messages: [{ role: 'user', content: prompt ?? 'Hello' }] }));
  return (
    <Frame title={t('title')} sub={t('sub')}>
      <div className="grid min-w-0 border-line border-t md:grid-cols-[minmax(260px,2fr)_3fr]">
        <div className="flex flex-col gap-3 border-line p-4 max-md:border-b md:border-r">
          <Field label={t('ask')} hint={t('askHint')}>
            {(ids) => (
              <Input
                {...ids}
                list={listId}
                autoComplete="off"
                spellCheck={false}
                placeholder="auto"
                className="font-mono text-label"
                value={typed.ask}
                onChange={(event) => setTyped((now) => ({ ...now, ask: event.target.value }))}
              />
            )}
          </Field>
          <datalist id={listId}>
            {names.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <Field
            label={t('prompt')}
            hint={answer.data ? t('tokens', { tokens: count(answer.data.prompt_tokens) }) : undefined}
          >
            {(ids) => (
              <Textarea
                {...ids}
                rows={4}
                placeholder="Hello"
                value={typed.prompt}
                onChange={(event) => setTyped((now) => ({ ...now, prompt: event.target.value }))}
              />
            )}
          </Field>
        </div>
        <div aria-live="polite" className="min-w-0 p-4">
          {answer.error ? (
            <Failed error={answer.error} onRetry={() => void answer.refetch()} />
          ) : answer.data ? (
            <Answer value={answer.data} />
          ) : (
            <div aria-busy className="h-24" />
          )}
        </div>
      </div>
    </Frame>
  );
}

function Answer({ value }: { value: Schemas['Explanation'] }) {
  const t = useTranslations('routing.explain');
  const { candidates = [], error, pair, strategy, more_candidates: more } = value;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {error ? (
        <div className="rounded-control bg-bad-bg px-3 py-2">
          <StatusMark status="error" word={`${error.status} ${error.code}`} />
          <p className="break-words">{error.message}</p>
        </div>
      ) : (
        <p className="text-ink-2">{t('found', { count: candidates.length + (more ?? 0), strategy: strategy ?? '' })}</p>
      )}
      {pair ? (
        <p className="text-ink-2">
          {t('pair', { pair: pair.pair, side: pair.side, judge: pair.judge })}
          {pair.reasons.length ? `: ${pair.reasons.join(', ')}` : ''}
        </p>
      ) : null}
      <ol>
        {candidates.map(({ model, reason }, index) => (
          <li
            key={model}
            className="relative flex min-h-8 flex-wrap items-baseline gap-x-3 border-line border-b py-1.5 pl-8 last:border-b-0"
          >
            <span className="tabular absolute left-0 w-5 text-right text-ink-3">{index + 1}</span>
            <span className="min-w-0 flex-[1_1_150px] break-words">
              <Name name={model} most={44} />
            </span>
            <span className="max-w-full text-ink-3">{reason}</span>
          </li>
        ))}
      </ol>
      {more ? <p className="text-ink-3">{t('more', { count: more })}</p> : null}
      <Excluded leftOut={value.left_out} />
    </div>
  );
}
