import type { connect as en } from '../en/connect';

export const connect: typeof en = {
  docs: 'API 参考',
  address: {
    title: '地址、密钥、模型',
    text: '任何 OpenAI API 客户端所需',
    url: '基础 URL',
    urlHint: '设为 base_url、baseURL 或 OPENAI_BASE_URL。',
    copyUrl: '复制基础 URL',
    key: 'API 密钥',
    keyPlaceholder: '粘贴密钥，即写入下面的程序',
    local: '本机调用不需要密钥，任意文本即可。其他机器需要：',
    anyone: '此路由器不要求密钥，任意文本即可。',
    own: '当前以 {name}（{prefix}…）登录。粘贴的密钥只留在此页面。',
    model: '模型',
    modelHint: '{count, plural, =0 {名称、别名、模型对、标签或 auto。} other {可选 # 个名称，也可用标签。}}',
  },
  program: {
    python: 'Python',
    javascript: 'JavaScript',
    curl: 'curl',
    langchain: 'LangChain',
  },
  try: '试一试',
  tryHint: '从这里发送此请求',
  trying: '等待应答',
  stop: '停止',
  openCall: '在“调用”中打开',
  clients: {
    claudeCode: {
      name: 'Claude Code',
      api: 'Anthropic Messages',
      note: '第二个模型用于后台任务，可选更便宜的模型。',
    },
    codex: {
      name: 'Codex',
      api: 'OpenAI Responses',
      note: '对于不认识的模型，Codex 会要求在此文件中设置 model_context_window。',
    },
    openCode: {
      name: 'OpenCode',
      api: 'chat completions',
      note: '将 npm 改为 @ai-sdk/openai 或 @ai-sdk/anthropic，即使用 Responses 或 Messages，baseURL 不变。',
    },
    openWebUi: {
      name: 'Open WebUI',
      api: 'chat completions',
      note: '它会列出此路由器的全部模型。在其设置中添加连接时，使用相同的地址和密钥。',
    },
    anthropicSdk: {
      name: 'Anthropic SDK',
      api: 'pip install anthropic，npm install @anthropic-ai/sdk',
      note: 'JavaScript：new Anthropic，传入 baseURL 和 apiKey；地址同样不带 /v1。',
    },
  },
  aliases: {
    title: '客户端自带的模型名',
    text: '写入 router.toml 的行',
    note: '凡以此开头、且不是路由器中模型的名称，都指向这里选择的模型：客户端不必再设置模型。',
  },
  ways: {
    title: 'model 可以写什么',
    text: '每一行都适用于此路由器',
    model: '供应商和名称指定的模型；共 {count} 个。',
    alias: '[routing.aliases] 中的别名；共 {count} 个。',
    pair: '按提示需要选择模型对中的强或弱模型。',
    tag: '具有此标签的模型，共 {count} 个；用逗号连接多个标签，! 表示排除。',
    auto: '除模拟以外的任意模型；路由器在 {count} 个中选择。',
    open: '试验台',
    openNamed: '在试验台中打开 {name}',
  },
};
