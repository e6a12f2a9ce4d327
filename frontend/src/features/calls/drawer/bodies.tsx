import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { CallDetail } from '@/api/queries/invocations';
import { DrawerSection } from '@/components/drawer';
import { JsonView } from '@/components/json-view/json-view';
import { Tabs } from '@/components/ui/tabs';
import { parsedBody } from '@/lib/bodies';
import { bytes } from '@/lib/format';
import { readAnswer } from '../conversation/answer';
import { readRequest } from '../conversation/request';
import { Conversation } from './conversation';
import { Parameters } from './parameters';
import { parameterRows } from './prepare-parameters';

/** What was said, with which parameters, and the bytes of it. */
export function Bodies({ detail }: { detail: CallDetail }) {
  const t = useTranslations('calls.bodies');
  const { request_body, response_body } = detail;
  const request = useMemo(() => readRequest(parsedBody(request_body)), [request_body]);
  const answer = useMemo(() => readAnswer(response_body), [response_body]);
  if (!detail.has_bodies || typeof request_body !== 'string') return <NotKept detail={detail} />;
  return (
    <>
      <DrawerSection title={t('conversation')}>
        <Conversation turns={request.turns} answer={answer} />
        {detail.bodies_truncated ? <p className="mt-2 text-label text-warn">{t('truncated')}</p> : null}
      </DrawerSection>
      <DrawerSection title={t('parameters')}>
        <Parameters parameters={parameterRows(request.parameters, detail)} tools={request.tools} />
      </DrawerSection>
      <div id="call-raw">
        <DrawerSection
          title={t('raw')}
          aside={
            <span className="text-ink-3 text-label">
              {bytes(request_body.length)} → {bytes(response_body?.length ?? 0)}
            </span>
          }
        >
          <Tabs
            label={t('raw')}
            tabs={[
              { id: 'request', label: t('request'), content: <JsonView name={t('request')} text={request_body} /> },
              {
                id: 'response',
                label: t('response'),
                content: response_body ? (
                  <JsonView name={t('response')} text={response_body} />
                ) : (
                  <p className="text-ink-3">{t('noResponse')}</p>
                ),
              },
            ]}
          />
        </DrawerSection>
      </div>
    </>
  );
}

/** The beginnings that the list has are all that is left, and what the trace says of parameters. */
function NotKept({ detail }: { detail: CallDetail }) {
  const t = useTranslations('calls.bodies');
  const { request_prompt, response_text, bodies_dropped } = detail;
  const turns = [
    { role: t('role.user'), text: request_prompt },
    { role: t('role.assistant'), text: response_text },
  ];
  const changed = parameterRows([], detail);
  return (
    <>
      <DrawerSection title={t('conversation')}>
        <p className="text-ink-2">{t(bodies_dropped ? 'dropped' : 'notKept')}</p>
        {turns.map(({ role, text }) =>
          text ? (
            <div key={role} className="mt-3">
              <p className="text-ink-3 text-label">{role}</p>
              <p className="whitespace-pre-wrap break-words">{text}</p>
            </div>
          ) : null,
        )}
      </DrawerSection>
      {changed.length ? (
        <DrawerSection title={t('parameters')}>
          <Parameters parameters={changed} tools={[]} />
        </DrawerSection>
      ) : null}
    </>
  );
}
