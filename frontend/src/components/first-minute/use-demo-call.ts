import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslations } from 'use-intl';
import { apiUrl } from '@/api/client';
import { problemOf } from '@/api/problem';
import { recordedCallQuery } from '@/api/queries/recorded-call';
import { useToast } from '@/components/toast';

const prompt = 'Tell me a story.';

/** Sends the call and reads its answer to the end; resolves with its request id. */
async function send(model: string): Promise<string> {
  const body = { model, stream: true, messages: [{ role: 'user', content: prompt }] };
  const response = await fetch(apiUrl('v1/chat/completions'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw problemOf(response, await response.json().catch(() => undefined));
  await response.text();
  return response.headers.get('x-request-id') ?? '';
}

/** A call to a model of the router's own, seen under Calls: in flight first, then with its trace. */
export function useDemoCall() {
  const router = useRouter();
  const client = useQueryClient();
  const notify = useToast();
  const t = useTranslations('overview.first');
  return useMutation({
    mutationFn: async (model: string) => {
      const sent = send(model);
      await router.navigate({ to: '/ui/calls' });
      const { id } = await client.fetchQuery(recordedCallQuery(await sent));
      // Whoever has gone on meanwhile is not called back.
      if (router.state.location.pathname.endsWith('/ui/calls')) {
        await router.navigate({ to: '/ui/calls', search: { call: String(id) } as never, replace: true });
      }
    },
    onError: (error) => notify(t('demoFailed', { reason: error.message }), 'bad'),
  });
}
