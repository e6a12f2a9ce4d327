import { createRouter } from '@tanstack/react-router';
import { parseSearch, stringifySearch } from '@/lib/search';
import { routeTree } from '../routeTree.gen';
import { base, placeBelow } from './base';
import { ErrorPage, MissingPage } from './error-page';

const place = placeBelow(base, location.pathname);
if (place) history.replaceState(null, '', place + location.search);

export const router = createRouter({
  routeTree,
  basepath: base,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ErrorPage,
  defaultNotFoundComponent: MissingPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
