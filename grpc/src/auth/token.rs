//! A token: an id that everybody may know and a secret that only its bearer does.
//!
//! ```text
//! tdb_0123456789abcdef_Gk2nYFqQ0p1tXo7c8uI3vD5bL9sZ4wE6rM-hJ_aKxTw
//!     16 digits of id  43 characters of base64url (RFC 4648, section 5, unpadded): 32 random bytes
//! ```
//!
//! The id finds the entry and the secret is compared, so that finding depends on nothing secret. Only SHA-256 of the secret
//! is stored. A password needs a slow, salted hash because people choose it from few; a secret of 256 random bits is
//! guessed no faster for a fast hash, and no table of hashes exists for it. What is hashed are the characters, not the
//! bytes behind them: there is one spelling of each secret.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use toondb_engine::rng::Rng;

const PREFIX: &[u8] = b"tdb_";
const ID_DIGITS: usize = 16;
const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Names a token; not secret. Its text is 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub u64);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Exactly as it is shown: 16 digits, the letters among them small.
impl FromStr for TokenId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_id(text.as_bytes())
            .ok_or_else(|| "a token's id has 16 digits (0-9, a-f); toondb token list shows it".to_owned())
    }
}

fn parse_id(digits: &[u8]) -> Option<TokenId> {
    if digits.len() != ID_DIGITS {
        return None;
    }
    let mut id = 0;
    for digit in digits {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        id = id << 4 | u64::from(value);
    }
    Some(TokenId(id))
}

/// A whole token. Neither it nor its hash can be shown by accident: `Debug` leaves the secret out, and there is no `Display`.
pub struct Token {
    id: TokenId,
    secret: [u8; SECRET_CHARS],
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, secret)", self.id)
    }
}

impl Token {
    /// Bytes of a token's text.
    pub const TEXT_BYTES: usize = PREFIX.len() + ID_DIGITS + 1 + SECRET_CHARS;

    /// A new one.
    #[must_use]
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut random = [0; SECRET_BYTES];
        rng.fill(&mut random);
        Self { id: TokenId(rng.next_u64()), secret: base64url(&random) }
    }

    /// Reads a token's text; anything that is not exactly one gives nothing.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Self::TEXT_BYTES {
            return None;
        }
        let (id, rest) = text.strip_prefix(PREFIX)?.split_at_checked(ID_DIGITS)?;
        let secret: [u8; SECRET_CHARS] = rest.strip_prefix(b"_")?.try_into().ok()?;
        let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        secret.iter().all(known).then_some(())?;
        Some(Self { id: parse_id(id)?, secret })
    }

    /// Its text. Whoever calls this shows the secret.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("tdb_{}_{}", self.id, String::from_utf8_lossy(&self.secret))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.secret).into())
    }
}

/// 32 bytes are 42 characters of 6 bits each and one of the last 4.
fn base64url(bytes: &[u8; SECRET_BYTES]) -> [u8; SECRET_CHARS] {
    let mut out = [0; SECRET_CHARS];
    let mut chars = out.iter_mut();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for (index, char) in chars.by_ref().take(group.len() + 1).enumerate() {
            let six = bits >> (18 - 6 * index) & 63;
            *char = BASE64URL.get(six as usize).copied().unwrap_or_default();
        }
    }
    out
}

/// SHA-256 of a token's secret.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of no secret that is known: compared with where there is no entry, so that an unknown id takes as long as a
    /// wrong secret.
    pub const NOBODY: TokenHash = TokenHash([0; 32]);

    /// True if `token` has the secret; takes the same time wherever the difference is.
    #[must_use]
    pub fn matches(&self, token: &Token) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }

    /// As 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() {
            return None;
        }
        for (out, digits) in hash.chunks_mut(ID_DIGITS / 2).zip(text.as_bytes().chunks(ID_DIGITS)) {
            out.copy_from_slice(&parse_id(digits)?.0.to_be_bytes());
        }
        Some(Self(hash))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash")
    }
}

#[cfg(test)]
mod tests {
    use toondb_engine::rng::{OsRng, SeededRng};

    use super::*;

