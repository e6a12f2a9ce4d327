import clsx from 'clsx';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { Name } from '@/components/name';
import { share } from '@/lib/format';
import {
  type Columns,
  columnsIn,
  type Edge,
  type Graph,
  headHeight,
  middleOf,
  type Node,
  pathsOf,
  rowHeight,
} from './graph';
import { StandingMark } from './standing-mark';

interface GraphViewProps {
  graph: Graph;
  width: number;
  selected: string | undefined;
  onSelect: (node: string | undefined) => void;
  /** The share of calls that each model got, by its name. */
  shares: ReadonlyMap<string, number>;
}

const looks: Record<Edge['kind'], { stroke: string; dash?: string }> = {
  route: { stroke: 'var(--control)' },
  failure: { stroke: 'var(--control)', dash: '5 4' },
  context: { stroke: 'var(--info)', dash: '2 3' },
  content: { stroke: 'var(--warn)', dash: '2 3' },
};

/** What may be asked for, the models that it leads to, and their fallbacks. The nodes are buttons, the edges are drawn below. */
export function GraphView({ graph, width, selected, onSelect, shares }: GraphViewProps) {
  const t = useTranslations('routing.graph');
  const columns = useMemo(() => columnsIn(width), [width]);
  const paths = useMemo(() => pathsOf(graph, columns), [graph, columns]);
  const height = headHeight + graph.rows * rowHeight;
  const kinds = new Set(graph.edges.map(({ kind }) => kind));
  return (
    <>
      <div className="relative" style={{ height }}>
        <svg aria-hidden="true" width={width} height={height} className="absolute inset-0">
          {paths.map(({ key, kind, path }) => (
            <path
              key={key}
              d={path}
              fill="none"
              stroke={looks[kind].stroke}
              strokeDasharray={looks[kind].dash}
              strokeWidth={selected ? 1.5 : 1}
              opacity={selected ? 0.9 : 0.45}
            />
          ))}
        </svg>
        {(['ask', 'model', 'fallback'] as const).map((column) => (
          <section
            key={column}
            aria-label={t(column)}
            className="absolute top-0"
            style={{ left: columns[column].x, width: columns[column].width }}
          >
            <h3 className="flex items-center font-normal text-ink-3 text-label" style={{ height: headHeight }}>
              {t(column)}
            </h3>
            <ul>
              {graph.nodes
                .filter((node) => node.column === column)
                .map((node) => (
                  <li key={node.id} className="flex items-center" style={{ height: rowHeight }}>
                    <NodeButton
                      node={node}
                      share={column === 'model' ? shares.get(node.name) : undefined}
                      isSelected={targetOf(node) === selected}
                      onSelect={onSelect}
                    />
                  </li>
                ))}
            </ul>
          </section>
        ))}
        <Weights graph={graph} columns={columns} />
      </div>
      <p className="flex flex-wrap gap-x-4 gap-y-1 pt-2 text-ink-3 text-label">
        {(['route', 'failure', 'context', 'content'] as const)
          .filter((kind) => kinds.has(kind))
          .map((kind) => (
            <span key={kind} className="flex items-center gap-1.5">
              <svg aria-hidden="true" width="24" height="8">
                <path d="M0,4H24" stroke={looks[kind].stroke} strokeDasharray={looks[kind].dash} strokeWidth={1.5} />
              </svg>
              {t(`edge.${kind}`)}
            </span>
          ))}
      </p>
    </>
  );
}

function targetOf({ id }: Node): string {
  return id.replace(/^fallback:/, 'model:');
}

interface NodeButtonProps {
  node: Node;
  share: number | undefined;
  isSelected: boolean;
  onSelect: (node: string | undefined) => void;
}

function NodeButton({ node, share: part, isSelected, onSelect }: NodeButtonProps) {
  const t = useTranslations('routing.graph');
  const { standing, kind, name, rank, reason } = node;
  return (
    <button
      type="button"
      aria-pressed={isSelected}
      title={reason}
      onClick={() => onSelect(isSelected ? undefined : targetOf(node))}
      className={clsx(
        'relative flex h-[26px] w-full min-w-0 items-center gap-2 rounded-chip border px-2 text-left',
        isSelected ? 'border-ink-1' : 'border-line-strong hover:border-ink-3',
        standing === 'cooling' || standing === 'limited'
          ? 'bg-[repeating-linear-gradient(135deg,var(--warn-bg)_0_5px,var(--surface)_5px_10px)]'
          : standing === 'off' || standing === 'nowhere'
            ? 'bg-sunken'
            : 'bg-surface',
      )}
    >
      {rank ? <span className="tabular w-4 shrink-0 text-right text-ink-3 text-label">{rank}</span> : null}
      <span className={clsx('min-w-0 flex-1 truncate', (standing === 'off' || standing === 'nowhere') && 'text-ink-3')}>
        <Name name={name} most={38} />
      </span>
      {kind === 'model' ? null : <span className="shrink-0 text-ink-3 text-mark">{t(`kind.${kind}`)}</span>}
      {standing === 'ready' ? (
        part === undefined ? null : (
          <span className="tabular shrink-0 text-ink-3 text-mark" title={t('shareTitle')}>
            {share(part)}
          </span>
        )
      ) : (
        <span className="shrink-0 rounded-chip bg-surface px-1 text-mark">
          <StandingMark standing={standing} />
        </span>
      )}
    </button>
  );
}

/** On the edges, before they reach their model: its priority and weight. */
function Weights({ graph, columns }: { graph: Graph; columns: Columns }) {
  const t = useTranslations('routing.graph');
  const reached = new Set(graph.edges.map(({ to }) => to));
  return graph.nodes
    .filter(({ id, priority, weight }) => reached.has(id) && (priority !== undefined || weight !== undefined))
    .map(({ id, column, row, priority, weight }) => (
      <span
        key={id}
        className="tabular pointer-events-none absolute -translate-x-full -translate-y-1/2 whitespace-nowrap rounded-chip border border-line bg-surface px-1 text-ink-2 text-mark"
        style={{ left: columns[column].x - 6, top: middleOf(row) }}
      >
        {[
          priority === undefined ? '' : t('priority', { value: priority }),
          weight === undefined ? '' : t('weight', { value: weight }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
    ));
}
