import { answerOf, api, type Schemas } from '../client';

export type ReportedModel = Schemas['ReportedModel'];
export type ReportedModels = Schemas['ReportedModels'];

/** What the upstream itself says that it serves, beside what is configured. A real call; nothing is changed. */
export function reportedModels(name: string): Promise<ReportedModels> {
  return answerOf(api.GET('/providers/{name}/models', { params: { path: { name } } }));
}
