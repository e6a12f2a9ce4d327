import { useQuery } from '@tanstack/react-query';
import { Navigate, Outlet, useMatches, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslations } from 'use-intl';
import { meQuery } from '@/api/queries/me';
import { session } from '@/api/session';
import { LoginPage } from '../login/login-page';
import { carried } from '../page-state';
import { pages, pagesFor } from '../pages';
import { useShortcuts } from '../shortcuts/use-shortcuts';
import { BottomBar } from './bottom-bar';
import { Rail } from './rail';

const Palette = lazy(() => import('../palette/palette'));
const ShortcutHelp = lazy(() => import('../shortcuts/help'));

export type Overlay = 'palette' | 'help' | undefined;

export function Shell() {
  const isAnonymous = useSyncExternalStore(session.subscribe, session.isAnonymous);
  // In the page's place, so that its address stays and the person comes back to it.
  return isAnonymous ? <LoginPage /> : <Console />;
}

/** A user's key has pages of its own; the others are not there for it. */
function AllowedPage() {
  const { data: me, isPending } = useQuery(meQuery());
  // The page that is drawn, which lags behind the address while the next one loads.
  const drawn = useMatches({ select: (matches) => matches.at(-1)?.fullPath });
  // Which pages there are is known in a moment; until then none asks for what it may not have.
  if (isPending) return null;
  const isHidden = pages.some(({ id, path }) => drawn === path && !pagesFor(me?.role).some((page) => page.id === id));
  return isHidden ? <Navigate to="/ui/usage" search={carried} replace /> : <Outlet />;
}

/** Loads the other pages once the first is there: they open at once, and also while the router is away. */
function useAllPages(): void {
  const router = useRouter();
  const { data: me } = useQuery(meQuery());
  useEffect(() => {
    if (!me) return;
    const load = (): void => {
      for (const { path } of pagesFor(me.role)) router.loadRouteChunk(router.routesByPath[path])?.catch(() => {});
    };
    const timer = setTimeout(load, 2000);
    return () => clearTimeout(timer);
  }, [router, me]);
}

function Console() {
  const t = useTranslations('app');
  useAllPages();
  const [overlay, setOverlay] = useState<Overlay>();
  useShortcuts(setOverlay);
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: a bare #content would resolve against <base href> and leave the page. */}
      <a
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
        className="sr-only z-60 rounded-control bg-surface p-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t('skip')}
      </a>
      <div className="flex min-h-dvh">
        <Rail onPalette={() => setOverlay('palette')} />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto flex min-w-0 max-w-[1920px] flex-1 flex-col gap-3 px-3 pt-2.5 pb-20 outline-none sm:px-6 sm:pt-3.5 sm:pb-8 xl:mr-[var(--drawer,auto)]"
        >
          <AllowedPage />
        </main>
      </div>
      <BottomBar />
      <Suspense>
        {overlay === 'palette' ? (
          <Palette onClose={() => setOverlay(undefined)} onHelp={() => setOverlay('help')} />
        ) : null}
        {overlay === 'help' ? <ShortcutHelp onClose={() => setOverlay(undefined)} /> : null}
      </Suspense>
    </>
  );
}
