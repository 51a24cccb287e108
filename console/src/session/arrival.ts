/**
 * What the address brings along: the link of a mail, or the answer of a provider. It leaves the address at once, so that
 * neither history nor a copied link holds it; as a fragment it was sent to no server.
 */
export type Arrival =
  | { readonly kind: 'verify'; readonly token: string }
  | { readonly kind: 'reset'; readonly token: string }
  | { readonly kind: 'oidc'; readonly code: string }
  | { readonly kind: 'oidc-error'; readonly code: string };

const KINDS = ['verify', 'reset', 'oidc', 'oidc-error'] as const;

export function takeArrival(location: Location, history: History): Arrival | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const kind = KINDS.find((candidate) => fragment.has(candidate));
  if (kind === undefined) return null;
  const value = fragment.get(kind) ?? '';
  fragment.delete(kind);
  const rest = fragment.toString();
  history.replaceState(null, '', `${location.pathname}${location.search}${rest ? `#${rest}` : ''}`);
  return kind === 'verify' || kind === 'reset' ? { kind, token: value } : { kind, code: value };
}
