// The router.toml of these tests: the mock provider, and one provider that is the scripted upstream.

/** The environment variable that holds the upstream's key. */
export const KEY_NAME = 'SDK_TEST_UPSTREAM_KEY';

export const UPSTREAM_KEY = 'upstream-secret-9f2c71d0';

/** What the upstream calls the model that clients know as `up/scripted`. */
export const REMOTE_NAME = 'scripted-2026-11-01';

/** Types of providers behind other APIs, each with a model `scripted`. */
export const OTHERS = ['claude', 'gemini', 'ollama'];

const other = (kind, upstreamUrl) => `
[[providers]]
name = "${kind}"
type = "${kind}"
base_url = "${upstreamUrl}"
api_key_env = "${KEY_NAME}"

[[models]]
name = "scripted"
provider = "${kind}"
remote_identifier = "${REMOTE_NAME}"

[models.config]
web_search = "tool"
`;

/** `others`: types of providers beside the one of the OpenAI family. */
export function routerToml(upstreamUrl, others = []) {
  return `
# Each call is asked once and nothing rests, so that a test can tell calls apart.
[routing]
retries = 0

[routing.circuit]
failures = 1000000
min_calls = 30000
billing_rest = 0.001

[routing.circuit.cooldowns]
not_found = 0.001

[[providers]]
name = "demo"
type = "mock"

[[models]]
name = "echo"
provider = "demo"

[[models]]
name = "limited"
provider = "demo"

[models.rate_limit]
max_requests = 1
per_seconds = 60

[[models]]
name = "retired"
provider = "demo"
is_active = false

[[providers]]
name = "up"
type = "openai_compatible"
base_url = "${upstreamUrl}"
api_key_env = "${KEY_NAME}"

[[models]]
name = "scripted"
provider = "up"
remote_identifier = "${REMOTE_NAME}"

[models.config]
supports_tools = true
supports_vision = true

[[models]]
name = "org/model"
provider = "up"
${others.map((kind) => other(kind, upstreamUrl)).join('')}`;
}
