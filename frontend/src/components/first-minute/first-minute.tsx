import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { modelsQuery } from '@/api/queries/models';
import { Frame } from '@/components/panel';
import { Button, buttonStyle } from '@/components/ui/button';
import { FirstProviders } from './first-providers';
import { demoModel } from './first-rows';
import { Snippets } from './snippets';
import { useDemoCall } from './use-demo-call';

/** Before the first call: three ways to make it, and which providers can serve it. */
export function FirstMinute() {
  const t = useTranslations('overview.first');
  const { data: models } = useQuery(modelsQuery());
  const demo = useDemoCall();
  const model = demoModel(models ?? []);
  return (
    <div className="grid min-w-0 items-start gap-3 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <Frame title={t('title')} sub={t('text')}>
        <div className="flex min-w-0 flex-col divide-y divide-line border-line border-t">
          {model ? (
            <Way
              text={t('demoText', { model })}
              action={
                <Button variant="primary" disabled={demo.isPending} onClick={() => demo.mutate(model)}>
                  <Play aria-hidden size={16} strokeWidth={1.5} />
                  {t(demo.isPending ? 'demoSending' : 'demo')}
                </Button>
              }
            />
          ) : null}
          <Way
            text={t('playgroundText')}
            action={
              <Link to="/ui/playground" className={buttonStyle({ variant: model ? 'secondary' : 'primary' })}>
                {t('open')}
              </Link>
            }
          />
          <Snippets />
        </div>
      </Frame>
      <FirstProviders />
    </div>
  );
}

function Way({ text, action }: { text: string; action: ReactNode }) {
  return (
    <div className="flex items-center gap-x-4 gap-y-2 px-4 py-3 max-sm:flex-col max-sm:items-start sm:[&>:first-child]:w-42">
      <div className="flex shrink-0 *:w-full">{action}</div>
      <p className="min-w-0 text-ink-2">{text}</p>
    </div>
  );
}
