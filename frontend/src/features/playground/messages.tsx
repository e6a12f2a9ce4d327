import { ImagePlus, Plus, Trash2 } from 'lucide-react';
import { type ClipboardEvent, type DragEvent, useRef } from 'react';
import { useTranslations } from 'use-intl';
import { useToast } from '@/components/toast';
import { Button, IconButton } from '@/components/ui/button';
import { Select, Textarea } from '@/components/ui/field';
import { type DraftMessage, newMessage, type Role, roles } from './draft';
import { isPicture, readPictures } from './pictures';

interface MessagesProps {
  messages: readonly DraftMessage[];
  onChange: (messages: DraftMessage[]) => void;
}

export function Messages({ messages, onChange }: MessagesProps) {
  const t = useTranslations('playground.messages');
  const next: Role = messages.at(-1)?.role === 'user' ? 'assistant' : 'user';
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-ink-2 text-label">{t('title')}</legend>
      {messages.map((message, index) => (
        <Message
          key={message.id}
          message={message}
          position={index + 1}
          onChange={(changed) => onChange(messages.map((one) => (one.id === message.id ? changed : one)))}
          onRemove={messages.length > 1 ? () => onChange(messages.filter(({ id }) => id !== message.id)) : undefined}
        />
      ))}
      <Button variant="quiet" className="self-start" onClick={() => onChange([...messages, newMessage(next)])}>
        <Plus aria-hidden size={16} strokeWidth={1.5} />
        {t('add')}
      </Button>
    </fieldset>
  );
}

interface MessageProps {
  message: DraftMessage;
  position: number;
  onChange: (message: DraftMessage) => void;
  onRemove: (() => void) | undefined;
}

function Message({ message, position, onChange, onRemove }: MessageProps) {
  const t = useTranslations('playground.messages');
  const notify = useToast();
  const picker = useRef<HTMLInputElement>(null);
  const { role, text, images, parts, rest } = message;

  const add = async (files: readonly File[]): Promise<void> => {
    const { urls, refused } = await readPictures(files);
    if (urls.length) onChange({ ...message, images: [...images, ...urls] });
    if (refused.length) notify(t('refused', { names: refused.join(', ') }), 'bad');
  };
  const take = (event: ClipboardEvent | DragEvent, files: FileList | undefined): void => {
    const pictures = [...(files ?? [])].filter(isPicture);
    if (!pictures.length) return;
    event.preventDefault();
    void add(pictures);
  };
  return (
    <div className="flex min-w-0 flex-col rounded-control border border-control bg-surface has-[textarea:focus-visible]:outline-2 has-[textarea:focus-visible]:outline-accent">
      <div className="flex items-center gap-1 pt-1 pr-1 pl-1">
        <Select
          aria-label={t('role', { position })}
          value={role}
          onChange={(event) => onChange({ ...message, role: event.target.value as Role })}
          className="field-sizing-content w-auto! border-transparent! text-ink-2"
        >
          {roles.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
        <span className="ml-auto" />
        <IconButton label={t('image')} onClick={() => picker.current?.click()}>
          <ImagePlus aria-hidden size={16} strokeWidth={1.5} />
        </IconButton>
        {onRemove ? (
          <IconButton label={t('remove', { position })} onClick={onRemove}>
            <Trash2 aria-hidden size={16} strokeWidth={1.5} />
          </IconButton>
        ) : null}
      </div>
      <Textarea
        aria-label={t('text', { position })}
        rows={3}
        value={text}
        placeholder={t('placeholder')}
        onChange={(event) => onChange({ ...message, text: event.target.value })}
        onPaste={(event) => take(event, event.clipboardData.files)}
        onDrop={(event) => take(event, event.dataTransfer.files)}
        className="field-sizing-content max-h-[50dvh] min-h-16 resize-y border-0! outline-none"
      />
      <Extras
        images={images}
        parts={parts.length}
        members={Object.keys(rest)}
        onRemove={(index) => onChange({ ...message, images: images.filter((_, place) => place !== index) })}
      />
      <input
        ref={picker}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        multiple
        hidden
        aria-label={t('image')}
        onChange={(event) => {
          void add([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </div>
  );
}

interface ExtrasProps {
  images: readonly string[];
  parts: number;
  members: readonly string[];
  onRemove: (index: number) => void;
}

/** Images, and what came with a recorded call and is sent as it is. */
function Extras({ images, parts, members, onRemove }: ExtrasProps) {
  const t = useTranslations('playground.messages');
  if (!images.length && !parts && !members.length) return null;
  return (
    <ul className="flex flex-wrap items-center gap-2 px-2 pb-2">
      {images.map((url, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same image may be there twice.
        <li key={index} className="relative">
          {url.startsWith('data:') ? (
            <img
              src={url}
              alt={t('imageNumber', { number: index + 1 })}
              className="h-16 max-w-32 rounded-control border border-line object-cover"
            />
          ) : (
            <span className="block max-w-48 truncate rounded-chip bg-sunken px-1.5 text-label leading-6" title={url}>
              {url}
            </span>
          )}
          <button
            type="button"
            aria-label={t('removeImage', { number: index + 1 })}
            title={t('removeImage', { number: index + 1 })}
            onClick={() => onRemove(index)}
            className="-top-2 -right-2 absolute flex size-6 items-center justify-center rounded-full border border-line-strong bg-surface text-ink-2 hover:text-bad"
          >
            <span aria-hidden>×</span>
          </button>
        </li>
      ))}
      {parts ? (
        <li className="rounded-chip bg-sunken px-1.5 text-label leading-6">{t('parts', { count: parts })}</li>
      ) : null}
      {members.map((name) => (
        <li key={name} className="rounded-chip bg-sunken px-1.5 font-mono text-label leading-6" title={t('member')}>
          {name}
        </li>
      ))}
    </ul>
  );
}
