/** Work on many entries, one after the other. It goes on while its page is left, and is there when one comes back. */
export interface JobStep {
  name: string;
  /** Says what came out; throws where it failed. */
  run: () => Promise<string | undefined>;
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'stopped';

interface StepView {
  name: string;
  state: StepState;
  message?: string | undefined;
}

export interface JobView {
  title: string;
  steps: readonly StepView[];
  isRunning: boolean;
}

type Listener = () => void;

export class JobRunner {
  #view: JobView | undefined;
  #isStopped = false;
  readonly #listeners = new Set<Listener>();

  view = (): JobView | undefined => this.#view;

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async start(title: string, steps: readonly JobStep[], onEnd: () => void): Promise<void> {
    if (this.#view?.isRunning || !steps.length) return;
    this.#isStopped = false;
    this.#publish({ title, steps: steps.map(({ name }) => ({ name, state: 'waiting' })), isRunning: true });
    for (const [index, step] of steps.entries()) {
      if (this.#isStopped) {
        this.#mark(index, 'stopped');
        continue;
      }
      this.#mark(index, 'running');
      try {
        this.#mark(index, 'done', await step.run());
      } catch (error) {
        this.#mark(index, 'failed', error instanceof Error ? error.message : String(error));
      }
    }
    if (this.#view) this.#publish({ ...this.#view, isRunning: false });
    onEnd();
  }

  /** What is under way ends; the rest is left as it is. */
  stop = (): void => {
    this.#isStopped = true;
  };

  dismiss = (): void => {
    if (this.#view?.isRunning) return;
    this.#publish(undefined);
  };

  #mark(index: number, state: StepState, message?: string): void {
    const view = this.#view;
    if (!view) return;
    this.#publish({
      ...view,
      steps: view.steps.map((step, at) => (at === index ? { ...step, state, message } : step)),
    });
  }

  #publish(view: JobView | undefined): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

export function countSteps({ steps }: JobView, state: StepState): number {
  return steps.filter((step) => step.state === state).length;
}

/** One for the whole console: two at once would change the same entries. */
export const jobs = new JobRunner();
