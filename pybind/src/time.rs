//! Points in time and spans, as Python states them.
//!
//! A point is an integer of milliseconds since 1970, an aware `datetime`, or a text in ISO 8601 with an offset. A naive datetime is
//! refused: whether it means UTC or the local time of some machine nobody can tell. Conversion is exact: a datetime's
//! microseconds are cut to the millisecond that they lie in, with integers only.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};
use std::time::Duration;

use crate::error::{invalid, wrong_type};

fn utc_1970(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let datetime = py.import("datetime")?;
        let utc = datetime.getattr("timezone")?.getattr("utc")?;
        datetime.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, utc)).map(Bound::unbind)
    });
    Ok(epoch?.bind(py))
}

/// The milliseconds of a `timedelta`, rounded down.
fn milliseconds_of(delta: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name: &str| delta.getattr(name)?.extract::<i64>();
    Ok(part("days")? * 86_400_000 + part("seconds")? * 1_000 + part("microseconds")?.div_euclid(1_000))
}

fn of_datetime(datetime: &Bound<'_, PyAny>) -> PyResult<i64> {
    let py = datetime.py();
    if datetime.call_method0("utcoffset")?.is_none() {
        let text = format!(
            "the datetime {datetime} has no time zone, so nobody can tell which instant it means: \
             give it one, for example datetime.now(timezone.utc) or .replace(tzinfo=timezone.utc)"
        );
        return Err(invalid(py, text));
    }
    milliseconds_of(&datetime.sub(utc_1970(py)?)?)
}

/// A point in time as milliseconds since 1970, negative before it.
pub fn milliseconds_since_1970(object: &Bound<'_, PyAny>) -> PyResult<i64> {
    let py = object.py();
    if object.cast::<PyInt>().is_ok() && object.cast::<PyBool>().is_err() {
        return object
            .extract()
            .map_err(|_| invalid(py, format!("{object} milliseconds are no time that can be kept")));
    }
    if let Ok(text) = object.cast::<PyString>() {
        // Python 3.10 does not know the Z.
        let written = text.to_cow()?;
        let text = written.strip_suffix(['Z', 'z']).map_or_else(|| written.to_string(), |text| format!("{text}+00:00"));
        let parsed = py.import("datetime")?.getattr("datetime")?.call_method1("fromisoformat", (text,));
        return match parsed {
            Ok(datetime) => of_datetime(&datetime),
            Err(_) => Err(invalid(py, format!("{written:?} is no time in ISO 8601, such as 2026-01-31T12:00:00Z"))),
        };
    }
    if object.hasattr("utcoffset")? && object.hasattr("timestamp")? {
        return of_datetime(object);
    }
    if let Ok(number) = object.extract::<i64>()
        && object.cast::<PyFloat>().is_err()
        && object.cast::<PyBool>().is_err()
    {
        return Ok(number);
    }
    let kind = object.get_type();
    let text =
        format!("a time is an int of milliseconds since 1970, an aware datetime, or a text in ISO 8601, not {kind}");
    Err(wrong_type(py, &text))
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("datetime")?.getattr(name)
}

/// A date or an aware datetime as a value: a text whose order is that of time, because all of a kind are equally long.
/// A datetime becomes its instant in UTC to the millisecond (`2026-01-31T12:00:00.000Z`), a date `2026-01-31`; nothing if it is
/// neither.
pub fn text(object: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = object.py();
    if !object.is_instance(&class(py, "date")?)? {
        return Ok(None);
    }
    if !object.is_instance(&class(py, "datetime")?)? {
        return object.call_method0("isoformat")?.extract().map(Some);
    }
    of_datetime(object)?;
    let outside = || invalid(py, format!("the datetime {object} lies outside the years 1 to 9999 of UTC"));
    let utc = object.call_method1("astimezone", (class(py, "timezone")?.getattr("utc")?,)).map_err(|_| outside())?;
    let text: String = utc.call_method1("isoformat", ("T", "milliseconds"))?.extract()?;
    text.strip_suffix("+00:00").map(|text| Some(format!("{text}Z"))).ok_or_else(outside)
}

/// A span as whole milliseconds, rounded up so that nothing ends early: seconds, or a `timedelta`.
#[pyfunction]
#[pyo3(signature = (span, name))]
pub fn span_ms(py: Python<'_>, span: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Option<u64>> {
    let Some(span) = span.filter(|span| !span.is_none()) else { return Ok(None) };
    let seconds = match span.getattr_opt("total_seconds")? {
        Some(total) => total.call0()?.extract::<f64>()?,
        None => span.extract::<f64>().map_err(|_| {
            wrong_type(py, &format!("{name} is a number of seconds or a timedelta, not {}", span.get_type()))
        })?,
    };
    let ms = (seconds * 1000.0).ceil();
    if !(1.0..9.0e18).contains(&ms) {
        let text =
            format!("{name} is {seconds} seconds; give more than 0 and less than 300 million years, or leave it out");
        return Err(invalid(py, text));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in the range of u64")]
    Ok(Some(ms as u64))
}

/// A point in time as milliseconds since 1970.
#[pyfunction]
pub fn time_ms(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    milliseconds_since_1970(time)
}

/// How long a client waits: a time in seconds greater than 0; nothing = the client's own default.
pub fn timeout(py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(seconds) = timeout else { return Ok(None) };
    match Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero()) {
        Some(wait) => Ok(Some(wait)),
        None => Err(invalid(py, format!("timeout is {seconds} seconds; give a time greater than 0"))),
    }
}
