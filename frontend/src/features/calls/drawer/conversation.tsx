import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';
import type { Part, Turn } from '../conversation/parts';
import { Reasoning, SystemText, Text } from './texts';
import { ToolCall, ToolResult } from './tools';

// An agent's call carries its whole history; what came last is what one looks for.
const mostTurns = 12;

export function Conversation({ turns, answer }: { turns: readonly Turn[]; answer: readonly Turn[] }) {
  const t = useTranslations('calls.bodies');
  const [isWhole, setIsWhole] = useState(false);
  const system = turns[0]?.role === 'system' ? turns.slice(0, 1) : [];
  const rest = turns.slice(system.length);
  const hidden = isWhole ? 0 : Math.max(0, rest.length - mostTurns);
  if (!turns.length && !answer.length) return <p className="text-ink-3">{t('noConversation')}</p>;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Turns turns={system} />
      {hidden ? (
        <Button variant="link" size="inline" className="self-start" onClick={() => setIsWhole(true)}>
          {t('earlier', { count: hidden })}
        </Button>
      ) : null}
      <Turns turns={rest.slice(hidden)} />
      {answer.length ? (
        <div className="flex flex-col gap-4 border-line border-t pt-3">
          <Turns turns={answer} title={t('answer')} />
        </div>
      ) : null}
    </div>
  );
}

function Turns({ turns, title }: { turns: readonly Turn[]; title?: string }) {
  const t = useTranslations('calls.bodies.role');
  const words: Record<string, string> = {
    system: t('system'),
    developer: t('developer'),
    user: t('user'),
    assistant: t('assistant'),
    tool: t('tool'),
  };
  return turns.map(({ role, parts }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the turns of a recorded call do not move.
    <div key={index} className="flex min-w-0 flex-col gap-2">
      <h3 className="font-medium text-ink-3 text-label">
        {title ? `${title}${turns.length > 1 ? ` ${index + 1}` : ''}` : (words[role] ?? role)}
      </h3>
      {parts.map((part, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above.
        <OnePart key={place} part={part} role={role} />
      ))}
    </div>
  ));
}

function OnePart({ part, role }: { part: Part; role: string }) {
  const t = useTranslations('calls.bodies');
  switch (part.kind) {
    case 'text':
      return role === 'system' || role === 'developer' ? <SystemText text={part.text} /> : <Text text={part.text} />;
    case 'reasoning':
      return <Reasoning text={part.text} />;
    case 'call':
      return <ToolCall part={part} />;
    case 'result':
      return <ToolResult text={part.text} />;
    case 'file':
      return <p className="text-ink-2">{t('file', { name: part.name })}</p>;
    case 'image':
      return <Picture url={part.url} />;
  }
}

/** From the body itself, and of kinds that cannot run; another one is a link, and nothing is fetched. */
function Picture({ url }: { url: string }) {
  const t = useTranslations('calls.bodies');
  if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(url)) {
    return (
      <img src={url} alt={t('image')} className="max-h-80 max-w-full self-start rounded-control border border-line" />
    );
  }
  if (!/^https?:/i.test(url)) return <p className="text-ink-2">{t('noImage')}</p>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow" className="break-all text-accent underline">
      {t('imageLink', { url: url.length > 80 ? `${url.slice(0, 80)}…` : url })}
    </a>
  );
}
