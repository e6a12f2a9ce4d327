import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { IntlProvider } from 'use-intl';
import type { Texts } from '@/i18n/en';
import { loadTexts, rememberLang } from '@/i18n/language';
import type { Lang } from '@/lib/zone';

interface Language {
  lang: Lang;
  setLang: (lang: Lang) => void;
}

const LanguageContext = createContext<Language>({ lang: 'en', setLang: () => {} });

export function LanguageProvider(props: { lang: Lang; texts: Texts; children: ReactNode }) {
  const [{ lang, texts }, setLoaded] = useState({ lang: props.lang, texts: props.texts });

  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-Hans' : 'en';
  }, [lang]);

  const language = useMemo(
    () => ({
      lang,
      setLang: (next: Lang) => {
        rememberLang(next);
        void loadTexts(next).then((loaded) => setLoaded({ lang: next, texts: loaded }));
      },
    }),
    [lang],
  );
  return (
    <LanguageContext value={language}>
      <IntlProvider locale={lang} messages={texts} timeZone="UTC">
        {props.children}
      </IntlProvider>
    </LanguageContext>
  );
}

export function useLanguage(): Language {
  return useContext(LanguageContext);
}
