//! What the tests of this crate share: doors, models, processes and faults.
