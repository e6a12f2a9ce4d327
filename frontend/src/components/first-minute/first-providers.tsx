import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { modelsQuery } from '@/api/queries/models';
import { providersQuery } from '@/api/queries/providers';
import { Empty } from '@/components/empty';
import { Panel } from '@/components/panel';
import { together } from '@/components/panel-state';
import { StatusMark } from '@/components/status-mark';
import { useCopy } from '@/components/toast';
import { IconButton } from '@/components/ui/button';
import { type FirstRow, firstRows } from './first-rows';

/** Which providers can be called as things stand, and what the others lack. */
export function FirstProviders() {
  const t = useTranslations('overview.first.providers');
  const tp = useTranslations('overview.providers');
  const providers = useQuery({ ...providersQuery(), refetchInterval: 5000 });
  const models = useQuery(modelsQuery());
  const source = together(providers, models);
  const isReady = ({ state, models: count }: FirstRow): boolean =>
    count > 0 && (state === 'key' || state === 'keyless');
  const rows = source.data ? firstRows(...source.data) : [];
  return (
    <Panel
      title={t('title')}
      sub={rows.length ? t('sub', { ready: rows.filter(isReady).length, all: rows.length }) : null}
      actions={
        <Link to="/ui/providers" className="font-medium text-accent hover:underline">
          {t('manage')}
        </Link>
      }
      source={source}
      height={320}
      empty={([all]) => (all.length ? null : <Empty title={tp('empty')} hint={tp('emptyHint')} />)}
    >
      {() => (
        <>
          <table className="tabular w-full table-fixed">
            <thead>
              <tr className="h-8 text-ink-3 text-label">
                <th scope="col" className="pl-4 text-left font-normal">
                  {tp('name')}
                </th>
                <th scope="col" className="w-30 text-left font-normal">
                  {tp('state')}
                </th>
                <th scope="col" className="w-16 text-right font-normal max-sm:hidden">
                  {tp('models')}
                </th>
                <th scope="col" className="w-60 pr-4 pl-6 text-left font-normal max-sm:hidden">
                  {t('todo')}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.name} row={row} />
              ))}
            </tbody>
          </table>
          <p className="mt-auto border-line border-t px-4 py-2 text-ink-3 text-label">{t('how')}</p>
        </>
      )}
    </Panel>
  );
}

const marks = { key: 'ok', keyless: 'ok', missing: 'off', off: 'off' } as const;

function Row({ row: { name, state, variable, detail, models } }: { row: FirstRow }) {
  const t = useTranslations('overview.first.providers');
  const todo = variable ? <Variable name={variable} /> : state === 'off' ? detail : null;
  return (
    <tr className="h-8 border-line border-t touch:h-10">
      <th scope="row" className="truncate pl-4 text-left font-normal" title={name}>
        {name}
        {todo ? <span className="block truncate pb-1 text-ink-3 text-label sm:hidden">{todo}</span> : null}
      </th>
      <td>
        <StatusMark status={marks[state]} word={t(state)} />
      </td>
      <td className="text-right max-sm:hidden">{models}</td>
      <td className="truncate pr-2 pl-6 text-ink-2 max-sm:hidden" title={detail}>
        {todo}
      </td>
    </tr>
  );
}

function Variable({ name }: { name: string }) {
  const t = useTranslations('app.action');
  const copy = useCopy();
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="truncate">{name}</code>
      <IconButton
        label={`${t('copy')}: ${name}`}
        className="size-6! min-h-0! min-w-0! max-sm:hidden"
        onClick={() => void copy(name)}
      >
        <Copy aria-hidden size={14} strokeWidth={1.5} />
      </IconButton>
    </span>
  );
}
