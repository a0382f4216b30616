//! A latency against its peer's: each call is followed by one of its peer, so that both see the same machine. A figure is
//! the ratio of the two medians of a round, and the median over the rounds.

use std::time::Duration;

use crate::measure::{Report, Samples, median, micros, note};
use crate::outcome::Outcome;

/// The medians of one round.
#[derive(Debug)]
pub struct Round {
    ours_us: f64,
    peer_us: f64,
}

/// Makes `calls` of each side by turns.
pub fn interleave(
    calls: usize,
    mut ours: impl FnMut() -> Outcome<Duration>,
    mut peer: impl FnMut() -> Outcome<Duration>,
) -> Outcome<Round> {
    let (mut our_samples, mut peer_samples) = (Samples::default(), Samples::default());
    for _ in 0..calls {
        our_samples.push(ours()?);
        peer_samples.push(peer()?);
    }
    let round = Round { ours_us: micros(our_samples.p50()), peer_us: micros(peer_samples.p50()) };
    note(&format!(
        "p50 {:.1} against {:.1} us; p99 {:.1} against {:.1} us",
        round.ours_us,
        round.peer_us,
        micros(our_samples.percentile(0.99)),
        micros(peer_samples.percentile(0.99)),
    ));
    Ok(round)
}

/// Prints the row of a figure, with the names of both sides.
pub fn show(report: &Report, figure: &str, target: &str, rounds: &[Round], ours: &str, peer: &str) {
    let of = |pick: fn(&Round) -> f64| median(&rounds.iter().map(pick).collect::<Vec<_>>());
    let ratio = of(|round| round.ours_us / round.peer_us);
    let (ours_us, peer_us) = (of(|round| round.ours_us), of(|round| round.peer_us));
    report.row(figure, target, &format!("{ratio:.2} ({ours} {ours_us:.1} us, {peer} {peer_us:.1} us)"));
}
