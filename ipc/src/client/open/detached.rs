//! Makes a command's process one of its own: no child of this process, in no session of a terminal, with no descriptor but its three.
//!
//! The process that `spawn` makes forks once more and ends. So the program is nobody's child here, and when it ends it leaves nothing
//! for this process to collect.

use std::io;
use std::os::fd::RawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Descriptors up to which each is marked by itself where the system cannot mark a range.
const DESCRIPTORS_MARKED_MAX: RawFd = 1 << 16;
const FIRST: RawFd = 3;
/// What clone(2) is asked for to do as fork(2) does; the order of its arguments is the machine's.
const AS_FORK: [libc::c_long; 2] =
    if cfg!(target_arch = "s390x") { [0, libc::SIGCHLD as libc::c_long] } else { [libc::SIGCHLD as libc::c_long, 0] };

/// Lets the command run detached. Its own process ends at once and must be waited for.
pub fn detach(command: &mut Command) {
    // SAFETY: between fork and exec `leave` does nothing but system calls, as it may where this process has other threads.
    #[expect(unsafe_code, reason = "what happens between fork and exec")]
    unsafe {
        command.pre_exec(leave)
    };
}

fn leave() -> io::Result<()> {
    rustix::process::setsid()?;
    // Not by the library's fork, which would run what others have registered for it, a second time and in a process without their threads.
    // SAFETY: the child has a copy of this thread and its memory, and goes on in this very function, with system calls up to exec.
    #[expect(unsafe_code, reason = "the program is to be no child of this process")]
    match unsafe { libc::syscall(libc::SYS_clone, AS_FORK[0], AS_FORK[1], 0, 0, 0) } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        // SAFETY: ends this process without running anything of the one that it was forked from.
        _ => unsafe { libc::_exit(0) },
    }
    close_on_exec()
}

/// Marks every descriptor but the standard ones.
fn close_on_exec() -> io::Result<()> {
    let range = (FIRST.unsigned_abs(), u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    // SAFETY: a system call that changes flags of descriptors, in a process that ends with exec.
    #[expect(unsafe_code, reason = "no crate in use has this call")]
    let marked = unsafe { libc::syscall(libc::SYS_close_range, range.0, range.1, range.2) };
    if marked == 0 {
        return Ok(());
    }
    // A kernel before 5.11.
    for descriptor in FIRST..DESCRIPTORS_MARKED_MAX {
        // SAFETY: changes a flag of a descriptor of this process, or fails if there is none.
        #[expect(unsafe_code, reason = "descriptors by their numbers")]
        unsafe {
            libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC)
        };
    }
    Ok(())
}
