import { useTranslations } from 'use-intl';
import { StatusMark } from '@/components/status-mark';
import { knownKinds, statusOfEvent } from './journal';

export function EventKind({ kind, isAlone = false }: { kind: string; isAlone?: boolean }) {
  const t = useTranslations('configuration.kind');
  const known = knownKinds.find((one) => one === kind);
  const word = known ? t(known.replace('.', '_') as Underscored<typeof known>) : kind;
  const status = statusOfEvent(kind);
  if (status) return <StatusMark status={status} word={word} />;
  return (
    <span className="inline-flex items-baseline gap-1">
      {isAlone ? null : <span aria-hidden className="w-3" />}
      {word}
    </span>
  );
}

type Underscored<Kind extends string> = Kind extends `${infer Noun}.${infer Verb}` ? `${Noun}_${Verb}` : never;
