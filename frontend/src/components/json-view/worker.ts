import { linesOf } from './lines';

addEventListener('message', ({ data }: MessageEvent<string>) => postMessage(linesOf(data)));
