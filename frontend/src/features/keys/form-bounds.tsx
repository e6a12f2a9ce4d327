import { Plus } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { type Bounds, knownParameters } from './form-values';

interface BoundsFieldsProps {
  bounds: Bounds[];
  error: string | undefined;
  onChange: (bounds: Bounds[]) => void;
}

/** A request's parameters are brought within these. */
export function BoundsFields({ bounds, error, onChange }: BoundsFieldsProps) {
  const t = useTranslations('keys.form.bounds');
  const change = (index: number, changes: Partial<Bounds>): void =>
    onChange(bounds.map((bound, at) => (at === index ? { ...bound, ...changes } : bound)));
  return (
    <div className="flex flex-col gap-2">
      <p className="text-ink-3 text-label">{t('hint')}</p>
      <table className="w-full table-fixed">
        <thead>
          <tr className="text-left text-ink-3 text-label">
            <th scope="col" className="font-normal">
              {t('parameter')}
            </th>
            <th scope="col" className="w-24 pl-2 font-normal sm:w-32">
              {t('min')}
            </th>
            <th scope="col" className="w-24 pl-2 font-normal sm:w-32">
              {t('max')}
            </th>
          </tr>
        </thead>
        <tbody>
          {bounds.map(({ name, min, max }, index) => {
            const isKnown = index < knownParameters.length;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: the name is being typed; rows do not move.
              <tr key={index}>
                <th scope="row" className="py-1 text-left font-normal">
                  {isKnown ? (
                    <code>{name}</code>
                  ) : (
                    <Input
                      aria-label={t('parameter')}
                      className="font-mono text-label"
                      value={name}
                      onChange={(event) => change(index, { name: event.target.value })}
                    />
                  )}
                </th>
                {(['min', 'max'] as const).map((end) => (
                  <td key={end} className="py-1 pl-2">
                    <Input
                      aria-label={`${name || t('parameter')} ${t(end)}`}
                      aria-invalid={error !== undefined}
                      inputMode="decimal"
                      value={end === 'min' ? min : max}
                      onChange={(event) => change(index, { [end]: event.target.value.trim() })}
                    />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {error ? (
        <p role="alert" className="text-bad text-label">
          {error}
        </p>
      ) : null}
      <div>
        <Button variant="link" size="inline" onClick={() => onChange([...bounds, { name: '', min: '', max: '' }])}>
          <Plus aria-hidden size={16} strokeWidth={1.5} />
          {t('add')}
        </Button>
      </div>
    </div>
  );
}
