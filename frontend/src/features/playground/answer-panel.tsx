import clsx from 'clsx';
import { Copy, CornerDownLeft } from 'lucide-react';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { LazyMarkdown } from '@/components/markdown/lazy-markdown';
import { Name } from '@/components/name';
import { Frame } from '@/components/panel';
import { type Status, StatusMark } from '@/components/status-mark';
import { useCopy } from '@/components/toast';
import { IconButton } from '@/components/ui/button';
import type { Answer, Phase } from './answer';
import { FailureView } from './failure-view';
import { Figures } from './figures';
import type { Figure } from './prepare-figures';
import { RecordSections } from './record-sections';
import { Section } from './section';
import { ToolCalls } from './tool-calls';

interface AnswerPanelProps {
  title: string;
  answer: Answer;
  call: CallDetail | undefined;
  /** Why there is no record. */
  recordError: Error | null;
  figures: readonly Figure[];
  onRetry: () => void;
  /** Goes on with the conversation. */
  onContinue: () => void;
}

const marks: Record<Phase, Status> = {
  waiting: 'running',
  streaming: 'running',
  done: 'ok',
  stopped: 'cancelled',
  failed: 'error',
};

export function AnswerPanel(props: AnswerPanelProps) {
  const { title, answer, call, recordError, figures, onRetry, onContinue } = props;
  const t = useTranslations('playground.answer');
  const copy = useCopy();
  const { phase, text, reasoning, toolCalls, servedBy, failure, finishReason } = answer;
  const isOver = phase !== 'waiting' && phase !== 'streaming';
  const hasAnswer = text !== '' || toolCalls.length > 0;
  return (
    <Frame
      title={title}
      sub={
        <>
          <StatusMark status={marks[phase]} word={phase === 'done' ? (finishReason ?? t('done')) : t(phase)} />
          {servedBy && servedBy !== title ? <Name name={servedBy} most={34} /> : null}
        </>
      }
      actions={
        isOver && hasAnswer ? (
          <>
            <IconButton label={t('continue')} onClick={onContinue}>
              <CornerDownLeft aria-hidden size={16} strokeWidth={1.5} />
            </IconButton>
            <IconButton label={t('copy')} onClick={() => void copy(text)}>
              <Copy aria-hidden size={16} strokeWidth={1.5} />
            </IconButton>
          </>
        ) : undefined
      }
    >
      <p role="status" className="sr-only">
        {isOver ? t('over', { state: t(phase) }) : t(phase)}
      </p>
      <Figures figures={figures} />
      <div className={clsx('flex min-w-0 flex-col gap-3 px-4 py-3', !isOver && 'min-h-16')} aria-busy={!isOver}>
        {reasoning ? (
          <details className="rounded-control bg-sunken px-3 py-2 text-ink-2">
            <summary className="cursor-pointer text-label">{t('reasoning')}</summary>
            <p className="mt-2 whitespace-pre-wrap break-words">{reasoning}</p>
          </details>
        ) : null}
        {text ? <LazyMarkdown text={text} /> : null}
        <ToolCalls calls={toolCalls} />
        {isOver && !hasAnswer && !failure ? <p className="text-ink-3">{t('nothing')}</p> : null}
        {phase === 'waiting' ? <p className="text-ink-3">{t('waitingText')}</p> : null}
      </div>
      {failure ? <FailureView failure={failure} onRetry={onRetry} /> : null}
      {isOver && answer.requestId ? (
        call ? (
          <RecordSections call={call} />
        ) : recordError ? (
          <Section title={t('record')} note={t('noRecord')}>
            <p className="text-ink-3">{recordError.message}</p>
          </Section>
        ) : null
      ) : null}
    </Frame>
  );
}
