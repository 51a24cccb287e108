/** The forms of the sign-in. Password managers know them by their `autocomplete`; Enter sends them. */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { Problem } from '../api/types.ts';
import { askForReset, type Credentials, resetPassword, signIn } from './requests.ts';
import { store } from './use-session.ts';

export type Step =
  | { readonly name: 'working' }
  | { readonly name: 'password'; readonly note?: string; readonly email?: string }
  | { readonly name: 'one-time'; readonly email: string; readonly password: string }
  | { readonly name: 'forgotten'; readonly email: string; readonly note?: string }
  | { readonly name: 'reset'; readonly token: string };

interface FormProps {
  readonly onStep: (step: Step) => void;
  readonly onProblem: (problem: Problem | null) => void;
  readonly onDone: () => void;
}

/** As the control plane has it (control-plane/src/accounts/password/rules.ts). */
const LEAST_CHARACTERS = 12;

/** Sends once at a time; null: done, else why not. */
function useSending(onProblem: FormProps['onProblem'], send: () => Promise<Problem | null>) {
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isSending) return;
    setSending(true);
    onProblem(null);
    const problem = await send();
    setSending(false);
    if (problem !== null) onProblem(problem);
  };
  return { isSending, submit };
}

async function open(credentials: Credentials, onDone: () => void): Promise<Problem | null> {
  const { data, problem } = await signIn(credentials);
  if (data === null) return problem;
  store.set(data);
  onDone();
  return null;
}

export function PasswordForm({
  onStep,
  onProblem,
  onDone,
  email: known,
}: FormProps & { readonly email: string }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const { isSending, submit } = useSending(onProblem, async () => {
    const problem = await open({ email, password }, onDone);
    if (problem?.code !== 'OW_ERR_PASSWORD_ONE_TIME') return problem;
    onStep({ name: 'one-time', email, password });
    return null;
  });
  return (
    <form onSubmit={submit}>
      <EmailField value={email} onChange={setEmail} />
      <PasswordField label="Password" kind="current-password" value={password} onChange={setPassword} />
      <Buttons isSending={isSending} verb="Sign in">
        <button type="button" className="link" onClick={() => onStep({ name: 'forgotten', email })}>
          Forgotten?
        </button>
      </Buttons>
    </form>
  );
}

interface NewPasswordProps extends FormProps {
  readonly step: Extract<Step, { name: 'one-time' | 'reset' }>;
}

export function NewPasswordForm({ onStep, onProblem, onDone, step }: NewPasswordProps) {
  const [password, setPassword] = useState('');
  const { isSending, submit } = useSending(onProblem, async () => {
    if (step.name === 'one-time') {
      return open({ email: step.email, password: step.password, newPassword: password }, onDone);
    }
    const { problem } = await resetPassword(step.token, password);
    if (problem === null) onStep({ name: 'password', note: 'The password is changed. Now sign in.' });
    return problem;
  });
  return (
    <form onSubmit={submit}>
      {step.name === 'one-time' && (
        <>
          <p>The password that you have was good for this one sign-in.</p>
          {/* So that a password manager keeps the right pair. */}
          <input type="hidden" name="username" autoComplete="username" value={step.email} />
        </>
      )}
      <PasswordField
        label="New password"
        kind="new-password"
        value={password}
        onChange={setPassword}
        hint={`At least ${LEAST_CHARACTERS} characters; a few words are easy to remember.`}
      />
      <Buttons isSending={isSending} verb={step.name === 'one-time' ? 'Sign in' : 'Change it'} />
    </form>
  );
}

export function ForgottenForm({ onStep, onProblem, email: known }: FormProps & { readonly email: string }) {
  const [email, setEmail] = useState(known);
  const { isSending, submit } = useSending(onProblem, async () => {
    const { problem } = await askForReset(email);
    const note = 'If there is an account with this e-mail, a link to another password is on its way.';
    if (problem === null) onStep({ name: 'forgotten', email, note });
    return problem;
  });
  return (
    <form onSubmit={submit}>
      <EmailField value={email} onChange={setEmail} />
      <Buttons isSending={isSending} verb="Send a link">
        <button type="button" className="link" onClick={() => onStep({ name: 'password', email })}>
          Back
        </button>
      </Buttons>
    </form>
  );
}

interface FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function EmailField({ value, onChange }: FieldProps) {
  return (
    <label className="field">
      E-mail
      <input
        type="email"
        name="email"
        autoComplete="username"
        required
        maxLength={254}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

interface PasswordProps extends FieldProps {
  readonly label: string;
  readonly kind: 'current-password' | 'new-password';
  readonly hint?: string;
}

/** Can be looked at: what is typed blindly on a phone is typed wrong. */
function PasswordField({ label, kind, value, onChange, hint }: PasswordProps) {
  const [isShown, setShown] = useState(false);
  const [id, hintId] = [useId(), useId()];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <span className="password">
        <input
          id={id}
          type={isShown ? 'text' : 'password'}
          name={kind}
          autoComplete={kind}
          required
          minLength={kind === 'new-password' ? LEAST_CHARACTERS : undefined}
          maxLength={256}
          spellCheck={false}
          autoCapitalize="none"
          aria-describedby={hint ? hintId : undefined}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
        <button type="button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
          Show<span className="visually-hidden"> the password</span>
        </button>
      </span>
      {hint && <small id={hintId}>{hint}</small>}
    </div>
  );
}

function Buttons({ isSending, verb, children }: { isSending: boolean; verb: string; children?: ReactNode }) {
  return (
    <div className="buttons">
      {children}
      <button type="submit" className="primary" disabled={isSending}>
        {isSending ? 'One moment…' : verb}
      </button>
    </div>
  );
}
