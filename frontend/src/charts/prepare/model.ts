/** What every prepared chart has. The components draw these numbers and texts and compute nothing. */
export interface Size {
  width: number;
  height: number;
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Where the chart itself stands: what its margins leave, at least a pixel wide. */
export function plotOf(size: Size, margin: Box): Box {
  return {
    left: margin.left,
    right: Math.max(margin.left + 1, size.width - margin.right),
    top: margin.top,
    bottom: size.height - margin.bottom,
  };
}

export interface Tick {
  at: number;
  label: string;
}

export interface TipRow {
  name: string;
  color?: string;
  value: string;
}

/** One step of the crosshair: a bucket of time. */
export interface Sample {
  from: number;
  to: number;
  /** Middle of the bucket on the page. */
  x: number;
  label: string;
  isPartial: boolean;
  rows: TipRow[];
}

export interface Table {
  head: string[];
  rows: string[][];
}

export interface Shape {
  /** For React's list, and nothing else. */
  key: string;
  color: string;
  path: string;
}

export interface ChartModel {
  size: Size;
  plot: Box;
  xTicks: Tick[];
  /** Where the labels of the time axis stand; lower where marks lie between. */
  xLabelsAt: number;
  yTicks: Tick[];
  samples: Sample[];
  table: Table;
  /** The sentence for readers. */
  summary: string;
}

export type Prepare<Model extends ChartModel> = (size: Size) => Model;

/** `t('charts')` as the preparers need it. */
export type ChartTexts = (
  name:
    | 'total'
    | 'time'
    | 'summary'
    | 'rising'
    | 'falling'
    | 'steady'
    | 'heatSummary'
    | 'lineSummary'
    | 'nothing'
    | 'count'
    | 'range'
    | 'others',
  values?: Record<string, string | number>,
) => string;

/** A coordinate with as many digits as a screen can show. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
