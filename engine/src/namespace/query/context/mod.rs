//! Context assembly: sections into one text that never has more tokens than allowed.

mod assemble;
mod body;
mod room;
mod seen;

#[cfg(test)]
mod tests;
