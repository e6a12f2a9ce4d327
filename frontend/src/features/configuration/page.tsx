import { useTranslations } from 'use-intl';
import { PageHead } from '@/app/shell/page-head';
import { Empty } from '@/components/empty';

export function ConfigurationPage() {
  const t = useTranslations('app');
  return (
    <>
      <PageHead title={t('pages.configuration')} />
      <Empty title={t('soon.title')} hint={t('soon.text')} />
    </>
  );
}
