/** A button for each OpenID provider that the control plane is configured with; nothing where there is none. */
import { useEffect, useState } from 'react';
import type { Problem } from '../api/types.ts';
import { type Provider, providers, startProvider } from './requests.ts';

export function Providers({ onProblem }: { onProblem: (problem: Problem | null) => void }) {
  const [known, setKnown] = useState<readonly Provider[]>([]);
  useEffect(() => {
    let isHere = true;
    providers().then((list) => isHere && setKnown(list));
    return () => {
      isHere = false;
    };
  }, []);
  if (known.length === 0) return null;
  const go = async (name: string) => {
    onProblem(null);
    const { data, problem } = await startProvider(name);
    if (data) location.assign(data.url);
    else onProblem(problem);
  };
  return (
    <div className="providers">
      <span className="or">or</span>
      {known.map(({ name, label }) => (
        <button key={name} type="button" onClick={() => go(name)}>
          Sign in with {label}
        </button>
      ))}
    </div>
  );
}
