/**
 * The operator's token: arrives in the address as `#operator=…` (a fragment is never sent to a server), moves to this
 * tab's session storage at once and leaves the address, so that neither history nor a copied link holds it.
 */
const KEY = 'otherworld.operator';

export function takeOperatorToken(location: Location, history: History, storage: Storage): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get('operator');
  if (token === null) return storage.getItem(KEY);
  storage.setItem(KEY, token);
  fragment.delete('operator');
  const rest = fragment.toString();
  history.replaceState(null, '', `${location.pathname}${location.search}${rest ? `#${rest}` : ''}`);
  return token;
}

export function forgetOperatorToken(storage: Storage): void {
  storage.removeItem(KEY);
}
