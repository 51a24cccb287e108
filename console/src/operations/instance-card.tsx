/** One instance: its Agones state, how full and how well it runs, and what an operator may do to it. */
import type { Instance } from '../api/types.ts';
import { moodOf } from '../fleet/fleet-state.ts';
import { age, mebibytes, ms, percent } from '../ui/format.ts';
import { useNow } from '../ui/use-now.ts';
import type { Ask } from './operations.tsx';

interface Props {
  instance: Instance;
  isShown: boolean;
  onShow: () => void;
  ask: Ask;
}

export function InstanceCard({ instance, isShown, onShow, ask }: Props) {
  const now = useNow(1000);
  const { name, state, address, players, capacity, tickTimes, draining } = instance;
  const fill = capacity > 0 ? Math.min(1, players / capacity) : 0;
  return (
    <article className="card" data-shown={isShown || undefined} data-testid="instance" data-state={state}>
      <h2>
        <button type="button" className="card-name" aria-pressed={isShown} onClick={onShow}>
          {name}
        </button>
      </h2>
      <p className="chips">
        <span className="chip" data-mood={moodOf(state)}>
          {state}
        </span>
        {draining && (
          <span className="chip" data-mood="ending">
            Draining
          </span>
        )}
        <span className="address">{address ?? 'no address yet'}</span>
      </p>
      {instance.reason && <p className="reason">{instance.reason}</p>}
      <div className="fill">
        <span>
          {capacity > 0 ? (
            <>
              <b>{players}</b> of {capacity} players
            </>
          ) : (
            'No seats yet'
          )}
        </span>
        <progress max={1} value={fill} aria-label={`Seats taken in ${name}`} />
      </div>
      <dl className="facts">
        <Fact name="Tick p50" value={ms(tickTimes?.p50Ms)} />
        <Fact name="Tick p99" value={ms(tickTimes?.p99Ms)} warn={(tickTimes?.p99Ms ?? 0) > 8} />
        <Fact
          name="Late"
          value={tickTimes ? String(tickTimes.late) : '–'}
          warn={(tickTimes?.late ?? 0) > 0}
        />
        <Fact name="CPU" value={percent(instance.cpuCores)} />
        <Fact name="Memory" value={mebibytes(instance.residentBytes)} />
        <Fact name="Age" value={age(instance.startedAt, now)} />
      </dl>
      {ask && (
        <button
          type="button"
          className="danger"
          disabled={draining || moodOf(state) === 'ending'}
          onClick={() => ask({ type: 'drain', instance: name, players })}
        >
          Drain<span className="visually-hidden"> {name}</span>
        </button>
      )}
    </article>
  );
}

function Fact({ name, value, warn }: { name: string; value: string; warn?: boolean }) {
  return (
    <div data-warn={warn || undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
