// @vitest-environment node
import { readFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

const withoutHead = (text: string): string => text.slice(text.indexOf('export interface paths')).trim();

it('the types are those of the API document', async () => {
  const document = new URL('../../../docs/openapi.json', import.meta.url);
  const types = astToString(await openapiTS(document, { defaultNonNullable: false }));
  expect(withoutHead(readFileSync('src/api/schema.gen.ts', 'utf8')), 'npm run schema').toBe(withoutHead(types));
}, 30_000);
