import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { type Moments, useMoments } from '@/app/formats';
import { Name, Swatch } from '@/components/name';
import { StatusMark, statusOf } from '@/components/status-mark';
import { count, money, span, speed, unknown, wholeCount } from '@/lib/format';
import { PhasesBar } from './phases-bar';
import type { Call } from './tail';
import { endWord, isLeft, modelOf, previewOf } from './words';

/** What a table of calls can show, in order; the last ones are hidden until they are chosen. */
export const columnIds = [
  'time',
  'status',
  'model',
  'request',
  'key',
  'ttft',
  'total',
  'phases',
  'in',
  'out',
  'speed',
  'cost',
  'tokens',
  'tags',
  'endpoint',
  'session',
  'id',
] as const;
type ColumnId = (typeof columnIds)[number];
export const hiddenAtFirst = { tokens: false, tags: false, endpoint: false, session: false, id: false };

interface ColumnOptions {
  colours: ReadonlyMap<string, string>;
  scale: number;
  hasKeys: boolean;
}

type Column = ColumnDef<Call>;
type Texts = ReturnType<typeof useTranslations<'calls'>>;

export function useCallColumns({ colours, scale, hasKeys }: ColumnOptions): Column[] {
  const t = useTranslations('calls');
  const moments = useMoments();
  return useMemo(() => {
    const make = (id: ColumnId, size: number, cell: (call: Call) => React.ReactNode, more: Partial<Column> = {}) =>
      ({
        id,
        header: t(`column.${id}`),
        size,
        enableSorting: false,
        accessorFn: (call: Call) => call.id,
        cell: ({ row }: { row: { original: Call } }) => cell(row.original),
        ...more,
      }) as Column;
    const right = { meta: { align: 'right' } } as const;
    const sorted = { ...right, enableSorting: true };
    const all: Column[] = [
      make('time', 118, (call) => <Time call={call} moments={moments} />, { enableSorting: true }),
      make('status', 136, (call) => <State call={call} t={t} />),
      make('model', 212, (call) => <Model call={call} colour={colours.get(modelOf(call))} t={t} />),
      make('request', 114, (call) => <Preview call={call} />, { meta: { isFlexible: true } }),
      make('key', 74, (call) => <Key call={call} t={t} />),
      make('ttft', 72, (call) => span(call.ttft_ms), right),
      make('total', 72, (call) => span(call.duration_ms), sorted),
      make('phases', 122, (call) => <PhasesBar call={call} scale={scale} />, {
        header: () => <span title={t('phases.scale', { end: span(scale) })}>{t('column.phases')}</span>,
      }),
      make('in', 58, (call) => <Tokens call={call} t={t} />, right),
      make('out', 54, (call) => <Whole value={call.completion_tokens} />, right),
      make('speed', 58, (call) => speed(call.tokens_per_second), right),
      make('cost', 92, (call) => <Cost call={call} t={t} />, sorted),
      make('tokens', 76, (call) => <Whole value={call.total_tokens} />, sorted),
      make('tags', 130, (call) => <span title={call.tags.join(', ')}>{call.tags.join(', ') || unknown}</span>),
      make('endpoint', 84, (call) => call.endpoint),
      make('session', 150, (call) => (call.session_id ? <Name name={call.session_id} most={16} /> : unknown)),
      make('id', 150, (call) => <Name name={call.request_id} most={16} />),
    ];
    return hasKeys ? all : all.filter(({ id }) => id !== 'key');
  }, [t, moments, colours, scale, hasKeys]);
}

function Time({ call, moments }: { call: Call; moments: Moments }) {
  return (
    <time dateTime={call.started_at} title={moments.iso(call.started_at)} className="text-ink-3">
      {moments.moment(call.started_at)}
    </time>
  );
}

function State({ call, t }: { call: Call; t: Texts }) {
  const word = isLeft(call) ? t('left') : endWord(call);
  return (
    <span title={call.error_message ?? ((call.status === 'cancelled' ? t('leftTitle') : word) || undefined)}>
      <StatusMark status={statusOf(call)} word={String(call.http_status)} />
      {word ? <span className="ml-1.5 text-ink-3 text-label">{word}</span> : null}
    </span>
  );
}

function Model({ call, colour, t }: { call: Call; colour: string | undefined; t: Texts }) {
  const name = modelOf(call);
  return (
    <span
      className="flex min-w-0 items-center gap-2"
      title={call.requested === name ? undefined : t('requested', { name: call.requested })}
    >
      <Swatch color={colour ?? 'var(--s-others)'} />
      <span className="min-w-0 truncate">
        <Name name={name} most={call.attempts > 1 ? 13 : 22} />
      </span>
      <Attempts call={call} t={t} />
    </span>
  );
}

export function Attempts({ call, t }: { call: Call; t: Texts }) {
  if (call.attempts < 2) return null;
  return (
    <span className="shrink-0 rounded-chip bg-warn-bg px-1.5 text-mark text-warn leading-5">
      {t('attempts', { count: call.attempts })}
    </span>
  );
}

function Key({ call, t }: { call: Call; t: Texts }) {
  if (!call.api_key) {
    return (
      <span className="text-ink-3" title={t('local')}>
        {t('localShort')}
      </span>
    );
  }
  return (
    <span className="text-ink-2" title={call.api_key}>
      {call.api_key}
    </span>
  );
}

function Preview({ call }: { call: Call }) {
  const text = previewOf(call);
  return text ? (
    <span className="text-ink-2" title={text}>
      {text}
    </span>
  ) : (
    <span className="text-ink-3">{unknown}</span>
  );
}

function Tokens({ call, t }: { call: Call; t: Texts }) {
  const { prompt_tokens, cached_tokens } = call;
  const whole = wholeCount(prompt_tokens);
  return (
    <span title={cached_tokens ? t('cached', { all: whole, cached: wholeCount(cached_tokens) }) : whole}>
      {count(prompt_tokens)}
    </span>
  );
}

function Whole({ value }: { value: number | null | undefined }) {
  return <span title={wholeCount(value)}>{count(value)}</span>;
}

function Cost({ call, t }: { call: Call; t: Texts }) {
  const isUnpriced = call.cost === null && call.total_tokens !== null;
  return <span title={isUnpriced ? t('unpriced') : undefined}>{money(call.cost)}</span>;
}
