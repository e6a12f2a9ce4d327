import { useQuery } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { callableQuery } from '@/api/queries/callable';
import { CodeBlock } from '@/components/code-block';
import { Frame } from '@/components/panel';
import { useCopy } from '@/components/toast';
import { IconButton } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { aliasLines, families } from './clients';

type Targets = Record<(typeof families)[number], string>;

/** Lines of router.toml by which the names that clients ask for by themselves lead to a model. */
export function AliasPanel({ model }: { model: string }) {
  const t = useTranslations('connect.aliases');
  const ta = useTranslations('app.action');
  const copy = useCopy();
  const { data: callable } = useQuery(callableQuery());
  const [chosen, setChosen] = useState<Partial<Targets>>({});
  const list = useId();
  const targets = Object.fromEntries(families.map((name) => [name, chosen[name] || model])) as Targets;
  const code = aliasLines(targets);
  return (
    <Frame
      title={t('title')}
      sub={t('text')}
      actions={
        <IconButton label={`${ta('copy')}: router.toml`} onClick={() => void copy(code)}>
          <Copy aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      <div className="flex min-w-0 flex-col gap-3 px-4 pt-1 pb-4">
        <div className="grid min-w-0 gap-x-4 gap-y-2 sm:grid-cols-3">
          {families.map((name) => (
            <Field key={name} label={name}>
              {(ids) => (
                <Input
                  {...ids}
                  list={list}
                  value={chosen[name] ?? ''}
                  onChange={(event) => setChosen((before) => ({ ...before, [name]: event.target.value.trim() }))}
                  placeholder={model}
                  autoComplete="off"
                  autoCapitalize="off"
                  spellCheck={false}
                  className="font-mono"
                />
              )}
            </Field>
          ))}
        </div>
        <datalist id={list}>
          <option value="auto" />
          {callable?.data.map(({ id }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
        <CodeBlock isBare name="router.toml" code={code} language="toml" />
        <p className="text-ink-3 text-label">{t('note')}</p>
      </div>
    </Frame>
  );
}
