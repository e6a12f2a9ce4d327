import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/models/search';

export const Route = createFileRoute('/ui/models')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/models/page'), 'ModelsPage'),
});
