import type { Schemas } from '@/api/client';
import { budgetsOf } from '@/lib/budget';
import { count, money, span } from '@/lib/format';

/** What a person must look at, worst first. Pure, so that each rule has a test. */
export interface AttentionItem {
  key: string;
  tone: 'bad' | 'warn';
  mark: 'circuit' | 'noKey' | 'config' | 'restart' | 'keyEnds' | 'budget' | 'unpriced' | 'records' | string;
  name?: string;
  text: { key: AttentionText; values: Record<string, string | number> } | { plain: string };
  action: {
    label: 'look' | 'show' | 'setPrice' | 'openKey';
    to: string;
    search?: Record<string, string>;
    hash?: string;
  };
}

type AttentionText =
  | 'circuitText'
  | 'circuitTextLater'
  | 'noKeyText'
  | 'noKeyVariable'
  | 'configText'
  | 'restartText'
  | 'keyEndsText'
  | 'keyEnded'
  | 'budgetText'
  | 'budgetGone'
  | 'unpricedText'
  | 'recordsText';

export interface AttentionFacts {
  health: Schemas['Detail'] | undefined;
  config: Schemas['ConfigStatus'] | undefined;
  keys: readonly Schemas['KeyView'][] | undefined;
  unpriced: number;
  now: number;
}

const week = 7 * 86_400_000;
// Records wait up to a batch; only a backlog that lasts is worth a line.
const backlog = 200;

export function attentionItems({ health, config, keys, unpriced, now }: AttentionFacts): AttentionItem[] {
  const items = [
    ...configItems(config),
    ...circuitItems(health),
    ...recordItems(health),
    ...keyItems(keys ?? [], now),
    ...keylessItems(health),
    ...unpricedItems(unpriced),
  ];
  // What already fails before what will.
  return [...items.filter(({ tone }) => tone === 'bad'), ...items.filter(({ tone }) => tone !== 'bad')];
}

function configItems(config: Schemas['ConfigStatus'] | undefined): AttentionItem[] {
  if (!config) return [];
  const items: AttentionItem[] = [];
  const action = { label: 'show', to: '/ui/configuration' } as const;
  const problem = config.problems.find(({ severity }) => severity === 'error');
  if (!config.is_current || config.error) {
    const place = problem ? `${fileName(config.path)}:${problem.line}:${problem.column}` : fileName(config.path);
    const message = problem?.message ?? config.error ?? '';
    items.push({ key: 'config', tone: 'bad', mark: place, text: { key: 'configText', values: { message } }, action });
  }
  if (config.restart_needed.length) {
    const names = config.restart_needed.join(', ');
    items.push({
      key: 'restart',
      tone: 'warn',
      mark: 'restart',
      text: { key: 'restartText', values: { names } },
      action,
    });
  }
  return items;
}

function wholeSeconds(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : span(seconds * 1000);
}

function fileName(path: string): string {
  return path.split('/').at(-1) ?? path;
}

interface Circuit {
  name: string;
  circuit: string;
  cause?: string | null;
  retry_after?: number | null;
}

