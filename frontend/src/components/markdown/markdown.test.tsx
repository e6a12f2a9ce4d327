import { render } from '@testing-library/react';
import { IntlProvider } from 'use-intl';
import { describe, expect, it } from 'vitest';
import en from '@/i18n/en';
import { blocksOf } from './blocks';
import { Markdown } from './markdown';

function html(text: string): HTMLElement {
  return render(
    <IntlProvider locale="en" messages={en} timeZone="UTC">
      <Markdown text={text} />
    </IntlProvider>,
  ).container;
}

describe('blocks', () => {
  it('part at blank lines, not within code', () => {
    expect(blocksOf('a\n\n```rust\nb\n\nc\n```\n\nd').map((block) => block.trim())).toEqual([
      'a',
      '```rust\nb\n\nc\n```',
      'd',
    ]);
  });
  it('keep a list together', () => expect(blocksOf('1. a\n\n2. b\n\nc')).toHaveLength(2));
  it('grow only at the end while text streams', () => {
    const [before, after] = [blocksOf('one\n\ntwo'), blocksOf('one\n\ntwo and more')];
    expect(after[0]).toBe(before[0]);
  });
});

describe('a hostile answer', () => {
  it('keeps HTML as text', () => {
    const page = html('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>');
    expect(page.querySelector('script, img')).toBeNull();
    expect(page.textContent).toContain('alert(1)');
  });
  it('opens no javascript: link', () => {
    const page = html('[a](javascript:alert(1)) [b](data:text/html,x) [c](https://example.org)');
    expect([...page.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual(['https://example.org']);
  });
  it('fetches no image', () => {
    const page = html('![cat](https://example.org/cat.png)');
    expect(page.querySelector('img')).toBeNull();
    expect(page.querySelector('a')?.textContent).toBe('Image: cat');
  });
  it('shows an image that is in the body', () => {
    expect(html('![dot](data:image/png;base64,AAAA)').querySelector('img')?.getAttribute('alt')).toBe('dot');
  });
  it('takes no picture that could be a program', () => {
    expect(html('![x](data:image/svg+xml;base64,AAAA)').querySelector('img, a')).toBeNull();
  });
});
