import {
  Activity,
  Blocks,
  ChartNoAxesColumn,
  FileCog,
  FlaskConical,
  KeyRound,
  List,
  type LucideIcon,
  Plug,
  Server,
  Waypoints,
} from 'lucide-react';

export type PageId =
  | 'overview'
  | 'calls'
  | 'usage'
  | 'playground'
  | 'models'
  | 'providers'
  | 'routing'
  | 'keys'
  | 'configuration'
  | 'connect';

export interface Page {
  id: PageId;
  path: `/ui/${PageId}`;
  icon: LucideIcon;
  /** The letter after `g`. */
  letter: string;
  group: 'watch' | 'try' | 'run' | 'end';
  /** What a key of role `user` sees too. */
  isForUsers: boolean;
}

function page(id: PageId, icon: LucideIcon, letter: string, group: Page['group'], isForUsers = false): Page {
  return { id, path: `/ui/${id}`, icon, letter, group, isForUsers };
}

export const pages: readonly Page[] = [
  page('overview', Activity, 'o', 'watch'),
  page('calls', List, 'c', 'watch', true),
  page('usage', ChartNoAxesColumn, 'u', 'watch', true),
  page('playground', FlaskConical, 'p', 'try', true),
  page('models', Blocks, 'm', 'run'),
  page('providers', Server, 'v', 'run'),
  page('routing', Waypoints, 'r', 'run'),
  page('keys', KeyRound, 'k', 'run'),
  page('configuration', FileCog, 'f', 'run'),
  page('connect', Plug, '', 'end', true),
];

export function pagesFor(role: string | undefined): readonly Page[] {
  return role === 'user' ? pages.filter(({ isForUsers }) => isForUsers) : pages;
}