function circuitItems(health: Schemas['Detail'] | undefined): AttentionItem[] {
  if (!health) return [];
  const isOpen = ({ circuit }: Circuit): boolean => circuit === 'open';
  const providers: Circuit[] = health.providers.filter(isOpen);
  const names = new Set(providers.map(({ name }) => name));
  const models: Circuit[] = health.models_not_closed.filter(
    (model) => isOpen(model) && !names.has(model.name.split('/')[0] ?? ''),
  );
  // Its provider's drawer tells the last error, tests it and closes circuits.
  const item = (circuit: Circuit): AttentionItem => {
    const cause = circuit.cause?.replace(/^provider `[^`]+`: /, '') ?? '';
    return {
      key: `circuit ${circuit.name}`,
      tone: 'warn',
      mark: 'circuit',
      name: circuit.name,
      text: circuit.retry_after
        ? {
            key: 'circuitText',
            values: { cause, span: wholeSeconds(circuit.retry_after) },
          }
        : { key: 'circuitTextLater', values: { cause } },
      action: openProvider(circuit.name.split('/')[0] ?? ''),
    };
  };
  return [...providers, ...models].map(item);
}

function openProvider(provider: string): AttentionItem['action'] {
  return { label: 'look', to: '/ui/providers', search: { provider } };
}

function recordItems(health: Schemas['Detail'] | undefined): AttentionItem[] {
  if (!health) return [];
  const { accepted, written, set_aside } = health.records;
  const waiting = accepted - written;
  if (waiting < backlog && set_aside === 0) return [];
  const records = Math.max(waiting, set_aside);
  const values = { count: records, records: count(records) };
  return [
    {
      key: 'records',
      tone: 'bad',
      mark: 'records',
      text: { key: 'recordsText', values },
      action: { label: 'show', to: '/ui/configuration' },
    },
  ];
}

function keyItems(keys: readonly Schemas['KeyView'][], now: number): AttentionItem[] {
  return keys
    .filter(({ is_active, revoked_at }) => is_active && !revoked_at)
    .flatMap((key) => [...endOf(key, now), ...budgetOf(key, now)]);
}

function endOf(key: Schemas['KeyView'], now: number): AttentionItem[] {
  if (!key.expires_at) return [];
  const left = Date.parse(key.expires_at) - now;
  if (left > week || left < -week) return [];
  return [
    {
      key: `ends ${key.id}`,
      tone: left > 0 ? 'warn' : 'bad',
      mark: 'keyEnds',
      name: key.name,
      text: left > 0 ? { key: 'keyEndsText', values: { span: span(left) } } : { key: 'keyEnded', values: {} },
      action: { label: 'openKey', to: '/ui/keys', search: { key: String(key.id) } },
    },
  ];
}

function budgetOf(key: Schemas['KeyView'], now: number): AttentionItem[] {
  const use = budgetsOf(key, now).find(({ runsOutMs }) => runsOutMs !== undefined);
  if (!use || use.runsOutMs === undefined) return [];
  const { unit, used, limit, runsOutMs } = use;
  const amount = unit === 'usd' ? money : count;
  const values = { used: amount(used), budget: amount(limit), span: span(runsOutMs) };
  return [
    {
      key: `budget ${key.id}`,
      tone: runsOutMs === 0 ? 'bad' : 'warn',
      mark: 'budget',
      name: key.name,
      text: { key: runsOutMs === 0 ? 'budgetGone' : 'budgetText', values },
      action: { label: 'openKey', to: '/ui/keys', search: { key: String(key.id) } },
    },
  ];
}

function keylessItems(health: Schemas['Detail'] | undefined): AttentionItem[] {
  const keyless = health?.providers.filter(({ state }) => state === 'no key') ?? [];
  const [only] = keyless;
  if (!only) return [];
  const action = openProvider(only.name);
  // One provider: its variable can be named.
  if (keyless.length === 1 && only.detail) {
    const variable = /\b[A-Z][A-Z0-9_]{3,}\b/.exec(only.detail)?.[0];
    const text = variable
      ? ({ key: 'noKeyVariable', values: { variable } } as const)
      : { plain: only.detail.replace(/^provider `[^`]+` /, '') };
    return [{ key: 'keyless', tone: 'warn', mark: 'noKey', name: only.name, text, action }];
  }
  const values = { count: keyless.length - 1 };
  return [{ key: 'keyless', tone: 'warn', mark: 'noKey', name: only.name, text: { key: 'noKeyText', values }, action }];
}

function unpricedItems(unpriced: number): AttentionItem[] {
  if (unpriced === 0) return [];
  const values = { count: unpriced, calls: count(unpriced) };
  return [
    {
      key: 'unpriced',
      tone: 'warn',
      mark: 'unpriced',
      text: { key: 'unpricedText', values },
      action: { label: 'setPrice', to: '/ui/usage', hash: 'unpriced' },
    },
  ];
}
