import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslations } from 'use-intl';
import { statisticsQuery } from '@/api/queries/figures';
import { targetsQuery } from '@/api/queries/route';
import { useLiveEvents, useLiveFigures } from '@/app/live';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { ExplainPanel } from './explain-panel';
import { GraphPanel } from './graph-panel';
import type { RoutingSearch } from './search';
import { nameOf, SharePanel } from './share-panel';

export function RoutingPage() {
  const t = useTranslations('routing');
  const search: RoutingSearch = useSearch({ strict: false });
  const { query, range, isLive, set } = usePage();
  useLiveFigures(range, isLive);
  const client = useQueryClient();
  useLiveEvents(({ type }) => {
    if (type !== 'event') return;
    // A reload or a circuit: names may lead elsewhere now.
    for (const key of ['explain', 'targets']) void client.invalidateQueries({ queryKey: [key] });
  });
  const statistics = useQuery(statisticsQuery({ ...query, limit: 100 }));
  const { data: targets } = useQuery(targetsQuery());
  const names = [...(targets?.targets ?? []), ...(targets?.models ?? [])].map(({ name }) => name);
  const [shown, setShown] = useState<ReadonlySet<string>>();
  const shares = useMemo(() => {
    const { by_model = [], overall } = statistics.data ?? {};
    const all = overall?.total_calls;
    return new Map(all ? by_model.map((total) => [nameOf(total), total.total_calls / all]) : []);
  }, [statistics.data]);
  const asked = search.node?.startsWith('ask:') ? search.node.slice(4) : search.node?.slice(6);
  return (
    <>
      <PageHead title={t('title')} hasRange hasLive />
      <GraphPanel
        selected={search.node}
        shares={shares}
        onShown={setShown}
        onSelect={(node) => set({ node, ask: undefined })}
      />
      <div className="grid min-w-0 items-start gap-3 xl:grid-cols-2">
        <ExplainPanel ask={search.ask ?? asked} prompt={search.prompt} names={names} onChange={set} />
        <SharePanel source={statistics} only={search.node ? shown : undefined} />
      </div>
    </>
  );
}
