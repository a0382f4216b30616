//! `toondb token`: the tokens of callers over gRPC, whether or not a server runs.

use std::error::Error;
use std::fmt::Write as _;

use jiff::Timestamp;
use toondb_engine::api::{NamespaceName, TimestampMs, Value};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::format::{Row, RowTable};
use toondb_engine::rng::OsRng;
use toondb_grpc::auth::{self, Namespaces, NewToken, TokenRecord, TokenState};

use crate::cli::{Data, TokenCommand, TokenCreate, TokenList, TokenRevoke};
use crate::output::{print, print_tables, row};

/// What every data directory that was ever served has.
const DATABASE: &str = "catalog.redb";

/// Creates, lists or revokes.
pub fn token(command: TokenCommand) -> Result<(), Box<dyn Error>> {
    match command {
        TokenCommand::Create(options) => create(options),
        TokenCommand::List(options) => list(options),
        TokenCommand::Revoke(options) => revoke(&options),
    }
}

/// The token alone goes to standard output, so that a script can take it from there.
fn create(options: TokenCreate) -> Result<(), Box<dyn Error>> {
    let TokenCreate { data: Data { data }, name, namespaces, all_namespaces: _, rights, expires } = options;
    let clock = SystemClock::new();
    // The command line has made sure that it is either some or all.
    let namespaces = match namespaces.as_slice() {
        [] => Namespaces::All,
        some => Namespaces::These(some.iter().map(NamespaceName::new).collect()),
    };
    let span_ms = expires.map(|span| i64::try_from(span.as_millis())).transpose()?;
    let expires_at = span_ms.map(|span_ms| TimestampMs(clock.now_ms().saturating_add(span_ms)));
    let new = NewToken { name, namespaces, rights, expires_at };
    let token = auth::create(&data, &new, &clock, &OsRng::open()?)?;
    print(format!("{}\n", token.reveal()).as_bytes())?;
    eprintln!("This is the only time that the token is shown: only its hash is stored. Its id is {}.", token.id());
    if !data.join(DATABASE).exists() {
        // A wrong --data would go unnoticed otherwise, and the server that was meant would stay open.
        let data = std::path::absolute(&data)?;
        eprintln!("{} holds no database yet: the token counts for a server that is started on it.", data.display());
    }
    Ok(())
}

fn list(options: TokenList) -> Result<(), Box<dyn Error>> {
    let TokenList { data: Data { data }, format } = options;
    let now = TimestampMs(SystemClock::new().now_ms());
    let records = auth::list(&data)?;
    if let Some(format) = format.of_rows() {
        let rows = records.iter().map(|record| as_row(record, now)).collect();
        return print_tables(vec![RowTable { name: "tokens", rows }], format);
    }
    let mut text = String::new();
    let heads = ("id", "name", "rights", "created", "expires", "state", "namespaces");
    let (id, name, rights, created, expires, state, namespaces) = heads;
    writeln!(text, "{id:<16} {name:<20} {rights:<16} {created:<20} {expires:<20} {state:<8} {namespaces}")?;
    for record in &records {
        show(&mut text, record, now)?;
    }
    Ok(print(text.as_bytes())?)
}

fn state(record: &TokenRecord, now: TimestampMs) -> &'static str {
    match record.state(now) {
        TokenState::Valid => "valid",
        TokenState::Expired => "expired",
        TokenState::Revoked => "revoked",
    }
}

fn namespaces(record: &TokenRecord) -> String {
    match &record.namespaces {
        Namespaces::All => "(all)".to_owned(),
        Namespaces::These(names) => names.iter().map(NamespaceName::as_str).collect::<Vec<_>>().join(","),
    }
}

fn as_row(record: &TokenRecord, now: TimestampMs) -> Row {
    let text = |text: String| Value::String(text);
    row([
        ("id", text(record.id.to_string())),
        ("name", text(record.name.clone())),
        ("rights", text(record.rights.to_string())),
        ("created", text(utc(record.created_at))),
        ("expires", record.expires_at.map_or(Value::Null, |time| text(utc(time)))),
        ("state", Value::from(state(record, now))),
        ("namespaces", text(namespaces(record))),
    ])
}

fn show(text: &mut String, record: &TokenRecord, now: TimestampMs) -> std::fmt::Result {
    let id = record.id.to_string();
    let (name, rights) = (&record.name, record.rights.to_string());
    let created = utc(record.created_at);
    let expires = record.expires_at.map_or_else(|| "never".to_owned(), utc);
    let (state, namespaces) = (state(record, now), namespaces(record));
    writeln!(text, "{id:<16} {name:<20} {rights:<16} {created:<20} {expires:<20} {state:<8} {namespaces}")
}

fn revoke(options: &TokenRevoke) -> Result<(), Box<dyn Error>> {
    let TokenRevoke { data: Data { data }, id } = options;
    let record = auth::revoke(data, *id, &SystemClock::new())?;
    let since = record.revoked_at.map(utc).unwrap_or_default();
    let told =
        format!("token {id} ({}) is revoked since {since}; running servers refuse it within a second\n", record.name);
    print(told.as_bytes())?;
    Ok(())
}

/// Date and time in UTC, as in RFC 3339, to the second. A time beyond the calendar's years is shown as the number it is.
fn utc(time: TimestampMs) -> String {
    match Timestamp::from_millisecond(time.0) {
        Ok(instant) => instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => format!("{} ms", time.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(TimestampMs(ms)), text);
        }
    }
}
