declare const __API_BASE__: string;
declare const __VERSION__: string;
