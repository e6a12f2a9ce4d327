import { useMemo } from 'react';
import { dateLabel, isoOf, type Lang, momentLabel, timeLabel } from '@/lib/zone';
import { useLanguage } from './language';
import { usePage } from './page-state';

export interface Moments {
  lang: Lang;
  zone: string;
  /** As short as today allows; the title is `iso`. */
  moment: (at: string | number) => string;
  date: (at: string | number) => string;
  time: (at: string | number) => string;
  iso: (at: string | number) => string;
}

export function momentsIn(lang: Lang, zone: string): Moments {
  const ms = (at: string | number): number => (typeof at === 'number' ? at : Date.parse(at));
  return {
    lang,
    zone,
    moment: (at) => momentLabel(ms(at), zone, lang, Date.now()),
    date: (at) => dateLabel(ms(at), zone, lang),
    time: (at) => timeLabel(ms(at), zone, true),
    iso: (at) => isoOf(ms(at), zone),
  };
}

/** Moments in the page's zone and language. */
export function useMoments(): Moments {
  const { lang } = useLanguage();
  const { zone } = usePage();
  return useMemo(() => momentsIn(lang, zone), [lang, zone]);
}
