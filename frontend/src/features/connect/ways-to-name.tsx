import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { callableQuery } from '@/api/queries/callable';
import { modelsQuery } from '@/api/queries/models';
import { Name } from '@/components/name';
import { Panel } from '@/components/panel';
import { together } from '@/components/panel-state';
import { type Way, waysOf } from './ways';

/** What may stand as `model`, with examples of this router. */
export function WaysToName() {
  const t = useTranslations('connect.ways');
  const source = together(useQuery(callableQuery()), useQuery(modelsQuery()));
  return (
    <Panel title={t('title')} sub={t('text')} source={source} height={180}>
      {([callable, models]) => <Rows ways={waysOf(callable.data, models)} />}
    </Panel>
  );
}

function Rows({ ways }: { ways: readonly Way[] }) {
  const t = useTranslations('connect.ways');
  return (
    <ul className="pb-1">
      {ways.map(({ kind, example, count }) => (
        <li
          key={kind}
          className="grid min-h-9 grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 border-line border-t px-4 py-1.5 md:grid-cols-[minmax(0,320px)_minmax(0,1fr)_auto]"
        >
          <span className="min-w-0 truncate">
            <Name name={example} most={44} />
          </span>
          <span className="text-ink-2 max-md:order-last max-md:col-span-2">{t(kind, { count })}</span>
          <Link
            to="/ui/playground"
            search={{ model: example } as never}
            aria-label={t('openNamed', { name: example })}
            className="font-medium text-accent hover:underline"
          >
            {t('open')}
          </Link>
        </li>
      ))}
    </ul>
  );
}
