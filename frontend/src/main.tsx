import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import { Providers } from './app/providers';
import { firstLang, loadTexts } from './i18n/language';

const lang = firstLang(location.search, navigator.languages);
const texts = await loadTexts(lang);
const root = document.getElementById('root');
if (!root) throw new Error('#root is missing');
createRoot(root).render(
  <StrictMode>
    <Providers lang={lang} texts={texts} />
  </StrictMode>,
);
