//! What the searches of collections and vector indexes have in common: how many results, from which on, and of which kind.

use super::error::{Error, Result};
use super::field_values::check_field;
use crate::limits;

/// Refuses result counts and search widths outside their limits.
pub(super) fn check_search(k: Option<u32>, ef: Option<u32>) -> Result<()> {
    let inside = |value: Option<u32>, max: usize| value.is_none_or(|value| value >= 1 && value as usize <= max);
    if !inside(k, limits::K_MAX) {
        return Err(Error::limit(format!("k must be 1 to {}", limits::K_MAX)));
    }
    if !inside(ef, limits::EF_MAX) {
        return Err(Error::limit(format!("ef must be 1 to {}", limits::EF_MAX)));
    }
    Ok(())
}

/// Refuses more numbers than the largest batch of queries holds.
pub(super) fn check_queries(numbers: usize) -> Result<()> {
    if numbers > limits::QUERIES_MAX * limits::DIMENSION_MAX {
        return Err(Error::limit(format!("more than {} queries", limits::QUERIES_MAX)));
    }
    Ok(())
}

/// Refuses an offset that leads beyond what one search may look at, and a threshold that nothing can be compared with.
pub(super) fn check_window(k: Option<u32>, offset: u32, threshold: Option<f32>) -> Result<()> {
    let k = k.map_or(limits::K_DEFAULT, |k| k as usize);
    if (offset as usize).saturating_add(k) > limits::K_MAX {
        return Err(Error::limit(format!(
            "offset and k are {offset} and {k}; together the limit is {}: narrow the search by a filter",
            limits::K_MAX
        )));
    }
    match threshold {
        Some(threshold) if threshold.is_nan() => Err(Error::invalid("the threshold is NaN; leave it out for none")),
        _ => Ok(()),
    }
}

/// Refuses groups without a field, and of sizes outside their limits.
pub(super) fn check_groups(group_by: Option<&String>, group_size: Option<u32>) -> Result<()> {
    match (group_by, group_size) {
        (None, Some(_)) => Err(Error::invalid("group_size is given without group_by; name the field that groups")),
        (_, Some(size)) if size == 0 || size as usize > limits::K_MAX => {
            Err(Error::limit(format!("group_size must be 1 to {}", limits::K_MAX)))
        }
        (Some(field), _) => check_field("group_by", field),
        (None, None) => Ok(()),
    }
}

/// True of an offset that goes without saying.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
pub(super) fn is_zero(offset: &u32) -> bool {
    *offset == 0
}
