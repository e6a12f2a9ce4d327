import { useTranslations } from 'use-intl';
import { Button } from '@/components/ui/button';
import { Field, Textarea } from '@/components/ui/field';
import type { JsonFault } from '@/lib/json-text';

interface JsonFieldProps {
  label: string;
  hint?: string;
  value: string;
  fault: JsonFault | undefined;
  /** Put in where the field is empty. */
  example: unknown;
  onChange: (value: string) => void;
}

/** JSON as it is typed, with the line that is wrong. */
export function JsonField({ label, hint, value, fault, example, onChange }: JsonFieldProps) {
  const t = useTranslations('playground.json');
  const line = fault ? (value.split('\n')[fault.line - 1] ?? '').trim() : '';
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <Field
        label={label}
        hint={hint}
        error={
          fault ? (
            <>
              {t('fault', { line: fault.line, column: fault.column, what: t(fault.kind) })}
              {line ? <code className="mt-0.5 block truncate">{`${fault.line} │ ${line}`}</code> : null}
            </>
          ) : undefined
        }
      >
        {(ids) => (
          <Textarea
            {...ids}
            rows={3}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            spellCheck={false}
            autoCapitalize="off"
            className="field-sizing-content max-h-[40dvh] min-h-16 resize-y font-mono text-label"
          />
        )}
      </Field>
      {value.trim() ? null : (
        <Button
          variant="link"
          size="inline"
          className="self-start"
          onClick={() => onChange(JSON.stringify(example, null, 2))}
        >
          {t('example')}
        </Button>
      )}
    </div>
  );
}
