import { useTranslations } from 'use-intl';
import { PageHead } from '@/app/shell/page-head';
import { Empty } from '@/components/empty';

export function RoutingPage() {
  const t = useTranslations('app');
  return (
    <>
      <PageHead title={t('pages.routing')} />
      <Empty title={t('soon.title')} hint={t('soon.text')} />
    </>
  );
}
