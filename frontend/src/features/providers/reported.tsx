import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { createModel } from '@/api/queries/models';
import { type ReportedModels, reportedModels } from '@/api/queries/reported';
import { useMoments } from '@/app/formats';
import { DrawerSection } from '@/components/drawer';
import { Name } from '@/components/name';
import { ProblemLine } from '@/components/problem-line';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { jobs } from '../entries/job';
import { JobPanel, useJob } from '../entries/job-panel';
import { bodyOf, groupReported, matching } from './prepare-reported';
import { ReportedRow } from './reported-row';

/** The upstream's own list beside the configured one. It adds what is chosen, and removes nothing. */
export function Reported({ name, onDone }: { name: string; onDone: () => void }) {
  const t = useTranslations('providers.reported');
  const list = useMutation({ mutationFn: () => reportedModels(name) });
  return (
    <DrawerSection
      title={t('title')}
      aside={
        <Button disabled={list.isPending} onClick={() => list.mutate()}>
          {t(list.isPending ? 'asking' : list.data ? 'again' : 'ask')}
        </Button>
      }
    >
      {list.error ? <ProblemLine error={list.error} /> : null}
      {list.data ? (
        <List
          key={list.data.fetched_at}
          provider={name}
          answer={list.data}
          onDone={() => {
            onDone();
            list.mutate();
          }}
        />
      ) : list.error ? null : (
        <p className="text-ink-3">{t('hint')}</p>
      )}
    </DrawerSection>
  );
}

interface ListProps {
  provider: string;
  answer: ReportedModels;
  onDone: () => void;
}

const manyFrom = 8;

function List({ provider, answer, onDone }: ListProps) {
  const t = useTranslations('providers.reported');
  const { moment } = useMoments();
  const isBusy = useJob()?.isRunning ?? false;
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { fresh, configured, gone } = groupReported(answer.reported);
  const shown = matching(fresh, text);
  const toggle = (names: readonly string[], isOn: boolean): void => {
    const next = new Set(chosen);
    for (const one of names) {
      if (isOn) next.add(one);
      else next.delete(one);
    }
    setChosen(next);
  };
  const add = (): void => {
    const steps = fresh
      .filter((model) => chosen.has(model.name))
      .map((model) => ({
        name: `${provider}/${model.name}`,
        run: async () => {
          await createModel(bodyOf(provider, model));
          return undefined;
        },
      }));
    void jobs.start(t('job', { count: steps.length, provider }), steps, onDone);
  };
  const isAll = shown.length > 0 && shown.every(({ name }) => chosen.has(name));
  return (
    <div className="flex flex-col gap-2">
      <p className="tabular flex flex-wrap gap-x-3 text-label">
        <span className={fresh.length ? 'text-info' : 'text-ink-3'}>{t('new', { count: fresh.length })}</span>
        <span className="text-ink-3">{t('configured', { count: configured.length })}</span>
        <span className={gone.length ? 'text-warn' : 'text-ink-3'}>{t('gone', { count: gone.length })}</span>
        <span className="ml-auto text-ink-3">
          {t('asOf', { time: moment(answer.fetched_at).replace(/\.\d+$/, '') })}
        </span>
      </p>
      <Warnings answer={answer} />
      {fresh.length >= manyFrom ? (
        <div className="flex items-center gap-2">
          <Input
            type="search"
            aria-label={t('find')}
            placeholder={t('find')}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button
            disabled={!shown.length}
            onClick={() =>
              toggle(
                shown.map(({ name }) => name),
                !isAll,
              )
            }
          >
            {t(isAll ? 'none' : 'all', { count: shown.length })}
          </Button>
        </div>
      ) : null}
      {shown.length ? (
        <ul className="max-h-80 overflow-y-auto rounded-control border border-line">
          {shown.map((model) => (
            <ReportedRow
              key={model.name}
              model={model}
              isChosen={chosen.has(model.name)}
              onChoose={(isOn) => toggle([model.name], isOn)}
            />
          ))}
        </ul>
      ) : fresh.length ? (
        <p className="text-ink-3">{t('noMatch')}</p>
      ) : null}
      {chosen.size ? (
        <Button variant="primary" className="self-start" disabled={isBusy} onClick={add}>
          {t('add', { count: chosen.size })}
        </Button>
      ) : null}
      <div className="sm:hidden">
        <JobPanel />
      </div>
      {gone.length ? (
        <Others
          title={t('goneTitle', { count: gone.length })}
          names={gone.map(({ model, name }) => model ?? name)}
          isOpen
        />
      ) : null}
      {configured.length ? (
        <Others
          title={t('configuredTitle', { count: configured.length })}
          names={configured.map(({ model, name }) => model ?? name)}
        />
      ) : null}
    </div>
  );
}

function Warnings({ answer }: { answer: ReportedModels }) {
  const t = useTranslations('providers.reported');
  const { warning, unusable, is_cut, reported } = answer;
  const isEmpty = !reported.some(({ state }) => state !== 'gone');
  const said = [
    isEmpty ? t('emptyList') : warning,
    unusable ? t('unusable', { count: unusable }) : undefined,
    is_cut ? t('cut') : undefined,
  ].filter((one): one is string => Boolean(one));
  return said.map((one) => (
    <p key={one} className="flex gap-1.5 rounded-control bg-warn-bg px-3 py-2 text-warn">
      <span aria-hidden>▲</span>
      {one}
    </p>
  ));
}

function Others({ title, names, isOpen = false }: { title: string; names: readonly string[]; isOpen?: boolean }) {
  return (
    <details open={isOpen}>
      <summary className="min-h-6 cursor-pointer text-ink-3 text-label">{title}</summary>
      <ul className="flex flex-wrap gap-x-4 py-1">
        {names.map((name) => (
          <li key={name}>
            <Name name={name} most={48} />
          </li>
        ))}
      </ul>
    </details>
  );
}
