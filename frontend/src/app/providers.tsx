import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '@/api/problem';
import { ToastProvider } from '@/components/toast';
import { TooltipProvider } from '@/components/ui/tooltip';
import type { Texts } from '@/i18n/en';
import type { Lang } from '@/lib/zone';
import { LanguageProvider } from './language';
import { LiveProvider } from './live';
import { router } from './router';

function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2000,
        refetchOnWindowFocus: true,
        // A refusal stays a refusal; only an absent or failing router is worth another attempt.
        retry: (failures, error) => failures < 2 && error instanceof Problem && error.status >= 502,
        retryDelay: (failures) => Math.min(4000, 500 * 2 ** failures),
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}

export function Providers({ lang, texts }: { lang: Lang; texts: Texts }) {
  const [client] = useState(makeClient);
  return (
    <LanguageProvider lang={lang} texts={texts}>
      <QueryClientProvider client={client}>
        <TooltipProvider>
          <ToastProvider>
            <LiveProvider>
              <RouterProvider router={router} />
            </LiveProvider>
          </ToastProvider>
        </TooltipProvider>
      </QueryClientProvider>
    </LanguageProvider>
  );
}
