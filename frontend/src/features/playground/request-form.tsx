import { Send, Square } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Frame } from '@/components/panel';
import { Button } from '@/components/ui/button';
import { Field, Textarea } from '@/components/ui/field';
import { type Draft, emptyDraft, type Target } from './draft';
import { formatExample, moreExample, toolsExample } from './examples';
import { JsonField } from './json-field';
import { Messages } from './messages';
import { Parameters } from './parameters';
import { type Faults, isSound } from './request';
import { Section } from './section';
import { TargetField } from './target-field';

interface RequestFormProps {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  /** One, or two that are compared. */
  targets: readonly Target[];
  onTarget: (side: number, target: Target) => void;
  faults: Faults;
  isRunning: boolean;
  onSend: () => void;
  onStop: () => void;
  /** Beside Send: about how much it will take. */
  estimate: ReactNode;
}

export function RequestForm(props: RequestFormProps) {
  const { draft, onDraft, targets, onTarget, faults, isRunning, onSend, onStop, estimate } = props;
  const t = useTranslations('playground.form');
  const set = (changes: Partial<Draft>): void => onDraft({ ...draft, ...changes });
  const written = Object.values(draft.parameters).filter(Boolean).length;
  const isReady = isSound(faults) && targets.every((target) => target.kind === 'query' || target.name.trim());
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || !isReady || isRunning) return;
    event.preventDefault();
    onSend();
  };
  return (
    <Frame
      title={t('title')}
      className="lg:sticky lg:top-3.5 lg:max-h-[calc(100dvh-28px)]"
      actions={
        <Button variant="quiet" onClick={() => onDraft(emptyDraft())}>
          {t('clear')}
        </Button>
      }
    >
      <form
        className="flex min-h-0 flex-1 flex-col"
        onKeyDown={onKey}
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isRunning) onSend();
        }}
      >
        <div className="min-h-0 flex-1 lg:overflow-y-auto">
          <div className="flex min-w-0 flex-col gap-3 px-4 pt-1 pb-4">
            {targets.map((target, side) => (
              <TargetField
                // biome-ignore lint/suspicious/noArrayIndexKey: the sides are the first and the second.
                key={side}
                label={t(targets.length === 1 ? 'target' : side === 0 ? 'targetA' : 'targetB')}
                target={target}
                onChange={(changed) => onTarget(side, changed)}
              />
            ))}
            <Field label={t('system')}>
              {(ids) => (
                <Textarea
                  {...ids}
                  rows={2}
                  value={draft.system}
                  onChange={(event) => set({ system: event.target.value })}
                  placeholder={t('systemPlaceholder')}
                  className="field-sizing-content max-h-[30dvh] min-h-12 resize-y"
                />
              )}
            </Field>
            <Messages messages={draft.messages} onChange={(messages) => set({ messages })} />
          </div>
          <Section
            title={t('parameters')}
            note={written ? t('set', { count: written }) : t('default')}
            isOpen={faults.parameters.length > 0 || undefined}
          >
            <Parameters
              values={draft.parameters}
              faults={faults.parameters}
              onChange={(parameters) => set({ parameters })}
            />
            <label className="mt-3 flex min-h-6 items-center gap-2">
              <input
                type="checkbox"
                checked={draft.isStreamed}
                onChange={(event) => set({ isStreamed: event.target.checked })}
                className="size-4 accent-accent"
              />
              {t('stream')}
            </label>
          </Section>
          <Section title={t('tools')} note={<JsonNote text={draft.tools} isFaulty={Boolean(faults.json.tools)} />}>
            <JsonField
              label={t('toolsLabel')}
              value={draft.tools}
              fault={faults.json.tools}
              example={toolsExample}
              onChange={(tools) => set({ tools })}
            />
          </Section>
          <Section
            title={t('format')}
            note={<JsonNote text={draft.responseFormat} isFaulty={Boolean(faults.json.responseFormat)} />}
          >
            <JsonField
              label={t('formatLabel')}
              value={draft.responseFormat}
              fault={faults.json.responseFormat}
              example={formatExample}
              onChange={(responseFormat) => set({ responseFormat })}
            />
          </Section>
          <Section title={t('more')} note={<JsonNote text={draft.more} isFaulty={Boolean(faults.json.more)} />}>
            <JsonField
              label={t('moreLabel')}
              hint={t('moreHint')}
              value={draft.more}
              fault={faults.json.more}
              example={moreExample}
              onChange={(more) => set({ more })}
            />
          </Section>
        </div>
        <div className="flex min-h-13 flex-wrap items-center gap-x-3 gap-y-1 border-line border-t bg-surface px-4 py-2.5">
          {/* Two buttons by their keys: one whose type changes while it is clicked would submit the form. */}
          {isRunning ? (
            <Button key="stop" variant="secondary" onClick={onStop}>
              <Square aria-hidden size={14} strokeWidth={1.5} />
              {t('stop')}
            </Button>
          ) : (
            <Button key="send" variant="primary" type="submit" disabled={!isReady} title={t('sendHint')}>
              <Send aria-hidden size={14} strokeWidth={1.5} />
              {t('send')}
            </Button>
          )}
          <span className="tabular min-w-0 text-ink-3 text-label">{faults.isBlank ? t('blank') : estimate}</span>
        </div>
      </form>
    </Frame>
  );
}

function JsonNote({ text, isFaulty }: { text: string; isFaulty: boolean }) {
  const t = useTranslations('playground.form');
  if (isFaulty) return <span className="text-bad">{t('invalid')}</span>;
  return text.trim() ? t('written') : t('none');
}
