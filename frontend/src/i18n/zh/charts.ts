import type { charts as en } from '../en/charts';

export const charts: typeof en = {
  asTable: '以表格显示',
  asChart: '以图表显示',
  table: '表格',
  others: '其余 {count} 个',
  total: '合计',
  time: '时间',
  summary: '合计 {total}；峰值 {peak}，出现在 {at}；{trend}。',
  rising: '呈上升趋势',
  falling: '呈下降趋势',
  steady: '平稳',
  heatSummary: '多数调用耗时 {most}；p95 最高 {peak}，出现在 {at}。',
  lineSummary: '{name}：最新 {latest}，最高 {peak}，出现在 {at}。',
  nothing: '此范围内没有数据。',
  partial: '尚未结束',
  events: '{count, plural, other {# 个事件}}',
  keys: '方向键逐个查看，回车打开对应调用，拖动放大，双击缩小。',
  range: '范围',
  count: '调用',
  local: '本机，无密钥',
};
