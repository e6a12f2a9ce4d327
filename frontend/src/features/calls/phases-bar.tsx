import { useTranslations } from 'use-intl';
import { span } from '@/lib/format';
import { phaseColours, phaseParts, phaseRects } from './phases';
import type { Call } from './tail';

const barWidth = 110;
const barHeight = 8;

/** One drawing a row, its numbers computed: nothing is measured while the table scrolls. */
export function PhasesBar({ call, scale }: { call: Call; scale: number }) {
  const t = useTranslations('calls.phases');
  const parts = phaseParts(call);
  const text = parts.map(({ phase, ms }) => `${t(phase)} ${span(ms)}`).join(' · ');
  const isBeyond = call.duration_ms > scale;
  return (
    <svg role="img" aria-label={text} width={barWidth} height={16} className="block">
      <title>{text}</title>
      {phaseRects(parts, scale, isBeyond ? barWidth - 5 : barWidth).map(({ phase, x, width }) => (
        <rect key={phase} x={x} width={width} y={4} height={barHeight} rx={1} fill={phaseColours[phase]} />
      ))}
      {isBeyond ? <path d={`M${barWidth - 4} 4l3 4l-3 4`} fill="none" stroke="var(--ink-3)" strokeWidth={1.5} /> : null}
    </svg>
  );
}
