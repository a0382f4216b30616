//! Named values in the order in which they were given: a document's metadata, a node's properties, an object of JSON or TOON.
//!
//! Order is shown and never compared: two maps with the same fields are equal whatever their order, as in JSON, and the
//! order of values ranks maps by their fields sorted by name. A field that is written again keeps its place.
//!
//! A plain list of pairs, each name once: maps are small, there is one for every row, and most are read from first to last. So
//! looking one field up takes a walk; whatever has many fields at hand makes a map of them at once, by sorting.

use std::cmp::Ordering;
use std::{slice, vec};

use serde::{Serialize, Serializer};

use super::value::Value;

/// Up to so many fields comparing each with each is quicker than sorting.
const FEW: usize = 8;

/// A map from text to value that keeps its order.
#[derive(Debug, Clone, Default)]
pub struct Map(Vec<(String, Value)>);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// A map of these fields.
    ///
    /// # Errors
    /// The name of a field that is given twice.
    pub fn of_distinct(fields: Vec<(String, Value)>) -> Result<Self, String> {
        match duplicates(&fields).first().and_then(|(_, later)| fields.get(*later)) {
            Some((name, _)) => Err(name.clone()),
            None => Ok(Self(fields)),
        }
    }

    /// Writes a field: a new one behind the others, an old one in its place. Gives what it held. Takes a walk.
    pub fn insert(&mut self, name: String, value: Value) -> Option<Value> {
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((name, value));
                None
            }
        }
    }

    /// The value of a field. Takes a walk.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Takes a field out; the others keep their order. Takes a walk.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(place).1)
    }

    /// Takes the last field out.
    pub fn pop(&mut self) -> Option<(String, Value)> {
        self.0.pop()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields, in order.
    pub fn iter(&self) -> Fields<'_> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &String> + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values, in order, taken out.
    pub fn into_values(self) -> impl ExactSizeIterator<Item = Value> {
        self.0.into_iter().map(|(_, value)| value)
    }

    fn sorted(&self) -> Vec<&(String, Value)> {
        let mut fields: Vec<_> = self.0.iter().collect();
        fields.sort_unstable_by_key(|(name, _)| name);
        fields
    }

    fn has_names_of(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.keys().eq(other.keys())
    }
}

/// The fields of a map, in order.
pub type Fields<'a> =
    std::iter::Map<slice::Iter<'a, (String, Value)>, fn(&'a (String, Value)) -> (&'a String, &'a Value)>;

/// The places of fields whose name stands before: where it stands first, and where again, the last one last.
fn duplicates(fields: &[(String, Value)]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if fields.len() <= FEW {
        for (later, (name, _)) in fields.iter().enumerate() {
            let first = fields.iter().position(|(other, _)| other == name).unwrap_or(later);
            if first < later {
                found.push((first, later));
            }
        }
        return found;
    }
    let mut order: Vec<(&str, usize)> = fields.iter().enumerate().map(|(place, (name, _))| (&**name, place)).collect();
    order.sort_unstable();
    for run in order.chunk_by(|(a, _), (b, _)| a == b) {
        if let [(_, first), again @ ..] = run {
            found.extend(again.iter().map(|(_, later)| (*first, *later)));
        }
    }
    found
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        match self.has_names_of(other) {
            true => self.0 == other.0,
            false => self.0.len() == other.0.len() && self.sorted() == other.sorted(),
        }
    }
}

impl Eq for Map {}

impl Ord for Map {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sorted().cmp(&other.sorted())
    }
}

impl PartialOrd for Map {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A field given twice stands in its first place with its last value.
impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        let mut fields: Vec<_> = fields.into_iter().collect();
        let duplicates = duplicates(&fields);
        if duplicates.is_empty() {
            return Self(fields);
        }
        let mut goes = vec![false; fields.len()];
        for (first, later) in duplicates {
            let value = fields.get_mut(later).map(|(_, value)| std::mem::replace(value, Value::Null));
            if let (Some((_, kept)), Some(value)) = (fields.get_mut(first), value) {
                *kept = value;
            }
            if let Some(goes) = goes.get_mut(later) {
                *goes = true;
            }
        }
        Self(fields.into_iter().zip(goes).filter_map(|(field, goes)| (!goes).then_some(field)).collect())
    }
}

impl<const N: usize> From<[(String, Value); N]> for Map {
    fn from(fields: [(String, Value); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a String, &'a Value);
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&str, i64)]) -> Map {
        fields.iter().map(|(name, value)| ((*name).to_owned(), Value::Int(*value))).collect()
    }

    #[test]
    fn order_is_kept_and_not_compared() {
        let (a, b) = (map(&[("z", 1), ("a", 2), ("m", 3)]), map(&[("a", 2), ("m", 3), ("z", 1)]));
        assert_eq!(a.keys().collect::<Vec<_>>(), ["z", "a", "m"]);
        assert_eq!(a, b);
        assert_eq!(a.cmp(&b), Ordering::Equal);
        assert!(map(&[("z", 1), ("a", 2)]) < map(&[("a", 3)]), "ranked by the first name in the alphabet");
    }

    #[test]
    fn a_field_written_again_keeps_its_place_and_one_taken_out_leaves_the_others_theirs() {
        let mut fields = map(&[("z", 1), ("a", 2), ("m", 3), ("b", 4)]);
        assert_eq!(fields.insert("a".to_owned(), Value::Int(9)), Some(Value::Int(2)));
        assert_eq!(fields.remove("z"), Some(Value::Int(1)));
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "m", "b"]);
        assert_eq!(fields.pop(), Some(("b".to_owned(), Value::Int(4))));
    }

    /// The twin is a plain walk; both sides of the change from walking to sorting are met.
    #[test]
    fn a_field_given_twice_has_its_first_place_and_its_last_value() {
        for count in [2, 3, FEW, FEW + 1, 40] {
            for seed in 0..200_usize {
                let given: Vec<(String, i64)> = (0..count)
                    .map(|place| (format!("f{}", (place * 7 + seed * 13) % (1 + (seed + place) % count)), place as i64))
                    .collect();
                let mut twin = Map::new();
                given.iter().for_each(|(name, value)| drop(twin.insert(name.clone(), Value::Int(*value))));
                let fields = || given.iter().map(|(name, value)| (name.clone(), Value::Int(*value)));
                let made: Map = fields().collect();
                assert!(made.iter().eq(twin.iter()), "{given:?} became {made:?}");
                let distinct = Map::of_distinct(fields().collect());
                assert_eq!(distinct.is_ok(), twin.len() == count, "{given:?}");
                if let Err(name) = distinct {
                    assert!(given.iter().filter(|(other, _)| *other == name).count() > 1);
                }
            }
        }
    }
}
