//! The entry of a fuzz target. libFuzzer has one of its own, in an archive; but so have the probes that another dependency's
//! build leaves to be linked, and whichever archive comes first would win: a target that ends at once and has tried nothing.

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    fn LLVMFuzzerRunDriver(
        argc: *mut c_int,
        argv: *mut *mut *mut c_char,
        target: unsafe extern "C" fn(*const u8, usize) -> c_int,
    ) -> c_int;
    fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> c_int;
}

/// Where the process begins.
// SAFETY: the only definition of this name in the program: no archive is asked for it any more.
#[unsafe(no_mangle)]
extern "C" fn main(mut argc: c_int, mut argv: *mut *mut c_char) -> c_int {
    // SAFETY: the arguments are those of the process, as libFuzzer's own entry passes them on; the target is the one that
    // `fuzz_target!` defines.
    unsafe { LLVMFuzzerRunDriver(&mut argc, &mut argv, LLVMFuzzerTestOneInput) }
}
