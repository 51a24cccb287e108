/** Says what is wrong while the page is not live, since when, and when it tries again. */
import type { Connection } from '../fleet/fleet-state.ts';
import { useNow } from './use-now.ts';

export function ConnectionBanner({ connection, hasData }: { connection: Connection; hasData: boolean }) {
  if (connection.state !== 'reconnecting') return null;
  return <Reconnecting connection={connection} hasData={hasData} />;
}

interface Props {
  connection: Extract<Connection, { state: 'reconnecting' }>;
  hasData: boolean;
}

function Reconnecting({ connection, hasData }: Props) {
  const now = useNow(500);
  const { problem, since, retryAt } = connection;
  const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
  const lostFor = Math.max(0, Math.floor((now - since) / 1000));
  return (
    <section className="banner" aria-label="Connection">
      <p role="alert">
        <strong>{problem.message}</strong> {problem.hint}
      </p>
      <p className="quiet">
        {hasData && `What you see is ${lostFor} s old. `}
        {seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.'}
      </p>
    </section>
  );
}
