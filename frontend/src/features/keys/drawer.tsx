import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { eventsQuery } from '@/api/queries/events';
import { useMoments } from '@/app/formats';
import { carried } from '@/app/page-state';
import { Drawer, DrawerSection } from '@/components/drawer';
import { Button } from '@/components/ui/button';
import { budgetsOf } from '@/lib/budget';
import { BudgetBar, useBudgetTexts } from './budget-bar';
import { Ends, KeyState, LastUsed, useLeftText, useLimitTexts } from './cells';
import { RevokeDialog } from './revoke';
import { RotateDialog } from './rotate';
import { allowedOf, allowsNothing, isElsewhere, type Key, type KeyRow } from './rows';
import type { Made } from './secret';
import { UseByModel } from './use-by-model';

const EditKey = lazy(async () => ({ default: (await import('./edit')).EditKey }));

interface KeyDrawerProps {
  row: KeyRow;
  onClose: () => void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
  onMade: (made: Made) => void;
}

export function KeyDrawer({ row, onClose, onPrevious, onNext, onMade }: KeyDrawerProps) {
  const t = useTranslations('keys');
  const { key } = row;
  const [mode, setMode] = useState<'view' | 'edit' | 'rotate' | 'revoke'>('view');
  const isEditing = mode === 'edit';
  return (
    <Drawer
      title={t('drawer.title', { name: key.name })}
      onClose={onClose}
      onPrevious={isEditing ? undefined : onPrevious}
      onNext={isEditing ? undefined : onNext}
      head={<Head row={row} onMode={isEditing ? undefined : setMode} />}
    >
      {isEditing ? (
        <Suspense>
          <EditKey value={key} onDone={() => setMode('view')} />
        </Suspense>
      ) : (
        <View row={row} />
      )}
      {mode === 'rotate' ? (
        <RotateDialog
          value={key}
          onClose={() => setMode('view')}
          onMade={(made) => {
            setMode('view');
            onMade(made);
          }}
        />
      ) : null}
      {mode === 'revoke' ? <RevokeDialog row={row} onClose={() => setMode('view')} /> : null}
    </Drawer>
  );
}

