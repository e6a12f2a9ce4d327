import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/keys/search';

export const Route = createFileRoute('/ui/keys')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/keys/page'), 'KeysPage'),
});
