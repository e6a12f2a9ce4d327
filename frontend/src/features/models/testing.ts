import type { Schemas } from '@/api/client';

/** A model as the API shows it, for tests. */
export function modelView(changes: Partial<Schemas['ModelView']> = {}): Schemas['ModelView'] {
  return {
    id: 1,
    name: 'gpt',
    display_name: null,
    description: null,
    provider_id: 1,
    provider_name: 'openai',
    provider_type: 'openai',
    remote_identifier: null,
    is_active: true,
    is_callable: true,
    tags: [],
    default_params: {},
    config: { priority: 0 },
    rate_limit: null,
    local_path: null,
    download_uri: null,
    origin: 'file',
    ...changes,
  };
}
