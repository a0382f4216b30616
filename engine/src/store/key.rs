//! Composite keys whose byte order is the order of their components.

/// Builds a key component by component.
#[derive(Debug, Default, Clone)]
pub struct KeyWriter(Vec<u8>);

impl KeyWriter {
    /// An empty key.
    pub fn new() -> Self {
        Self(Vec::with_capacity(64))
    }

    /// A text and a zero byte. The text must hold no zero byte; the API refuses such ids.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        self
    }

    /// Raw bytes, last component only.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A 32-bit number.
    #[must_use]
    pub fn u32(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// A 64-bit number.
    #[must_use]
    pub fn u64(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// A signed time: flipping the sign bit makes byte order the order of time.
    #[must_use]
    pub fn time(self, time_ms: i64) -> Self {
        self.u64(time_ms.cast_unsigned() ^ (1 << 63))
    }

    /// The finished key.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Takes a key apart. Every method gives `None` if the key is too short or not of that form: keys come from disk.
#[derive(Debug, Clone, Copy)]
pub struct KeyReader<'a>(&'a [u8]);

impl<'a> KeyReader<'a> {
    /// Reads from the first byte on.
    pub fn new(key: &'a [u8]) -> Self {
        Self(key)
    }

    /// A text up to its zero byte.
    pub fn text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(text).ok()
    }

    /// A 32-bit number.
    pub fn u32(&mut self) -> Option<u32> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*head))
    }

    /// A 64-bit number.
    pub fn u64(&mut self) -> Option<u64> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*head))
    }

    /// A signed time.
    pub fn time(&mut self) -> Option<i64> {
        Some((self.u64()? ^ (1 << 63)).cast_signed())
    }

    /// Everything that is left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The first key after every key that begins with `prefix`; `None` if there is none.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}
