import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Code, Columns2 } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { modelsQuery } from '@/api/queries/models';
import { usePage } from '@/app/page-state';
import { PageHead } from '@/app/shell/page-head';
import { useToast } from '@/components/toast';
import { Button } from '@/components/ui/button';
import { type Draft, type Target, targetLabel } from './draft';
import { Estimate } from './estimate';
import { targetOf, targetText } from './from-body';
import { keepDraft, keptDraft } from './kept-draft';
import { RequestForm } from './request-form';
import { Results } from './results';
import { keepRun, type Run } from './runs';
import { RunsMenu, runsKey } from './runs-menu';
import type { PlaygroundSearch } from './search';
import { useHandover } from './use-handover';
import { useSide } from './use-side';

const CodeDialog = lazy(() => import('./code-dialog'));

export function PlaygroundPage() {
  const t = useTranslations('playground');
  const tp = useTranslations('app.pages');
  const { set } = usePage();
  const { model, with: other }: PlaygroundSearch = useSearch({ strict: false });
  const fallback = useDefaultTarget();
  const [draft, setDraft] = useState<Draft>(keptDraft);
  const [hasCode, setHasCode] = useState(false);
  const results = useRef<HTMLDivElement>(null);
  const client = useQueryClient();
  const notify = useToast();

  const first = targetOf(model ?? fallback);
  const second = other === undefined ? undefined : targetOf(other);
  const a = useSide(draft, useStable(first), true);
  const b = useSide(draft, useStable(second ?? first), second !== undefined);
  const sides = second ? [a, b] : [a];
  const isRunning = sides.some(({ control }) => control.isRunning);

  useEffect(() => {
    const timer = setTimeout(() => keepDraft(draft), 300);
    return () => clearTimeout(timer);
  }, [draft]);
  useHandover((handed, target) => {
    setDraft(handed);
    set({ model: targetText(target), call: undefined });
  });

  const send = async (): Promise<void> => {
    // Below the form on small screens: the answer is what one wants to see now.
    requestAnimationFrame(() => {
      if (innerWidth < 1120) results.current?.scrollIntoView({ block: 'start' });
    });
    const at = Date.now();
    const ended = await Promise.all(
      sides.map(async ({ target, request, control }) => ({
        target,
        answer: await control.start(request, draft.isStreamed),
      })),
    );
    try {
      await keepRun({ id: `${at}.${Math.random()}`, at, draft, sides: ended });
      await client.invalidateQueries({ queryKey: runsKey });
    } catch {
      notify(t('runs.notKept'), 'bad');
    }
  };
  const open = ({ draft: kept, sides: [one, two] }: Run): void => {
    setDraft(kept);
    set({ model: one && targetText(one.target), with: two && targetText(two.target) });
    a.control.show(one?.answer);
    b.control.show(two?.answer);
  };
  const compare = (): void => {
    if (second) {
      b.control.show(undefined);
      set({ with: undefined });
      return;
    }
    const candidates = a.explanation.data?.candidates ?? [];
    set({ with: candidates.find(({ model }) => model !== targetLabel(first))?.model ?? 'auto' });
  };
  return (
    <>
      <PageHead
        title={tp('playground')}
        actions={
          <>
            <RunsMenu onOpen={open} />
            <Button onClick={() => setHasCode(true)} title={t('code.title')}>
              <Code aria-hidden size={16} strokeWidth={1.5} />
              <span className="max-sm:sr-only">{t('code.open')}</span>
            </Button>
            <Button
              aria-pressed={second !== undefined}
              variant={second ? 'primary' : 'secondary'}
              onClick={compare}
              title={t('compare.hint')}
            >
              <Columns2 aria-hidden size={16} strokeWidth={1.5} />
              <span className="max-sm:sr-only">{t('compare.open')}</span>
            </Button>
          </>
        }
      />
      <div className="grid min-w-0 items-start gap-3 lg:grid-cols-[minmax(340px,420px)_minmax(0,1fr)]">
        <RequestForm
          draft={draft}
          onDraft={setDraft}
          targets={sides.map(({ target }) => target)}
          onTarget={(side, target) => set({ [side === 0 ? 'model' : 'with']: targetText(target) })}
          faults={a.request.faults}
          isRunning={isRunning}
          onSend={() => void send()}
          onStop={() => {
            for (const { control } of sides) control.stop();
          }}
          estimate={<Estimate sides={sides} />}
        />
        <div ref={results} className="min-w-0 scroll-mt-3">
          <Results sides={sides} onRetry={() => void send()} onDraft={setDraft} draft={draft} />
        </div>
      </div>
      <Suspense>
        {hasCode ? (
          <CodeDialog requests={sides.map(({ request }) => request)} onClose={() => setHasCode(false)} />
        ) : null}
      </Suspense>
    </>
  );
}

/** `auto`, unless there are only mocks, which it never takes. */
function useDefaultTarget(): string {
  const { data: models } = useQuery(modelsQuery());
  const callable = models?.filter(({ is_callable }) => is_callable) ?? [];
  const [first] = callable;
  if (!first || callable.some(({ provider_type }) => provider_type !== 'mock')) return 'auto';
  return `${first.provider_name}/${first.name}`;
}

/** The same object while it says the same. */
function useStable(target: Target): Target {
  const [kept, setKept] = useState(target);
  if (targetText(kept) === targetText(target)) return kept;
  setKept(target);
  return target;
}
