//! The words by which a row of the table ([`super::operations`]) says what an operation does.

/// What carries an operation out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpKind {
    /// The engine or its catalog; it may block.
    Admin,
    /// A snapshot of the namespace.
    Read,
    /// The namespace's mailbox and log; the namespace is created if need be.
    Write,
}

/// What carrying an operation out does to what is stored, and so what it means that its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that anybody wrote: carrying it out twice is as good as once, so it may be asked again, and its outcome is never
    /// unknown.
    Keeps,
    /// It changes something and may need space for that.
    Takes,
    /// It changes something and gives space back in the end: the way out of a full disk.
    Frees,
}

/// How large an operation's answer may be; [`super::Request::answer_hint`] makes bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSize {
    /// Counters, names, an acknowledgement.
    Small,
    /// About what the request itself takes.
    Echo,
    /// The metadata or properties of one thing.
    Record,
    /// One value.
    Value,
    /// Many values, each as large as one may be: a page, and the value that fills it.
    Values,
    /// Many of anything else: about a page, and seldom more.
    Page,
}
