//! Protocols that are wrong in one point each. The check must find what comes of it: that is how the model is tested itself.

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The starter does not connect once more when it has the start lock.
    NoSecondLook,
    /// The starter takes a lock whose text announces no socket for an embedded holder, though a server that starts says no more.
    StarterJudges,
    /// The starter takes the directory's lock for a moment, to see whether it is free.
    StarterProbes,
    /// The server does not wait for a holder of the directory's lock that starts or ends.
    NoWaitForPredecessor,
    /// A holder that lives on after closing the database leaves its text in the lock.
    TextStays,
    /// A server believes a text that says "serving", and does not try whether the socket accepts.
    ServedUnproved,
    /// The server takes the path's lock without waiting: what a killed process still has counts as a server.
    NoWaitForPathLock,
    /// The server believes whatever still accepts at the path: the listener of a killed process counts as a server.
    NoWaitForListener,
    /// A server that finds another one serving reports an error, where it should send its starter there.
    ServedIsAnError,
    /// A starter whose server dies without a line tells its caller so, and does not start another one.
    DeathIsTold,
    /// A client whose connection ends before the welcome tells its caller so.
    RefusalIsTold,
    /// A starter that was told "ready" and then finds nobody tells its caller so.
    ReadyIsBelieved,
    /// The start lock comes down to the server, as a descriptor that is not close-on-exec.
    StartLockInherited,
    /// The socket is removed without a look whether it is the server's own.
    UnlinkUnlooked,
    /// The socket is removed after the locks of the path and of the directory were let go.
    UnlinkLate,
    /// The directory's lock is let go before what was begun has ended.
    LockBeforeDrain,
    /// A server that ends because it is idle does not look again once nobody is accepted any more.
    IdleUnchecked,
    /// A server gives way without a look whether others are connected.
    WayUnchecked,
    /// A newer client asks an older server to give way without the start lock.
    WayWithoutStartLock,
    /// A newer client asks so each time it meets an older server, by its very hello.
    WayByHello,
    /// A write is sent again without its number.
    Unnumbered,
}
