import type { Lang } from '@/lib/zone';
import type { Texts } from './en';

declare module 'use-intl' {
  interface AppConfig {
    Messages: Texts;
  }
}

const stored = 'llm-router.lang';

export function isLang(value: unknown): value is Lang {
  return value === 'en' || value === 'zh';
}

/** `?lang`, then what was chosen before, then the browser. */
export function firstLang(search: string, languages: readonly string[]): Lang {
  const asked = new URLSearchParams(search).get('lang');
  if (isLang(asked)) return asked;
  const remembered = localStorage.getItem(stored);
  if (isLang(remembered)) return remembered;
  const spoken = languages.map((language) => language.slice(0, 2)).find(isLang);
  return spoken ?? 'en';
}

export function rememberLang(lang: Lang): void {
  localStorage.setItem(stored, lang);
  const url = new URL(location.href);
  if (!url.searchParams.has('lang')) return;
  // The address would win at the next start.
  url.searchParams.set('lang', lang);
  history.replaceState(history.state, '', url);
}

export async function loadTexts(lang: Lang): Promise<Texts> {
  const { default: texts } = lang === 'zh' ? await import('./zh') : await import('./en');
  return texts;
}
