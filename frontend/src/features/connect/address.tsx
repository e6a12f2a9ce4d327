import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Copy } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { callableQuery } from '@/api/queries/callable';
import { meQuery } from '@/api/queries/me';
import { carried, usePage } from '@/app/page-state';
import { Frame } from '@/components/panel';
import { useCopy } from '@/components/toast';
import { IconButton } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { baseUrl } from '@/lib/base-url';

interface AddressProps {
  model: string;
  apiKey: string;
  onKey: (apiKey: string) => void;
}

/** The three things that any client needs: address, key, model. */
export function Address({ model, apiKey, onKey }: AddressProps) {
  const t = useTranslations('connect');
  const copy = useCopy();
  const { set } = usePage();
  const { data: callable } = useQuery(callableQuery());
  const [isBlank, setIsBlank] = useState(false);
  const list = useId();
  return (
    <Frame title={t('address.title')} sub={t('address.text')}>
      <div className="grid min-w-0 gap-x-6 gap-y-3 px-4 pt-1 pb-4 lg:grid-cols-3">
        <Field label={t('address.url')} hint={t('address.urlHint')}>
          {(ids) => (
            <div className="flex min-w-0 gap-1">
              <Input
                {...ids}
                readOnly
                value={baseUrl()}
                onFocus={(event) => event.target.select()}
                className="font-mono"
              />
              <IconButton label={t('address.copyUrl')} variant="secondary" onClick={() => void copy(baseUrl())}>
                <Copy aria-hidden size={16} strokeWidth={1.5} />
              </IconButton>
            </div>
          )}
        </Field>
        <Field label={t('address.key')} hint={<KeyHint />}>
          {(ids) => (
            <Input
              {...ids}
              type="password"
              value={apiKey}
              onChange={(event) => onKey(event.target.value)}
              placeholder={t('address.keyPlaceholder')}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label={t('address.model')} hint={t('address.modelHint', { count: callable?.data.length ?? 0 })}>
          {(ids) => (
            <Input
              {...ids}
              list={list}
              value={isBlank ? '' : model}
              onChange={(event) => {
                setIsBlank(event.target.value === '');
                set({ model: event.target.value || undefined });
              }}
              placeholder={model}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
        <datalist id={list}>
          <option value="auto" />
          {callable?.data.map(({ id }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      </div>
    </Frame>
  );
}

/** Whether a key is needed at all, and where one comes from. */
function KeyHint() {
  const t = useTranslations('connect.address');
  const tp = useTranslations('app.pages');
  const { data: me } = useQuery(meQuery());
  if (!me) return null;
  const keys: ReactNode =
    me.role === 'admin' ? (
      <Link to="/ui/keys" search={carried} className="font-medium text-accent hover:underline">
        {tp('keys')}
      </Link>
    ) : null;
  if (me.key) return t('own', { name: me.key.name, prefix: me.key.prefix });
  return (
    <>
      {t(me.caller === 'local' ? 'local' : 'anyone')} {keys}
    </>
  );
}
