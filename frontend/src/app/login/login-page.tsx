import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Problem } from '@/api/problem';
import { login } from '@/api/queries/me';
import { session } from '@/api/session';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { Mark } from '../shell/brand';
import { Foot } from '../shell/foot-small';

export function LoginPage() {
  const t = useTranslations('app.login');
  const client = useQueryClient();
  const [key, setKey] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  useEffect(() => {
    document.title = `${t('title')} · LLM Router`;
  }, [t]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!key.trim()) {
      setError(t('missing'));
      return;
    }
    setIsBusy(true);
    try {
      await login(key.trim());
      session.set(false);
      await client.resetQueries();
    } catch (cause) {
      const isUnknown = cause instanceof Problem && (cause.status === 401 || cause.status === 403);
      setError(isUnknown ? t('unknown') : t('failed', { reason: cause instanceof Error ? cause.message : '' }));
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <form
        noValidate
        onSubmit={(event) => void submit(event)}
        className="flex w-full max-w-88 flex-col gap-4 rounded-dialog border border-line bg-surface p-6"
      >
        <div className="flex items-center gap-2">
          <Mark />
          <span className="font-semibold">LLM Router</span>
        </div>
        <h1 className="text-title">{t('title')}</h1>
        <Field label={t('key')} hint={t('help')} error={error}>
          {(ids) => (
            <Input
              {...ids}
              type="password"
              name="api-key"
              autoComplete="current-password"
              spellCheck={false}
              className="font-mono"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" variant="primary" disabled={isBusy}>
          {t('submit')}
        </Button>
        <div className="flex flex-col gap-1.5 border-line border-t pt-4 text-ink-3 text-label">
          {t('make')}
          <code className="rounded-chip bg-sunken px-2 py-1 text-ink-1">llm-router keys create</code>
        </div>
      </form>
      <Foot />
    </main>
  );
}
