// Who a pid is. A pid alone is soon somebody else's, so a process is known by pid, start time and boot together.
import { readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly boot: string;
}

/** Undefined when there is no such process, or only its zombie. */
export function identifyProcess(pid: number): ProcessId | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name is in parentheses and may hold anything, spaces and parentheses too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || startTime === undefined) return undefined;
    return { pid, startTime, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return undefined;
  }
}

export function isSameProcess(known: ProcessId): boolean {
  const now = identifyProcess(known.pid);
  return now !== undefined && now.startTime === known.startTime && now.boot === known.boot;
}
