import { Moon, Sun } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { Button, IconButton } from '@/components/ui/button';
import { useLanguage } from '../language';
import { toggleTheme, useTheme } from '../theme';

/** Language and theme before anybody is signed in. */
export function Foot() {
  const t = useTranslations('app.foot');
  const { lang, setLang } = useLanguage();
  const theme = useTheme();
  const Icon = theme === 'dark' ? Sun : Moon;
  return (
    <div className="flex items-center gap-1">
      <Button
        variant="quiet"
        lang={lang === 'en' ? 'zh-Hans' : 'en'}
        onClick={() => setLang(lang === 'en' ? 'zh' : 'en')}
      >
        {lang === 'en' ? '中文' : 'English'}
      </Button>
      <IconButton label={t(theme === 'dark' ? 'toLight' : 'toDark')} onClick={toggleTheme}>
        <Icon aria-hidden size={16} strokeWidth={1.5} />
      </IconButton>
    </div>
  );
}
