import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { search } from '@/features/configuration/search';

export const Route = createFileRoute('/ui/configuration')({
  validateSearch: search,
  component: lazyRouteComponent(() => import('@/features/configuration/page'), 'ConfigurationPage'),
});
