import { span } from '@/lib/format';
import { px, type Size } from './model';

/** Where the time of one call went: a row a phase or attempt, on one scale. */
export interface WaterfallStep {
  key: string;
  label: string;
  fromMs: number;
  ms: number;
  tone: 'router' | 'wait' | 'first' | 'stream' | 'bad';
  /** After the time: `timeout`, `answered`. */
  outcome?: string;
}

export interface WaterfallRow {
  key: string;
  label: string;
  x: number;
  width: number;
  y: number;
  color: string;
  value: string;
  valueX: number;
}

export interface WaterfallModel {
  size: Size;
  rowHeight: number;
  labelWidth: number;
  rows: WaterfallRow[];
}

const colours: Record<WaterfallStep['tone'], string> = {
  router: 'var(--heat-5)',
  wait: 'var(--heat-1)',
  first: 'var(--heat-2)',
  stream: 'var(--heat-4)',
  bad: 'var(--bad)',
};
const rowHeight = 18;
const gap = 6;
// Of text at 11 px, on the wide side.
const letter = 6.4;

export function prepareWaterfall(steps: readonly WaterfallStep[], width: number): WaterfallModel {
  const labelWidth = Math.min(160, Math.round(width * 0.34));
  const from = Math.min(0, ...steps.map(({ fromMs }) => fromMs));
  const to = Math.max(from + 1, ...steps.map(({ fromMs, ms }) => fromMs + ms));
  const value = ({ ms, outcome }: WaterfallStep): string => (outcome ? `${span(ms)} ${outcome}` : span(ms));
  // As wide as leaves room for each value behind its bar.
  const room = steps.reduce((least, step) => {
    const end = (step.fromMs + step.ms - from) / (to - from);
    const left = width - labelWidth - gap - value(step).length * letter;
    return end > 0 ? Math.min(least, left / end) : least;
  }, width - labelWidth);
  const scale = (ms: number): number => labelWidth + ((ms - from) / (to - from)) * Math.max(20, room);
  const rows = steps.map((step, index) => {
    const { key, label, fromMs, ms, tone } = step;
    const x = scale(fromMs);
    const barWidth = Math.max(2, scale(fromMs + ms) - x);
    return {
      key,
      label,
      x: px(x),
      width: px(barWidth),
      y: index * rowHeight,
      color: colours[tone],
      value: value(step),
      valueX: px(x + barWidth + gap),
    };
  });
  return { size: { width, height: steps.length * rowHeight }, rowHeight, labelWidth, rows };
}
