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
    state: {
      circuit: 'closed',
      retry_after: null,
      in_flight: 0,
      limits: [],
      price: null,
      capabilities: {
        built_in: null,
        effective: { ...takesText, takes_tools: changes.config?.supports_tools ?? true },
      },
    },
    ...changes,
  };
}

const takesText: Schemas['ModelTakes'] = {
  max_output_tokens: null,
  takes_images: false,
  takes_audio: false,
  takes_video: false,
  takes_files: false,
  takes_tools: true,
  takes_json_schema: true,
  takes_sampling: true,
  thinking: 'none',
  always_thinks: false,
  efforts: [],
  api: null,
};
