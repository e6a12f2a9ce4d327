import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { healthQuery } from '@/api/queries/health';
import { modelsQuery } from '@/api/queries/models';
import { explainQuery, namesQuery } from '@/api/queries/route';
import { carried } from '@/app/page-state';
import { useSize } from '@/charts/use-size';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { type Source as PanelSource, together } from '@/components/panel-state';
import { Button } from '@/components/ui/button';
import { prepareGraph } from './graph';
import { GraphList } from './graph-list';
import { GraphView } from './graph-view';
import { fallbacksOf, idOf, type RouteOf, routeOf, sourcesOf } from './routes';

interface GraphPanelProps {
  selected: string | undefined;
  onSelect: (node: string | undefined) => void;
  shares: ReadonlyMap<string, number>;
  /** The models of the picture. */
  onShown: (models: ReadonlySet<string>) => void;
}

const probe = [{ role: 'user', content: 'Hello' }];
const leastWidth = 820;

/** Each name is explained by the router itself, so the picture is what a call would meet now. */
function useRoutes() {
  const names = useQuery(namesQuery());
  const models = useQuery({ ...modelsQuery(), refetchInterval: 15_000 });
  const { sources, hiddenTags } = useMemo(
    () => (names.data && models.data ? sourcesOf(names.data.data, models.data) : { sources: [], hiddenTags: 0 }),
    [names.data, models.data],
  );
  const explained = useQueries({
    queries: sources.map(({ name }) => ({
      ...explainQuery({ model: name, messages: probe }),
      refetchInterval: 10_000,
    })),
  });
  const isWhole = explained.every(({ data }) => data !== undefined);
  const failed = explained.find(({ error, data }) => error && !data);
  const byId = useMemo(() => new Map((models.data ?? []).map((model) => [idOf(model), model])), [models.data]);
  const data = isWhole
    ? sources.flatMap((source, index): RouteOf[] => {
        const explanation = explained[index]?.data;
        return explanation ? [routeOf(source, explanation, byId)] : [];
      })
    : undefined;
  const routes: PanelSource<RouteOf[]> = {
    data,
    error: failed?.error ?? null,
    isPlaceholderData: false,
    dataUpdatedAt: Math.min(...explained.map(({ dataUpdatedAt }) => dataUpdatedAt)),
    refetch: () => {
      for (const one of explained) void one.refetch();
    },
  };
  return { source: together(names, models, routes), hiddenTags };
}

export function GraphPanel({ selected, onSelect, shares, onShown }: GraphPanelProps) {
  const t = useTranslations('routing.graph');
  const ta = useTranslations('app.pages');
  const { source, hiddenTags } = useRoutes();
  const { data: health } = useQuery(healthQuery());
  const cooling = useMemo(
    () => new Set((health?.models_not_closed ?? []).map(({ name }) => name)),
    [health?.models_not_closed],
  );
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
      source={source}
      height={360}
      empty={([, models]) =>
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
      {([, models, routes]) => (
        <div className="px-4 pb-3">
          <Picture {...{ models, routes, cooling, selected, onSelect, shares, onShown }} />
          {hiddenTags ? <p className="pt-2 text-ink-3 text-label">{t('hiddenTags', { count: hiddenTags })}</p> : null}
        </div>
      )}
    </Panel>
  );
}

interface PictureProps extends GraphPanelProps {
  models: readonly Schemas['ModelView'][];
  routes: readonly RouteOf[];
  cooling: ReadonlySet<string>;
}

function Picture({ models, routes, cooling, selected, onSelect, shares, onShown }: PictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const graph = useMemo(
    () => prepareGraph({ routes, models, fallbacks: fallbacksOf(models), cooling }, selected),
    [routes, models, cooling, selected],
  );
  useEffect(() => {
    onShown(new Set(graph.nodes.filter(({ kind }) => kind === 'model').map(({ name }) => name)));
  }, [graph, onShown]);
  return (
    <div ref={box}>
      {!size?.width ? null : size.width < leastWidth ? (
        <GraphList routes={routes} selected={selected} onSelect={onSelect} />
      ) : (
        <GraphView graph={graph} width={size.width} selected={selected} onSelect={onSelect} shares={shares} />
      )}
    </div>
  );
}
