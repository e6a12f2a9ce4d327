import type { Texts } from '../en';
import { app } from './app';
import { call } from './call';
import { calls } from './calls';
import { charts } from './charts';
import { configuration } from './configuration';
import { connect } from './connect';
import { entries } from './entries';
import { keys } from './keys';
import { models } from './models';
import { overview } from './overview';
import { playground } from './playground';
import { providers } from './providers';
import { routing } from './routing';
import { usage } from './usage';

const zh: Texts = {
  app,
  call,
  calls,
  charts,
  configuration,
  connect,
  entries,
  keys,
  models,
  overview,
  playground,
  providers,
  routing,
  usage,
};

export default zh;
