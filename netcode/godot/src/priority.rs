//! The tick before other work of its machine, where the system allows that.
//!
//! A tick is two milliseconds in thirty, and slow when it has to wait for somebody else's: in the middle of its sending, for
//! whoever its datagrams have just woken. With 100 bots and compilers on the same two cores its p99 was 5.3 ms as an
//! ordinary thread, 6.3 ms at nice -10, 5.3 ms at nice -20, and 2.4 ms in the real-time class (means of two times 35 s each,
//! in turns). So it takes the lowest real-time priority; the kernel keeps 5 % of each core for all others even if a tick
//! never ended.
//! Where that is not allowed (no CAP_SYS_NICE, as in most containers) everything is as it was.

use std::io;

/// Lowest of the real-time class.
const PRIORITY: i32 = 1;

/// What Godot calls the threads that Jolt's steps run on.
const WORKERS: &str = "WorkerThread";

/// Raises this thread and Godot's workers, for which it waits. What they start later is ordinary.
///
/// # Errors
/// What the system says against it.
pub fn raise() -> io::Result<()> {
    raise_thread(0)?;
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        // One that has ended meanwhile needs nothing.
        let name = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        let id = path.file_name().and_then(|id| id.to_str()?.parse().ok());
        if let (true, Some(id)) = (name.starts_with(WORKERS), id) {
            raise_thread(id)?;
        }
    }
    Ok(())
}

/// By its number in the kernel; 0 is this one.
fn raise_thread(id: libc::pid_t) -> io::Result<()> {
    let parameters = libc::sched_param {
        sched_priority: PRIORITY,
    };
    let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
    // SAFETY: the kernel reads the parameters during the call and keeps nothing; any thread number is allowed.
    match unsafe { libc::sched_setscheduler(id, policy, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> i32 {
        // SAFETY: takes a thread's number and nothing else.
        unsafe { libc::sched_getscheduler(0) }
    }

    #[test]
    fn this_thread_is_raised_where_that_is_allowed_and_what_it_starts_is_not() {
        match raise() {
            Ok(()) => assert_eq!(policy() & !libc::SCHED_RESET_ON_FORK, libc::SCHED_RR),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
        }
        let child = std::thread::spawn(policy).join().unwrap();
        assert_eq!(child, libc::SCHED_OTHER);
    }
}
