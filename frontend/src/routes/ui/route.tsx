import { createFileRoute } from '@tanstack/react-router';
import { Shell } from '@/app/shell/shell';
import { pageSearch } from '@/lib/search';

export const Route = createFileRoute('/ui')({ validateSearch: pageSearch, component: Shell });
