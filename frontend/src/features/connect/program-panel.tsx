import { Copy, Play, Square } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { CodeBlock } from '@/components/code-block';
import { Frame } from '@/components/panel';
import { useCopy } from '@/components/toast';
import { Button, IconButton } from '@/components/ui/button';
import { useAnswer } from '@/features/playground/use-answer';
import { bodyOf, type Program } from './programs';
import { TryResult } from './try-result';

/** A program to copy, and Try: what it sends is sent from here. */
export function ProgramPanel({ program, model }: { program: Program; model: string }) {
  const t = useTranslations('connect');
  const ta = useTranslations('app.action');
  const copy = useCopy();
  const { answer, isRunning, start, stop } = useAnswer();
  const { id, language, install, code } = program;
  const name = t(`program.${id}`);
  const send = (): void => void start({ path: '/v1/chat/completions', body: bodyOf(model) }, false);
  return (
    <Frame
      title={name}
      sub={install ? <code className="text-ink-3">{install}</code> : undefined}
      actions={
        <>
          <IconButton label={`${ta('copy')}: ${name}`} onClick={() => void copy(code)}>
            <Copy aria-hidden size={16} strokeWidth={1.5} />
          </IconButton>
          {isRunning ? (
            <Button onClick={stop}>
              <Square aria-hidden size={14} strokeWidth={1.5} />
              {t('stop')}
            </Button>
          ) : (
            <Button onClick={send} title={t('tryHint')} aria-label={`${t('try')}: ${name}`}>
              <Play aria-hidden size={14} strokeWidth={1.5} />
              {t('try')}
            </Button>
          )}
        </>
      }
    >
      <div className="flex min-w-0 flex-col gap-2 px-4 pt-1 pb-4">
        <CodeBlock isBare name={name} code={code} language={language} />
        {answer ? <TryResult answer={answer} onRetry={send} /> : null}
      </div>
    </Frame>
  );
}
