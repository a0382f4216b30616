//! Under which number of its client a call is asked for: three headers, see [`toondb_engine::api::Once`] and `docs/grpc.md`.

use tonic::metadata::MetadataMap;
use toondb_engine::api::{ClientId, Error, Once, Result};

/// 32 hexadecimal digits: a client's 16 random bytes.
const CLIENT_ID: &str = "toondb-client-id";
/// A decimal number, another one for each change.
const NUMBER: &str = "toondb-request-number";
/// A decimal number: the client has the answers of all its calls below it. 0 if it is left out.
const ANSWERED_BELOW: &str = "toondb-answered-below";

fn text<'a>(metadata: &'a MetadataMap, name: &str) -> Result<Option<&'a str>> {
    let wrong = |_| Error::invalid(format!("the header {name} is no text"));
    metadata.get(name).map(|value| value.to_str().map_err(wrong)).transpose()
}

fn number(metadata: &MetadataMap, name: &str) -> Result<Option<u64>> {
    let wrong = |_| Error::invalid(format!("the header {name} is no number of 64 bits"));
    text(metadata, name)?.map(|text| text.parse().map_err(wrong)).transpose()
}

fn client(hex: &str) -> Option<ClientId> {
    let mut id = [0; 16];
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.len() != id.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in id.iter_mut().zip(pairs) {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = u8::try_from(16 * digit(high)? + digit(low)?).ok()?;
    }
    Some(ClientId(id))
}

/// What the headers of a call say.
pub fn once_of(metadata: &MetadataMap) -> Result<Option<Once>> {
    let (id, number, below) =
        (text(metadata, CLIENT_ID)?, number(metadata, NUMBER)?, number(metadata, ANSWERED_BELOW)?);
    match (id, number) {
        (None, None) if below.is_none() => Ok(None),
        (Some(id), Some(number)) => {
            let client = client(id)
                .ok_or_else(|| Error::invalid(format!("the header {CLIENT_ID} has 32 hexadecimal digits")))?;
            Ok(Some(Once { client, number, answered_below: below.unwrap_or_default() }))
        }
        _ => Err(Error::invalid(format!("the headers {CLIENT_ID} and {NUMBER} belong together"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Result<Option<Once>> {
        let mut metadata = MetadataMap::new();
        for (name, value) in headers {
            metadata.insert(*name, value.parse().unwrap());
        }
        once_of(&metadata)
    }

    #[test]
    fn the_headers_belong_together_and_are_read_exactly() {
        assert_eq!(read(&[]).unwrap(), None);
        let id = "000102030405060708090a0b0c0d0EfF";
        let expected = ClientId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        let once = |number, answered_below| Some(Once { client: expected, number, answered_below });
        assert_eq!(read(&[(CLIENT_ID, id), (NUMBER, "7")]).unwrap(), once(7, 0));
        assert_eq!(read(&[(CLIENT_ID, id), (NUMBER, "7"), (ANSWERED_BELOW, "5")]).unwrap(), once(7, 5));
        let wrong: [&[(&str, &str)]; 7] = [
            &[(CLIENT_ID, id)],
            &[(NUMBER, "7")],
            &[(ANSWERED_BELOW, "7")],
            &[(CLIENT_ID, "00"), (NUMBER, "7")],
            &[(CLIENT_ID, "g00102030405060708090a0b0c0d0eff"), (NUMBER, "7")],
            &[(CLIENT_ID, id), (NUMBER, "-7")],
            &[(CLIENT_ID, id), (NUMBER, "7"), (ANSWERED_BELOW, "x")],
        ];
        assert!(wrong.iter().all(|headers| read(headers).is_err()));
    }
}
