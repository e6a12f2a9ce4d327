import { lazy, Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Frame } from '@/components/panel';
import { Button } from '@/components/ui/button';
import type { Answer } from './answer';
import { AnswerPanel } from './answer-panel';
import { Candidates, NothingYet } from './candidates';
import { type Draft, newMessage, targetLabel } from './draft';
import { compared } from './prepare-figures';
import type { Side } from './use-side';

const TextDifference = lazy(() => import('./text-difference'));

interface ResultsProps {
  sides: readonly Side[];
  draft: Draft;
  onDraft: (draft: Draft) => void;
  onRetry: () => void;
}

/** The answers with the candidates below them, in one column or in two. */
export function Results({ sides, draft, onDraft, onRetry }: ResultsProps) {
  const t = useTranslations('playground');
  const [hasDifference, setHasDifference] = useState(false);
  const isCompared = sides.length > 1;
  const [first] = sides;
  const answers = sides.flatMap(({ control }) => (control.answer ? [control.answer] : []));
  const canDiffer = isCompared && answers.length === 2 && answers.every(({ text }) => text !== '');
  const [before, after] = sides.map(({ target, control }) => ({
    name: targetLabel(target),
    text: control.answer?.text ?? '',
  }));
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {canDiffer ? (
        <Button className="self-start" aria-expanded={hasDifference} onClick={() => setHasDifference(!hasDifference)}>
          {t(hasDifference ? 'compare.hideDifference' : 'compare.showDifference')}
        </Button>
      ) : null}
      <Suspense>
        {canDiffer && hasDifference && before && after ? <TextDifference before={before} after={after} /> : null}
      </Suspense>
      <div className={isCompared ? 'grid min-w-0 items-start gap-3 md:grid-cols-2' : 'min-w-0'}>
        {sides.map((side, index) => {
          const { target, explanation, prices, request, control, call, recordError, figures } = side;
          const name = isCompared ? targetLabel(target) : undefined;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the sides are the first and the second.
            <div key={index} className="flex min-w-0 flex-col gap-3">
              {control.answer ? (
                <AnswerPanel
                  title={name ?? t('answer.title')}
                  answer={control.answer}
                  call={call}
                  recordError={recordError}
                  figures={index === 1 && first ? compared(first.figures, figures) : figures}
                  onRetry={onRetry}
                  onContinue={() => control.answer && onDraft(continued(draft, control.answer))}
                />
              ) : null}
              <Candidates
                title={name ? t('candidates.titleOf', { name }) : t('candidates.title')}
                source={explanation}
                prices={prices}
                isBlank={request.faults.isBlank}
              />
            </div>
          );
        })}
      </div>
      {answers.length ? null : (
        <Frame>
          <NothingYet />
        </Frame>
      )}
    </div>
  );
}

/** The conversation with the answer in it, and a place for what comes next. */
function continued(draft: Draft, { text, toolCalls }: Answer): Draft {
  const answer = newMessage('assistant', text);
  if (toolCalls.length) {
    answer.rest.tool_calls = toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }));
  }
  const results = toolCalls.map(({ id }) => ({ ...newMessage('tool'), rest: { tool_call_id: id } }));
  const next = results.length ? results : [newMessage('user')];
  const written = draft.messages.filter(
    ({ text, images, parts, rest }) => text || images.length || parts.length || Object.keys(rest).length,
  );
  return { ...draft, messages: [...written, answer, ...next] };
}
