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
  /** The value stands before its bar, where there is no room after it. */
  isValueBefore: boolean;
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
const valueRoom = 110;

export function prepareWaterfall(steps: readonly WaterfallStep[], width: number): WaterfallModel {
  const labelWidth = Math.min(160, Math.round(width * 0.34));
  const from = Math.min(0, ...steps.map(({ fromMs }) => fromMs));
  const to = Math.max(from + 1, ...steps.map(({ fromMs, ms }) => fromMs + ms));
  const room = Math.max(20, width - labelWidth - 8);
  const scale = (ms: number): number => labelWidth + ((ms - from) / (to - from)) * room;
  const rows = steps.map(({ key, label, fromMs, ms, tone, outcome }, index) => {
    const x = scale(fromMs);
    const barWidth = Math.max(2, scale(fromMs + ms) - x);
    const isValueBefore = x + barWidth + valueRoom > width && x - labelWidth > valueRoom;
    const value = outcome ? `${span(ms)} ${outcome}` : span(ms);
    const valueX = isValueBefore ? x - 6 : Math.min(x + barWidth + 6, width - valueRoom * 0.6);
    return {
      key,
      label,
      x: px(x),
      width: px(barWidth),
      y: index * rowHeight,
      color: colours[tone],
      value,
      valueX: px(valueX),
      isValueBefore,
    };
  });
  return { size: { width, height: steps.length * rowHeight }, rowHeight, labelWidth, rows };
}
