import type { Root, RootContent } from 'hast';
import bash from 'highlight.js/lib/languages/bash';
import go from 'highlight.js/lib/languages/go';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';
import { Fragment, type ReactNode } from 'react';

const lowlight = createLowlight({ bash, go, javascript, json, python, rust, sql, typescript, xml, yaml });
lowlight.registerAlias({
  bash: ['sh', 'shell', 'zsh'],
  javascript: ['js', 'jsx'],
  typescript: ['ts', 'tsx'],
  python: ['py'],
  rust: ['rs'],
  xml: ['html', 'svg'],
  yaml: ['yml'],
});

// Few tones: code is read, not admired.
const tones: Record<string, string> = {
  'hljs-comment': 'text-ink-3',
  'hljs-keyword': 'text-accent',
  'hljs-string': 'text-ok',
  'hljs-number': 'text-info',
  'hljs-literal': 'text-info',
  'hljs-attr': 'text-accent',
};

export default function Highlighted({ code, language }: { code: string; language: string }) {
  if (!lowlight.registered(language)) return code;
  return <>{drawn(lowlight.highlight(language, code))}</>;
}

function drawn(node: Root | RootContent): ReactNode {
  if (node.type === 'text') return node.value;
  if (node.type !== 'root' && node.type !== 'element') return null;
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name.
  const children = node.children.map((child, index) => <Fragment key={index}>{drawn(child)}</Fragment>);
  if (node.type === 'root') return children;
  const names = node.properties.className;
  const tone = Array.isArray(names) ? tones[String(names[0])] : undefined;
  return tone ? <span className={tone}>{children}</span> : children;
}
