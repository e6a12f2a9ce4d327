/** Whether the router wants a login. Any 401 says so; the page stays at its URL and comes back there. */
type Listener = () => void;

let isAnonymous = false;
const listeners = new Set<Listener>();

export const session = {
  isAnonymous: (): boolean => isAnonymous,
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  set(value: boolean): void {
    if (value === isAnonymous) return;
    isAnonymous = value;
    for (const listener of listeners) listener();
  },
};
