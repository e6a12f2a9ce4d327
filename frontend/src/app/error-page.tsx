import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';

export function ErrorPage({ error }: ErrorComponentProps) {
  const t = useTranslations('app.error');
  return (
    <div role="alert" className="flex max-w-160 flex-col gap-4 p-6">
      <h1 className="text-title">{t('title')}</h1>
      <p className="text-ink-2">{t('text')}</p>
      <pre className="overflow-auto rounded-control bg-sunken p-3 text-ink-2">{String(error)}</pre>
      <div className="flex gap-2">
        <Button variant="primary" onClick={() => location.reload()}>
          {t('reload')}
        </Button>
      </div>
    </div>
  );
}

export function MissingPage() {
  const t = useTranslations('app.error');
  return (
    <div className="flex flex-col gap-3 p-6">
      <h1 className="text-title">{t('missing')}</h1>
      <p className="text-ink-2">{t('missingText')}</p>
      <Link to="/ui/overview" className="font-medium text-accent">
        {t('home')}
      </Link>
    </div>
  );
}
