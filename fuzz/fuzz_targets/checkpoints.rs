#![no_main]

mod driver;

libfuzzer_sys::fuzz_target!(|data: &[u8]| toondb_tests::fuzz::checkpoints(data));