    #[test]
    fn a_token_is_read_back_and_matches_its_hash_alone() {
        let rng = SeededRng::new(5);
        let (one, other) = (Token::generate(&rng), Token::generate(&rng));
        let again = Token::parse(one.reveal().as_bytes()).unwrap();
        assert_eq!((again.id(), again.secret), (one.id(), one.secret));
        assert!(one.hash().matches(&again) && !one.hash().matches(&other) && !TokenHash::NOBODY.matches(&one));
        let hex = one.hash().to_hex();
        assert_eq!(hex.len(), 64);
        assert!(TokenHash::from_hex(&hex).unwrap().matches(&one));
        assert_eq!(one.id().to_string().parse::<TokenId>().unwrap(), one.id());
        let kernel = OsRng::open().unwrap();
        assert_ne!(Token::generate(&kernel).secret, Token::generate(&kernel).secret);
    }

    #[test]
    fn the_secret_is_base64url_and_its_hash_is_sha256() {
        let bytes: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 8 + 7).unwrap());
        let text = base64url(&bytes);
        assert_eq!(std::str::from_utf8(&text).unwrap(), "Bw8XHycvNz9HT1dfZ293f4ePl5-nr7e_x8_X3-fv9_8");
        let token = Token { id: TokenId(1), secret: text };
        assert_eq!(token.reveal(), "tdb_0000000000000001_Bw8XHycvNz9HT1dfZ293f4ePl5-nr7e_x8_X3-fv9_8");
        assert_eq!(token.hash().to_hex(), "d294aaa677d5f498ead4d645da7ec71fbeef7eeb71bf056c123efae37e2417e9");
    }

    #[test]
    fn nothing_shows_a_secret_by_accident() {
        let token = Token::generate(&SeededRng::new(6));
        let shown = format!("{token:?} {:?}", token.hash());
        let secret = String::from_utf8_lossy(&token.secret).into_owned();
        assert!(!shown.contains(&secret) && !shown.contains(&token.hash().to_hex()), "{shown}");
    }

    #[test]
    fn whatever_is_not_exactly_a_token_is_refused() {
        let text = Token::generate(&SeededRng::new(7)).reveal().into_bytes();
        for length in 0..text.len() {
            assert!(Token::parse(&text[..length]).is_none(), "{length} bytes");
        }
        assert!(Token::parse(&[text.as_slice(), b"A"].concat()).is_none());
        assert!(Token::parse(&vec![b'a'; 1 << 20]).is_none());
        assert!(Token::parse(String::from_utf8_lossy(&text).to_uppercase().as_bytes()).is_none());
    }

    #[test]
    fn changed_tokens_are_refused_or_are_other_tokens() {
        let seed = 0x70C3;
        let rng = SeededRng::new(seed);
        let token = Token::generate(&rng);
        for round in 0..20_000 {
            let mut text = token.reveal().into_bytes();
            let place = usize::try_from(rng.next_u64()).unwrap() % text.len();
            text[place] ^= u8::try_from(rng.next_u64() % 255 + 1).unwrap();
            if let Some(other) = Token::parse(&text) {
                let same = other.id() == token.id() && token.hash().matches(&other);
                assert!(!same, "seed {seed}, round {round}: {text:?} passes for the token");
                assert_eq!(other.reveal().into_bytes(), text, "seed {seed}, round {round}");
            }
            let random: Vec<u8> = (0..rng.next_u64() % 80).map(|_| rng.next_u64().to_le_bytes()[0]).collect();
            assert!(Token::parse(&random).is_none(), "seed {seed}, round {round}: {random:?}");
        }
    }

    #[test]
    fn ids_and_hashes_have_one_spelling() {
        for wrong in ["", "1", "0123456789abcdeF", "0123456789abcdefa", "+123456789abcdef", "０123456789abcd"] {
            assert!(wrong.parse::<TokenId>().is_err(), "{wrong:?}");
        }
        let hex = "0".repeat(63);
        for wrong in [hex.clone(), format!("{hex}00"), format!("{hex}G"), format!("{hex}A")] {
            assert!(TokenHash::from_hex(&wrong).is_none(), "{wrong:?}");
        }
    }
}
