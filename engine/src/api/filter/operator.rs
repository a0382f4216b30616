//! The names of the operators, and which of them a wrong name probably means.
//!
//! A name is compared without its `$`, without regard to case, `_` and `-`; then what other stores call an operator is looked
//! up; then the name at the least distance is taken: the fewest letters put in, left out, changed or swapped with their
//! neighbour (Damerau's distance, "A technique for computer detection and correction of spelling errors", Communications
//! of the ACM 7, 1964), one in a name of up to five and two in a longer one.

/// The operators under a field.
pub const OF_FIELDS: [&str; 15] = [
    "$eq",
    "$ne",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$in",
    "$nin",
    "$exists",
    "$contains",
    "$icontains",
    "$startswith",
    "$all",
    "$any",
    "$not",
];

/// What stands in the place of a field.
pub const OF_FILTERS: [&str; 6] = ["$and", "$or", "$not", "$field", "$id", "$content"];

/// What others call them.
const ELSEWHERE: [(&str, &str); 22] = [
    ("equals", "$eq"),
    ("is", "$eq"),
    ("neq", "$ne"),
    ("greater", "$gt"),
    ("less", "$lt"),
    ("min", "$gte"),
    ("max", "$lte"),
    ("between", "$gte and $lte"),
    ("notin", "$nin"),
    ("oneof", "$in"),
    ("anyof", "$any"),
    ("allof", "$all"),
    ("containsany", "$any"),
    ("containsall", "$all"),
    ("elemmatch", "$any"),
    ("like", "$contains or $startswith"),
    ("ilike", "$icontains"),
    ("regex", "$contains or $startswith"),
    ("match", "$contains"),
    ("prefix", "$startswith"),
    ("beginswith", "$startswith"),
    ("nor", "$not around $or"),
];

/// Longer names are like none.
const NAME_BYTES_MAX: usize = 24;

fn plain(name: &str) -> String {
    let name = name.strip_prefix('$').unwrap_or(name);
    name.chars().filter(|letter| !matches!(letter, '_' | '-')).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The operator that a name is but for its `$`, its case and lines in it.
pub fn without_dollar(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.starts_with('$') || name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = plain(name);
    known.iter().copied().find(|known| known.get(1..) == Some(name.as_str()))
}

/// The operator that a wrong name probably means.
pub fn likely(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = plain(name);
    if let Some((_, meant)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == name) {
        return Some(meant);
    }
    let near = if name.chars().count() <= 5 { 1 } else { 2 };
    let distances = known.iter().map(|known| (distance(&name, known.get(1..).unwrap_or(known)), *known));
    distances.filter(|(distance, _)| *distance <= near).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// The distance of two texts; letters that were swapped are not changed again.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&above, j) + usize::from(from != to)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}