function Head({
  row: { key },
  onMode,
}: {
  row: KeyRow;
  onMode: ((mode: 'edit' | 'rotate' | 'revoke') => void) | undefined;
}) {
  const t = useTranslations('keys');
  return (
    <div className="flex flex-col gap-2">
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        <KeyState value={key} isChip />
        <span className="min-w-0 break-words font-semibold">{key.name}</span>
      </div>
      <p className="text-ink-2 text-label">
        {t(`role.${key.role}`)} · <span className="font-mono">{key.prefix}…</span> ·{' '}
        {t('drawer.origin', { origin: key.origin })}
      </p>
      {onMode && !key.revoked_at ? (
        <div className="flex flex-wrap items-center gap-2">
          <Button variant="primary" onClick={() => onMode('edit')}>
            {t('drawer.edit')}
          </Button>
          {isElsewhere(key) ? null : <Button onClick={() => onMode('rotate')}>{t('drawer.rotate')}</Button>}
          <Button variant="danger" onClick={() => onMode('revoke')}>
            {t('drawer.revoke')}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function View({ row }: { row: KeyRow }) {
  const t = useTranslations('keys');
  const { key } = row;
  return (
    <>
      <Budgets value={key} />
      <DrawerSection
        title={t('drawer.use')}
        aside={
          <Link
            to="/ui/calls"
            search={
              ((before: Record<string, string>) => ({ ...carried(before), range: '30d', key: key.name })) as never
            }
            className="font-medium text-accent hover:underline"
          >
            {t('drawer.calls')}
          </Link>
        }
      >
        <UseByModel value={key} />
      </DrawerSection>
      <DrawerSection title={t('drawer.may')}>
        <Facts row={row} />
      </DrawerSection>
      <History value={key} />
    </>
  );
}

function Budgets({ value }: { value: Key }) {
  const t = useTranslations('keys');
  const textsOf = useBudgetTexts();
  const { moment } = useMoments();
  const uses = budgetsOf(value, Date.now());
  if (!uses.length) return null;
  return (
    <DrawerSection title={t('column.budget')}>
      <ul className="flex flex-col gap-3">
        {uses.map((use) => {
          const { used, limit, outlook } = textsOf(use);
          return (
            <li key={use.unit} className="flex flex-col gap-1">
              <span className="tabular flex flex-wrap items-baseline justify-between gap-x-4">
                <span>
                  <span className="font-medium">{used}</span> <span className="text-ink-3">/ {limit}</span>
                </span>
                <span className={use.runsOutMs === 0 ? 'text-bad' : use.runsOutMs ? 'text-warn' : 'text-ink-3'}>
                  {outlook}
                </span>
              </span>
              <BudgetBar use={use} />
              {use.to ? (
                <span className="text-ink-3 text-label">
                  {t('budget.anew', { time: moment(use.to).replace(/:\d\d\.\d{3}$/, '') })}
                </span>
              ) : null}
            </li>
          );
        })}
      </ul>
    </DrawerSection>
  );
}

function Facts({ row }: { row: KeyRow }) {
  const t = useTranslations('keys');
  const { moment, iso } = useMoments();
  const limits = useLimitTexts()(row.key);
  const left = useLeftText()(row.key);
  const { key } = row;
  const allowed = allowedOf(key);
  const bounds = boundsOf(key);
  const facts: [string, ReactNode][] = [
    [t('column.allowed'), allowsNothing(key) ? t('nothing') : (allowed?.join(', ') ?? t('all'))],
    [t('column.limits'), limits.length ? limits.join(' · ') : t('none')],
    ...(left
      ? [
          [
            t('drawer.left'),
            <span key="left" className={left.isNone ? 'text-warn' : undefined}>
              {left.text}
            </span>,
          ] as [string, ReactNode],
        ]
      : []),
    ...bounds.map(([name, text]): [string, ReactNode] => [name, text]),
    ...(key.allowed_ips ? [[t('drawer.ips'), key.allowed_ips.join(', ')] as [string, ReactNode]] : []),
    ...(key.allow_unpriced ? [[t('drawer.unpriced'), t('drawer.yes')] as [string, ReactNode]] : []),
    ...(key.record_bodies === false ? [[t('drawer.bodies'), t('drawer.no')] as [string, ReactNode]] : []),
    [t('column.ends'), <Ends key="ends" row={row} />],
    ...(key.previous_valid_until
      ? [[t('drawer.previous'), moment(key.previous_valid_until)] as [string, ReactNode]]
      : []),
    [t('column.last'), <LastUsed key="last" value={key} />],
    [
      t('drawer.made'),
      <span key="made" title={iso(key.created_at)}>
        {moment(key.created_at)}
      </span>,
    ],
  ];
  return (
    <>
      <dl className="grid grid-cols-[minmax(104px,auto)_1fr] gap-x-4 gap-y-1.5">
        {facts.map(([label, text]) => (
          <div key={label} className="contents">
            <dt className="text-ink-3">{label}</dt>
            <dd className="tabular min-w-0 break-words">{text}</dd>
          </div>
        ))}
      </dl>
      {isElsewhere(key) && !key.revoked_at ? (
        <p className="mt-3 text-ink-3 text-label">{t(key.origin === 'env' ? 'drawer.inEnv' : 'drawer.inFile')}</p>
      ) : null}
    </>
  );
}

function boundsOf({ parameter_limits }: Key): [string, string][] {
  const { custom_limits, ...known } = parameter_limits ?? {};
  return Object.entries({ ...known, ...custom_limits }).flatMap(([name, limit]) => {
    if (limit === null || limit === undefined) return [];
    if (typeof limit === 'number') return [[name, `≤ ${limit}`]];
    const { min, max } = limit as { min?: number | null; max?: number | null };
    return [[name, [min == null ? '' : `≥ ${min}`, max == null ? '' : `≤ ${max}`].filter(Boolean).join(', ')]];
  });
}

/** What was done to it, newest first; the whole journal is on the page Configuration. */
function History({ value }: { value: Key }) {
  const t = useTranslations('keys.drawer');
  const { moment, iso } = useMoments();
  const { data } = useQuery(eventsQuery({ kind: 'key', subject: value.name, limit: 20 }));
  const items = data?.items.filter(({ after, before }) => idOf(after ?? before) === value.id) ?? [];
  if (!items.length) return null;
  return (
    <DrawerSection title={t('history')}>
      <ul>
        {items.map(({ id, at, kind, actor }) => (
          <li key={id} className="flex flex-wrap items-baseline gap-x-3">
            <span className="tabular w-28 text-ink-3 text-label" title={iso(at)}>
              {moment(at).replace(/\.\d{3}$/, '')}
            </span>
            <span>{t(`event.${eventOf(kind)}`)}</span>
            <span className="text-ink-3">{t('by', { actor })}</span>
          </li>
        ))}
      </ul>
    </DrawerSection>
  );
}

const knownEvents = ['created', 'changed', 'rotated', 'revoked', 'deleted'] as const;

function eventOf(kind: string): (typeof knownEvents)[number] {
  return knownEvents.find((event) => kind === `key.${event}`) ?? 'changed';
}

function idOf(state: unknown): unknown {
  return typeof state === 'object' && state !== null && 'id' in state ? state.id : undefined;
}
