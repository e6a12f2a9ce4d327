import { expect, it } from 'vitest';
import { programsOf } from './programs';

it('each program names this router, the key and the model', () => {
  const programs = programsOf('http://localhost:8000/v1', 'sk-1', 'demo/echo');
  expect(programs.map(({ id }) => id)).toEqual(['python', 'javascript', 'curl', 'langchain']);
  for (const { code } of programs) {
    for (const part of ['http://localhost:8000/v1', 'sk-1', 'demo/echo', 'Hello']) expect(code).toContain(part);
  }
});
