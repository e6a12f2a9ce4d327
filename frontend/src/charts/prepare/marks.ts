import type { Schemas } from '@/api/client';
import { type Lang, momentLabel } from '@/lib/zone';
import type { Box } from './model';

/** The router's own events on the time axis. */
export interface Mark {
  key: string;
  x: number;
  sign: string;
  tone: 'bad' | 'plain';
  /** More than one event at this place. */
  count: number;
  lines: string[];
}

const shown = 6;

function signOf({ kind, actor }: Schemas['EventView']): string {
  if (kind === 'circuit.opened') return '▼';
  if (kind.startsWith('config.') && actor !== 'rest') return '■';
  return '◆';
}

/** Events that matter on a time axis: circuits that opened, reloads, changes by hand. */
export function isMarked({ kind }: Schemas['EventView']): boolean {
  return (
    kind === 'circuit.opened' || kind.startsWith('config.') || /\.(created|changed|deleted|revoked|rotated)$/.test(kind)
  );
}

export function prepareMarks(
  events: readonly Schemas['EventView'][],
  axis: { from: number; to: number; zone: string; lang: Lang; now: number },
  plot: Box,
  room = 32,
): Mark[] {
  const { from, to, zone, lang, now } = axis;
  const placed = events
    .filter(isMarked)
    .map((event) => ({ event, at: Date.parse(event.at) }))
    .filter(({ at }) => at >= from && at <= to)
    .map(({ event, at }) => ({ event, at, x: plot.left + ((at - from) / (to - from)) * (plot.right - plot.left) }))
    .sort((a, b) => a.x - b.x);
  type Cluster = typeof placed;
  const middle = (cluster: Cluster): number => cluster.reduce((sum, { x }) => sum + x, 0) / cluster.length;
  const clusters: Cluster[] = [];
  for (const one of placed) {
    let cluster = [one];
    // Drawn at its middle, which moves as it grows: what then lies too close to the one before becomes part of it.
    for (let last = clusters.at(-1); last && middle(cluster) - middle(last) < room; last = clusters.at(-1)) {
      clusters.pop();
      cluster = [...last, ...cluster];
    }
    clusters.push(cluster);
  }
  return clusters.map((cluster) => {
    const worst = cluster.find(({ event }) => event.kind === 'circuit.opened') ?? cluster[0];
    const lines = cluster
      .slice(0, shown)
      .map(({ event, at }) => `${momentLabel(at, zone, lang, now)} ${event.summary}`);
    return {
      key: String(worst?.event.id),
      x: Math.round(middle(cluster)),
      sign: worst ? signOf(worst.event) : '',
      tone: worst?.event.kind === 'circuit.opened' ? 'bad' : 'plain',
      count: cluster.length,
      lines: cluster.length > shown ? [...lines, `+${cluster.length - shown}`] : lines,
    };
  });
}
