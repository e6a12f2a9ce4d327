import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { explainQuery, targetsQuery } from '@/api/queries/route';
import { carried } from '@/app/page-state';
import { useSize } from '@/charts/use-size';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { Button } from '@/components/ui/button';
import { offOf, prepareGraph } from './graph';
import { GraphList } from './graph-list';
import { GraphView } from './graph-view';
import { fallbacksOf, plainRouteOf, type RouteOf, routeOf, sourcesOf } from './routes';

interface GraphPanelProps {
  selected: string | undefined;
  onSelect: (node: string | undefined) => void;
  shares: ReadonlyMap<string, number>;
  /** The models of the picture. */
  onShown: (models: ReadonlySet<string>) => void;
}

type Targets = Schemas['RouteTargets'];

const probe = [{ role: 'user', content: 'Hello' }];
const leastWidth = 820;

/** All names; the one that is looked at is explained by the router, in the order of trial. */
function useRoutes(targets: Targets, selected: string | undefined, isNarrow: boolean): RouteOf[] {
  const { sources } = useMemo(() => sourcesOf(targets), [targets]);
  const looked = sources.find(({ name }) => selected === `ask:${name}`) ?? (isNarrow ? sources[0] : undefined);
  const { data: explanation } = useQuery({
    ...explainQuery({ model: looked?.name ?? 'auto', messages: probe }),
    enabled: looked !== undefined,
    refetchInterval: 10_000,
    placeholderData: undefined,
  });
  return useMemo(
    () =>
      sources.map((source) =>
        source.name === looked?.name && explanation
          ? routeOf(source, explanation, targets)
          : plainRouteOf(source, targets),
      ),
    [targets, sources, looked?.name, explanation],
  );
}

export function GraphPanel({ selected, onSelect, shares, onShown }: GraphPanelProps) {
  const t = useTranslations('routing.graph');
  const ta = useTranslations('app.pages');
  const targets = useQuery({ ...targetsQuery(), refetchInterval: 10_000 });
  return (
    <Panel
      title={t('title')}
      sub={selected ? t('filtered', { node: selected.slice(selected.indexOf(':') + 1) }) : t('sub')}
      actions={
        selected ? (
          <Button size="inline" variant="link" onClick={() => onSelect(undefined)}>
            {t('showAll')}
          </Button>
        ) : null
      }
      source={targets}
      height={360}
      empty={({ models }) =>
        models.length ? null : (
          <Empty
            title={t('empty')}
            hint={t('emptyHint')}
            action={
              <Link to="/ui/providers" search={carried} className="font-medium text-accent hover:underline">
                {ta('providers')}
              </Link>
            }
          />
        )
      }
    >
      {(data) => <Picture targets={data} {...{ selected, onSelect, shares, onShown }} />}
    </Panel>
  );
}

interface PictureProps extends GraphPanelProps {
  targets: Targets;
}

function Picture({ targets, selected, onSelect, shares, onShown }: PictureProps) {
  const t = useTranslations('routing.graph');
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const isNarrow = size !== undefined && size.width > 0 && size.width < leastWidth;
  const [hasOff, setHasOff] = useState(false);
  const routes = useRoutes(targets, selected, isNarrow);
  const { hiddenTags } = useMemo(() => sourcesOf(targets), [targets]);
  const off = useMemo(() => offOf(targets.models), [targets]);
  const graph = useMemo(
    () =>
      prepareGraph(
        { routes, models: targets.models, fallbacks: fallbacksOf(targets.models) },
        selected,
        hasOff ? undefined : off,
      ),
    [routes, targets, selected, hasOff, off],
  );
  useEffect(() => {
    onShown(new Set(graph.nodes.filter(({ kind }) => kind === 'model').map(({ name }) => name)));
  }, [graph, onShown]);
  return (
    <div className="px-4 pb-3">
      <div ref={box}>
        {!size?.width ? null : isNarrow ? (
          <GraphList routes={routes} selected={selected} onSelect={onSelect} />
        ) : (
          <GraphView graph={graph} width={size.width} selected={selected} onSelect={onSelect} shares={shares} />
        )}
      </div>
      {off.size && !selected && !isNarrow ? (
        <p className="flex items-baseline gap-2 pt-2 text-ink-3 text-label">
          {t(hasOff ? 'offDrawn' : 'offLeft', { count: off.size })}
          <Button size="inline" variant="link" onClick={() => setHasOff(!hasOff)}>
            {t(hasOff ? 'leaveOff' : 'drawOff')}
          </Button>
        </p>
      ) : null}
      {hiddenTags ? <p className="pt-2 text-ink-3 text-label">{t('hiddenTags', { count: hiddenTags })}</p> : null}
    </div>
  );
}
