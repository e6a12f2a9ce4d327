import clsx from 'clsx';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { Schemas } from '@/api/client';
import { useMoments } from '@/app/formats';
import { Panel } from '@/components/panel';
import type { Source } from '@/components/panel-state';
import { type Status, StatusMark } from '@/components/status-mark';
import { Changes } from './changes';

type ConfigStatus = Schemas['ConfigStatus'];

function stateOfFile(status: ConfigStatus): {
  status: Status;
  word: 'current' | 'refused' | 'pending' | 'restart';
} {
  if (status.pending) return { status: 'running', word: 'pending' };
  if (status.error || !status.is_current) return { status: 'error', word: 'refused' };
  if (status.restart_needed.length) return { status: 'warning', word: 'restart' };
  return { status: 'ok', word: 'current' };
}

export function FileState({ status }: { status: ConfigStatus }) {
  const t = useTranslations('configuration.file.state');
  const { status: mark, word } = stateOfFile(status);
  return <StatusMark status={mark} word={t(word)} />;
}

export function FilePanel({ source }: { source: Source<ConfigStatus> }) {
  const t = useTranslations('configuration.file');
  return (
    <Panel title="router.toml" source={source} height={200} sub={t('sub')}>
      {(status) => <FileFacts status={status} />}
    </Panel>
  );
}

function FileFacts({ status }: { status: ConfigStatus }) {
  const t = useTranslations('configuration.file');
  const { moment, iso } = useMoments();
  const at = (time: string): ReactNode => <span title={iso(time)}>{moment(time)}</span>;
  const facts: [string, ReactNode][] = [
    [t('status'), <FileState key="state" status={status} />],
    [
      t('path'),
      <span key="path" className="break-all font-mono text-label">
        {status.path}
      </span>,
    ],
    [t('loaded'), at(status.loaded_at)],
    [t('checked'), at(status.checked_at)],
    [t('generation'), String(status.generation)],
  ];
  return (
    <>
      <Problems status={status} />
      <dl className="grid grid-cols-[minmax(112px,auto)_1fr] gap-x-4 gap-y-1.5 border-line border-t px-4 py-3">
        {facts.map(([label, text]) => (
          <div key={label} className="contents">
            <dt className="text-ink-3">{label}</dt>
            <dd className="tabular min-w-0">{text}</dd>
          </div>
        ))}
      </dl>
      <div className="border-line border-t px-4 py-3">
        <h3 className="mb-1.5 font-normal text-ink-3 text-label">{t('lastChange')}</h3>
        <Changes diff={status.last_change} />
      </div>
    </>
  );
}

function Problems({ status }: { status: ConfigStatus }) {
  const t = useTranslations('configuration.file');
  const { problems, error, pending, restart_needed: restart } = status;
  const isRefused = stateOfFile(status).word === 'refused';
  if (!problems.length && !error && !pending && !restart.length) return null;
  return (
    <div className="flex flex-col gap-2 border-line border-t px-4 py-3">
      {isRefused ? <p className="text-bad">{t('refused')}</p> : null}
      {pending ? <p className="text-info">{pending}</p> : null}
      {restart.length ? <p className="text-warn">{t('restart', { names: restart.join(', ') })}</p> : null}
      {problems.length ? <ProblemList path={status.path} problems={problems} /> : null}
      {error && !problems.length ? <p className="break-words font-mono text-bad text-label">{error}</p> : null}
    </div>
  );
}

const whole = 3;

/** Errors first, each with its place in the file and its text. A slip of syntax brings many more: those are folded. */
export function ProblemList({ path, problems }: { path: string; problems: readonly Schemas['ConfigProblem'][] }) {
  const t = useTranslations('configuration.file');
  const file = path.split('/').at(-1) ?? path;
  const sorted = [...problems].sort((a, b) => Number(a.severity !== 'error') - Number(b.severity !== 'error'));
  const more = sorted.slice(whole);
  return (
    <div className="flex flex-col gap-1.5">
      <ProblemRows file={file} problems={sorted.slice(0, whole)} />
      {more.length ? (
        <details className="group flex flex-col">
          <summary className="flex min-h-8 cursor-pointer items-center gap-1 text-ink-2 [&::-webkit-details-marker]:hidden">
            <ChevronRight aria-hidden size={14} strokeWidth={1.5} className="group-open:rotate-90" />
            {t('moreProblems', { count: more.length })}
          </summary>
          <ProblemRows file={file} problems={more} />
        </details>
      ) : null}
    </div>
  );
}

function ProblemRows({ file, problems }: { file: string; problems: readonly Schemas['ConfigProblem'][] }) {
  const t = useTranslations('configuration.file');
  return (
    <ul className="flex flex-col gap-1.5">
      {problems.map(({ severity, line, column, message }) => {
        const isError = severity === 'error';
        return (
          <li
            key={`${line}:${column} ${message}`}
            className={clsx('rounded-control px-3 py-2', isError ? 'bg-bad-bg' : 'bg-warn-bg')}
          >
            <p className={clsx('flex flex-wrap gap-x-3', isError ? 'text-bad' : 'text-warn')}>
              <span className="font-mono text-label leading-5">
                {file}:{line}:{column}
              </span>
              <span>{t(isError ? 'error' : 'warning')}</span>
            </p>
            <p className="whitespace-pre-wrap break-words">{message}</p>
          </li>
        );
      })}
    </ul>
  );
}
