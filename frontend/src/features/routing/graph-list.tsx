import { useTranslations } from 'use-intl';
import { Name } from '@/components/name';
import { Field, Select } from '@/components/ui/field';
import type { RouteOf, Target } from './routes';
import { StandingMark } from './standing-mark';

interface GraphListProps {
  routes: readonly RouteOf[];
  selected: string | undefined;
  onSelect: (node: string | undefined) => void;
}

/** Where there is no room for columns: one name at a time, in the order in which its models are tried. */
export function GraphList({ routes, selected, onSelect }: GraphListProps) {
  const t = useTranslations('routing.graph');
  const route = routes.find(({ name }) => `ask:${name}` === selected) ?? routes[0];
  if (!route) return null;
  return (
    <div className="flex flex-col gap-3">
      <Field label={t('ask')} hint={t('strategy', { strategy: route.strategy })}>
        {(ids) => (
          <Select {...ids} value={route.name} onChange={(event) => onSelect(`ask:${event.target.value}`)}>
            {routes.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {route.error ? <p className="text-bad">{route.error}</p> : null}
      <Targets title={t('model')} targets={route.first} from={1} />
      <Targets title={t('fallback')} targets={route.fallbacks} from={readyOf(route.first) + 1} />
    </div>
  );
}

function readyOf(targets: readonly Target[]): number {
  return targets.filter(({ standing }) => standing === 'ready').length;
}

// So many that cannot be called stand among the others.
const mostOff = 4;

function Targets({ title, targets, from }: { title: string; targets: readonly Target[]; from: number }) {
  const t = useTranslations('routing.graph');
  if (!targets.length) return null;
  const off = targets.filter(({ standing }) => standing === 'off');
  const isFolded = off.length > mostOff;
  return (
    <section>
      <h3 className="font-normal text-ink-3 text-label">{title}</h3>
      <TargetList targets={isFolded ? targets.filter(({ standing }) => standing !== 'off') : targets} from={from} />
      {isFolded ? (
        <details>
          <summary className="cursor-pointer py-2 text-accent">{t('offList', { count: off.length })}</summary>
          <TargetList targets={off} from={from} />
        </details>
      ) : null}
    </section>
  );
}

function TargetList({ targets, from }: { targets: readonly Target[]; from: number }) {
  if (!targets.length) return null;
  return (
    <ol>
      {targets.map(({ model, reason, standing }, index) => (
        <li
          key={model}
          className="flex min-h-11 flex-wrap items-baseline gap-x-2 border-line border-b py-1.5 last:border-b-0"
        >
          <span className="tabular w-5 shrink-0 text-right text-ink-3">{standing === 'ready' ? from + index : ''}</span>
          <span className="min-w-0 flex-1 break-all">
            <Name name={model} most={48} />
          </span>
          {standing === 'ready' ? null : <StandingMark standing={standing} />}
          <span className="basis-full pl-7 text-ink-3 text-label">{reason}</span>
        </li>
      ))}
    </ol>
  );
}
