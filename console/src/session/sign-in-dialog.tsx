/**
 * Signing in, in one dialog: e-mail and password, a password that must be changed first, a forgotten one, and the
 * providers. What the address brought along (a mail's link, a provider's answer) is dealt with here too.
 */
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../api/types.ts';
import type { Arrival } from './arrival.ts';
import { ForgottenForm, NewPasswordForm, PasswordForm, type Step } from './forms.tsx';
import { Providers } from './providers.tsx';
import { exchange, verifyEmail } from './requests.ts';
import { store } from './use-session.ts';

interface Props {
  readonly arrival: Arrival | null;
  readonly onClose: () => void;
}

const TITLES: Record<Step['name'], string> = {
  working: 'One moment',
  password: 'Sign in',
  'one-time': 'Choose your password',
  forgotten: 'Forgotten password',
  reset: 'Choose another password',
};

export function SignInDialog({ arrival, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [step, setStep] = useState<Step>(() => firstStep(arrival));
  const [problem, setProblem] = useState<Problem | null>(() => providersProblem(arrival));
  useEffect(() => dialog.current?.showModal(), []);
  useArrival(arrival, setStep, setProblem, onClose);
  const go = (next: Step) => {
    setProblem(null);
    setStep(next);
  };
  const form = { onStep: go, onProblem: setProblem, onDone: onClose };
  return (
    <dialog ref={dialog} className="confirm sign-in" aria-labelledby="sign-in-title" onClose={onClose}>
      <h2 id="sign-in-title">{TITLES[step.name]}</h2>
      {'note' in step && step.note && <p role="status">{step.note}</p>}
      {problem && (
        <p role="alert" className="problem">
          <strong>{problem.message}</strong> {problem.hint} <code>{problem.code}</code>
        </p>
      )}
      {step.name === 'password' && <PasswordForm {...form} email={step.email ?? ''} />}
      {step.name === 'forgotten' && <ForgottenForm {...form} email={step.email} />}
      {(step.name === 'one-time' || step.name === 'reset') && <NewPasswordForm {...form} step={step} />}
      {step.name === 'password' && <Providers onProblem={setProblem} />}
      <button type="button" className="close" aria-label="Close" onClick={() => dialog.current?.close()}>
        ×
      </button>
    </dialog>
  );
}

function firstStep(arrival: Arrival | null): Step {
  switch (arrival?.kind) {
    case 'reset':
      return { name: 'reset', token: arrival.token };
    case 'verify':
    case 'oidc':
      return { name: 'working' };
    default:
      return { name: 'password' };
  }
}

function providersProblem(arrival: Arrival | null): Problem | null {
  if (arrival?.kind !== 'oidc-error') return null;
  return {
    code: arrival.code,
    message: 'The sign-in at the provider did not work.',
    hint: 'Begin again, in this browser and within ten minutes.',
  };
}

/** Links and codes are good once: they are sent once, though React runs effects twice in development. */
function useArrival(
  arrival: Arrival | null,
  setStep: (step: Step) => void,
  setProblem: (problem: Problem | null) => void,
  onDone: () => void,
): void {
  const sent = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an arrival is dealt with once
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    if (arrival?.kind === 'verify') {
      verifyEmail(arrival.token).then(({ problem }) => {
        const note = problem ? undefined : 'Your e-mail is confirmed. Now sign in.';
        setStep({ name: 'password', ...(note && { note }) });
        setProblem(problem);
      });
    }
    if (arrival?.kind === 'oidc') {
      exchange(arrival.code).then(({ data, problem }) => {
        if (data) {
          store.set(data);
          onDone();
        } else {
          setStep({ name: 'password' });
          setProblem(problem);
        }
      });
    }
  }, []);
}
