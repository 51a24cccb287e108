/** The whole fleet in four figures, and its size for the operator. */

import type { Instance } from '../api/types.ts';
import { figuresOf } from '../fleet/fleet-state.ts';
import { ms } from '../ui/format.ts';
import type { Ask } from './operations.tsx';

export function FleetBar({ instances, ask }: { instances: readonly Instance[]; ask: Ask }) {
  const figures = figuresOf(instances);
  return (
    <section className="fleet-bar" aria-label="Fleet">
      <dl>
        <Figure name="Instances serving" value={String(figures.serving)} of={figures.instances} />
        <Figure name="Players" value={String(figures.players)} of={figures.capacity} />
        <Figure name="Slowest tick p99" value={ms(figures.worstP99Ms)} />
        <Figure name="Late ticks now" value={String(figures.late)} warn={figures.late > 0} />
      </dl>
      {ask && (
        <form
          className="scale"
          onSubmit={(event) => {
            event.preventDefault();
            ask({ type: 'scale', replicas: Number(new FormData(event.currentTarget).get('replicas')) });
          }}
        >
          <label htmlFor="replicas">Replicas</label>
          <input
            id="replicas"
            name="replicas"
            type="number"
            min="0"
            max="100"
            required
            defaultValue={instances.length}
            key={instances.length}
          />
          <button type="submit">Scale</button>
        </form>
      )}
    </section>
  );
}

function Figure({ name, value, of, warn }: { name: string; value: string; of?: number; warn?: boolean }) {
  return (
    <div className="figure" data-warn={warn || undefined}>
      <dt>{name}</dt>
      <dd>
        {value}
        {of !== undefined && <small> / {of}</small>}
      </dd>
    </div>
  );
}
