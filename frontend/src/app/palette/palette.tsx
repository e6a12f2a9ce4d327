import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { type ReactNode, useState } from 'react';
import { useTranslations } from 'use-intl';
import { keysQuery } from '@/api/queries/keys';
import { meQuery } from '@/api/queries/me';
import { modelsQuery } from '@/api/queries/models';
import { providersQuery } from '@/api/queries/providers';
import { useCopy } from '@/components/toast';
import { Dialog } from '@/components/ui/dialog';
import { useLanguage } from '../language';
import { carried } from '../page-state';
import { pagesFor } from '../pages';
import { toggleTheme } from '../theme';

const requestId = /^[0-9a-z][0-9a-z_-]{7,}$/i;

export default function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const t = useTranslations('app');
  const [typed, setTyped] = useState('');
  const { data: me } = useQuery(meQuery());
  const isAdmin = me?.role === 'admin';
  const { data: models } = useQuery({ ...modelsQuery(), enabled: isAdmin });
  const { data: providers } = useQuery({ ...providersQuery(), enabled: isAdmin });
  const { data: keys } = useQuery({ ...keysQuery(), enabled: isAdmin });
  const { lang, setLang } = useLanguage();
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const copy = useCopy();

  const go = (to: string, more: Record<string, string> = {}): void => {
    onClose();
    void navigate({ to, search: { ...carried(search), ...more } as never });
  };
  const run = (action: () => void) => () => {
    onClose();
    action();
  };

  return (
    <Dialog open onClose={onClose} title={t('palette.label')} isTitleHidden>
      <Command label={t('palette.label')} loop className="flex min-h-0 flex-col">
        <Command.Input
          value={typed}
          onValueChange={setTyped}
          placeholder={t('palette.placeholder')}
          className="h-12 shrink-0 border-line border-b bg-transparent px-4 outline-none placeholder:text-ink-3"
        />
        <Command.List className="min-h-0 flex-1 overflow-y-auto p-1.5">
          <Command.Empty className="px-3 py-4 text-ink-3">{t('palette.none')}</Command.Empty>
          <Group heading={t('palette.pages')}>
            {pagesFor(me?.role).map(({ id, path, letter }) => (
              <Item
                key={id}
                value={`${id} ${t(`pages.${id}`)}`}
                hint={letter && `G ${letter.toUpperCase()}`}
                onSelect={() => go(path)}
              >
                {t(`pages.${id}`)}
              </Item>
            ))}
          </Group>
          {requestId.test(typed) ? (
            <Item value={typed} onSelect={() => go('/ui/calls', { request: typed })}>
              {t('palette.request', { id: typed })}
            </Item>
          ) : null}
          {typed && models?.length ? (
            <Group heading={t('palette.models')}>
              {models.map(({ id, provider_name, name }) => (
                <Item
                  key={id}
                  value={`${provider_name}/${name}`}
                  onSelect={() => go('/ui/models', { model: `${provider_name}/${name}` })}
                >
                  <code>{`${provider_name}/${name}`}</code>
                </Item>
              ))}
            </Group>
          ) : null}
          {typed && providers?.length ? (
            <Group heading={t('palette.providers')}>
              {providers.map(({ id, name }) => (
                <Item key={id} value={`provider ${name}`} onSelect={() => go('/ui/providers', { provider: name })}>
                  <code>{name}</code>
                </Item>
              ))}
            </Group>
          ) : null}
          {typed && keys?.length ? (
            <Group heading={t('palette.keys')}>
              {keys.map(({ id, name, prefix }) => (
                <Item key={id} value={`key ${name} ${prefix}`} onSelect={() => go('/ui/keys', { key: String(id) })}>
                  {name}
                </Item>
              ))}
            </Group>
          ) : null}
          <Group heading={t('palette.actions')}>
            <Item value={`theme ${t('palette.theme')}`} hint="T" onSelect={run(toggleTheme)}>
              {t('palette.theme')}
            </Item>
            <Item
              value={`language 中文 ${t('palette.language')}`}
              onSelect={run(() => setLang(lang === 'en' ? 'zh' : 'en'))}
            >
              {t('palette.language')}
            </Item>
            <Item
              value={`link ${t('palette.copyLink')}`}
              hint="Y"
              onSelect={run(() => void copy(location.href, t('action.linkCopied')))}
            >
              {t('palette.copyLink')}
            </Item>
            <Item value={`shortcuts ${t('palette.shortcuts')}`} hint="?" onSelect={onHelp}>
              {t('palette.shortcuts')}
            </Item>
          </Group>
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="**:[[cmdk-group-heading]]:px-3 **:[[cmdk-group-heading]]:pt-2 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-ink-3 **:[[cmdk-group-heading]]:text-label"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  value: string;
  hint?: string;
  onSelect: () => void;
  children: ReactNode;
}

function Item({ value, hint, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex min-h-8 cursor-pointer items-center justify-between gap-4 rounded-control px-3 data-[selected=true]:bg-sunken touch:min-h-11"
    >
      {children}
      {hint ? <kbd className="text-ink-3">{hint}</kbd> : null}
    </Command.Item>
  );
}
