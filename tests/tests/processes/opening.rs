//! Directories that many open: one server is started, whoever comes first, whatever was left behind, and whenever it ends.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use toondb_engine::api::{ErrorCode, Get};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_ipc::{AsyncClient, BlockingClient};
use toondb_tests::requests::{get, put};
use toondb_tests::{Dice, Served, Started, TempDir, increment, is_long, open_options, run, seed};

use super::sharing::{path, worker};

const CALLERS: usize = 16;
/// Longer than a test lasts.
const STAYS: Duration = Duration::from_secs(600);

/// A process that opens directories.
struct Caller {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Caller {
    fn start(idle_exit: Duration) -> Self {
        let mut child = worker(&["share", &idle_exit.as_millis().to_string()]);
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn ask(&mut self, dir: &Path) {
        writeln!(self.input, "{}", path(dir)).unwrap();
    }

    fn answer(&mut self) -> Started {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        Started::of_pid(line.trim_end().parse().unwrap_or_else(|_| panic!("a caller was refused: {line}")))
    }

    /// Kills it, whatever it is about.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}

/// All callers at once; gives the server that answered each.
fn all_at_once(callers: &mut [Caller], dir: &Path) -> BTreeSet<Started> {
    callers.iter_mut().for_each(|caller| caller.ask(dir));
    callers.iter_mut().map(Caller::answer).collect()
}

fn count(client: &BlockingClient, key: &str) -> i64 {
    let found = client.call_op("default", Get { key: key.as_bytes().to_vec().into(), snapshot: None }).unwrap().found;
    found.map_or(0, |found| std::str::from_utf8(&found.value).unwrap().parse().unwrap())
}

fn logged(dir: &Path, what: &str) -> usize {
    fs::read_to_string(dir.join("toondb.log")).unwrap().matches(what).count()
}

#[test]
fn a_directory_is_opened_used_and_opened_again_after_a_kill() {
    Started::adopt_all();
    let dir = TempDir::new();
    let data = dir.join("new/data");
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    run(&client, "default", put("k", "v")).unwrap();
    let first = Started::behind(&client).unwrap();
    let again = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    assert_eq!(Started::behind(&again).unwrap(), first);
    first.kill();
    assert!(data.join("toondb.sock").exists(), "a killed server leaves its socket behind");
    assert!(run(&client, "default", get("k")).unwrap().found.is_some(), "the next call starts another server");
    let second = Started::behind(&again).unwrap();
    assert_ne!(second, first);
    second.signal(Signal::TERM);
    second.wait();
    assert!(!data.join("toondb.sock").exists());
    run(&again, "default", put("l", "v")).unwrap();
    Started::behind(&client).unwrap().kill();
}

#[test]
fn callers_at_once_start_one_server() {
    Started::adopt_all();
    let rounds = if is_long() { 1_000 } else { 12 };
    let dir = TempDir::in_memory();
    let mut callers: Vec<Caller> = (0..CALLERS).map(|_| Caller::start(STAYS)).collect();
    let mut data = dir.join("0");
    let mut lives: usize = 0;
    for round in 0..rounds {
        // Four rounds on each directory: a clean one, then one that a killed server has left.
        if round % 4 == 0 {
            let _ = fs::remove_dir_all(&data);
            data = dir.join(&round.to_string());
            lives = 0;
        }
        let servers = all_at_once(&mut callers, &data);
        lives += 1;
        assert_eq!(servers.len(), 1, "round {round}: {servers:?}");
        assert_eq!(logged(&data, "ToonDB is ready"), lives, "round {round}: as many servers as lives");
        assert_eq!(logged(&data, "another server has come first"), 0, "round {round}: no start in vain");
        if round % 4 == 3 {
            let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
            assert_eq!(count(&client, "calls"), (4 * CALLERS) as i64);
        }
        servers.into_iter().for_each(Started::kill);
    }
    callers.into_iter().for_each(Caller::end);
}

#[test]
fn nobody_notices_that_idle_servers_end_and_none_is_left() {
    Started::adopt_all();
    let dir = TempDir::in_memory();
    let data = dir.join("data");
    // About as long as a caller pauses: ends and openings meet again and again.
    let idle_exit = Duration::from_millis(15);
    let (calls, dice) = (if is_long() { 2_000 } else { 60 }, Dice::new(seed(1)));
    let servers = Mutex::new(BTreeSet::new());
    let pauses: Vec<Vec<u64>> = (0..4).map(|_| (0..calls).map(|_| dice.below(30)).collect()).collect();
    std::thread::scope(|scope| {
        for pauses in &pauses {
            let (data, servers) = (&data, &servers);
            scope.spawn(move || {
                for pause in pauses {
                    let client = BlockingClient::open(data, open_options(idle_exit)).unwrap();
                    client.call_op("default", increment("calls")).unwrap();
                    servers.lock().unwrap().insert(Started::behind(&client).unwrap());
                    drop(client);
                    pause_for(Duration::from_millis(*pause));
                }
            });
        }
    });
    let client = BlockingClient::open(&data, open_options(idle_exit)).unwrap();
    assert_eq!(count(&client, "calls"), 4 * i64::from(calls));
    servers.lock().unwrap().insert(Started::behind(&client).unwrap());
    drop(client);
    let servers = servers.into_inner().unwrap();
    println!("{} servers", servers.len());
    // Nobody ends them: they end by themselves.
    servers.into_iter().for_each(Started::wait);
    assert!(!data.join("toondb.sock").exists());
}

#[expect(clippy::disallowed_methods, reason = "a caller that does something else meanwhile")]
fn pause_for(pause: Duration) {
    std::thread::sleep(pause);
}

/// Counts until the end; each call must be answered.
fn work(data: &Path, key: &str, ends: &AtomicBool) -> i64 {
    let client = BlockingClient::open(data, open_options(STAYS)).unwrap();
    let (mut counted, mut longest, clock) = (0, Duration::ZERO, SystemClock::new());
    while !ends.load(Ordering::Relaxed) {
        counted += 1;
        let began = clock.monotonic();
        assert_eq!(client.call_op("default", increment(key)).unwrap().value, counted, "each once");
        client.call_op("default", increment("shared")).unwrap();
        longest = longest.max(clock.monotonic() - began);
    }
    println!("{key}: {counted} rounds, the longest {longest:?}");
    counted
}

/// Ends the work, also where the test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn work_async(data: &Path, ends: &AtomicBool) -> i64 {
    let client = AsyncClient::open(data, open_options(STAYS)).await.unwrap();
    let count = async || {
        let mut counted = 0_i64;
        while !ends.load(Ordering::Relaxed) {
            client.call_op("default", increment("shared")).await.unwrap();
            counted += 1;
        }
        counted
    };
    let (a, b) = tokio::join!(count(), count());
    a + b
}

#[test]
fn kills_and_stops_lose_nothing_and_repeat_nothing() {
    Started::adopt_all();
    let rounds = if is_long() { 150 } else { 10 };
    let dir = TempDir::in_memory();
    let data = dir.join("data");
    let ends = AtomicBool::new(false);
    let dice = Dice::new(seed(1));
    let told: i64 = std::thread::scope(|scope| {
        let (data, _at_last) = (&data, Ends(&ends));
        let ends = &ends;
        let mut workers: Vec<_> =
            (0..3).map(|thread| scope.spawn(move || work(data, &format!("own{thread}"), ends))).collect();
        workers.push(scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(work_async(data, ends))
        }));
        let pace = BlockingClient::open(data, open_options(STAYS)).unwrap();
        for round in 0..rounds {
            // Until so much was done since the start: then the end comes in the middle of something.
            for _ in 0..20 + dice.below(100) {
                pace.call_op("default", increment("pace")).unwrap();
            }
            let server = Started::behind(&pace).unwrap();
            server.signal(if round % 3 == 0 { Signal::TERM } else { Signal::KILL });
            server.wait();
        }
        ends.store(true, Ordering::Relaxed);
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    assert_eq!(count(&client, "shared"), told);
    println!("{told} increments in {rounds} lives");
    Started::behind(&client).unwrap().kill();
}

/// A starter may be killed before, while and after it starts a server: whoever comes next is answered by one.
#[test]
fn starters_that_are_killed_leave_nothing_undone() {
    // A server that is left behind ends by itself.
    const SOON: Duration = Duration::from_secs(2);
    Started::adopt_all();
    let rounds = if is_long() { 500 } else { 20 };
    let dir = TempDir::in_memory();
    let dice = Dice::new(seed(1));
    for round in 0..rounds {
        let data = dir.join(&round.to_string());
        let mut killed: Vec<Caller> = (0..3).map(|_| Caller::start(SOON)).collect();
        killed.iter_mut().for_each(|caller| caller.ask(&data));
        pause_for(Duration::from_micros(dice.below(40_000)));
        killed.into_iter().for_each(Caller::kill);
        let client = BlockingClient::open(&data, open_options(SOON)).unwrap();
        client.call_op("default", increment("calls")).unwrap();
        let server = Started::behind(&client).unwrap();
        server.kill();
        drop(client);
        // One that a killed starter has left behind, and that was waiting for this one, serves now or has ended.
        let client = BlockingClient::open(&data, open_options(SOON)).unwrap();
        assert!(count(&client, "calls") >= 1, "round {round}");
        Started::behind(&client).unwrap().kill();
        fs::remove_dir_all(&data).unwrap();
    }
}

/// A log that is full begins a new one; where it cannot, its lines are left out, and the server serves.
#[test]
fn the_log_stays_within_its_bound() {
    Started::adopt_all();
    let dir = TempDir::new();
    let bound = usize::try_from(toondb_engine::limits::LOG_FILE_BYTES_MAX).unwrap();
    for can_rotate in [true, false] {
        let data = dir.join(if can_rotate { "free" } else { "blocked" });
        fs::create_dir(&data).unwrap();
        fs::write(data.join("toondb.log"), vec![b'x'; bound - 10]).unwrap();
        if !can_rotate {
            fs::create_dir(data.join("toondb.log.1")).unwrap();
        }
        let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
        run(&client, "default", put("k", "v")).unwrap();
        let length = |name: &str| usize::try_from(fs::metadata(data.join(name)).unwrap().len()).unwrap();
        if can_rotate {
            assert_eq!((length("toondb.log.1"), logged(&data, "ToonDB is ready")), (bound - 10, 1));
        }
        assert!(length("toondb.log") <= bound);
        Started::behind(&client).unwrap().kill();
    }
}

/// What is gone is not made anew: whoever removed it, or put another in its place, meant something by it.
#[test]
fn a_directory_that_was_removed_is_missed() {
    Started::adopt_all();
    let dir = TempDir::new();
    let data = dir.join("data");
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    let server = Started::behind(&client).unwrap();
    fs::rename(&data, dir.join("moved")).unwrap();
    server.kill();
    let error = run(&client, "default", get("k")).unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable, "{error}");
    assert!(!data.exists(), "nothing was made in its place");
    let other = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    let error = run(&client, "default", get("k")).unwrap_err();
    assert!(error.message.contains("replaced"), "{error}");
    Started::behind(&other).unwrap().kill();
}

/// A server on a socket of its own, started by hand, says where it is.
#[test]
fn a_server_that_somebody_started_is_found() {
    let dir = TempDir::new();
    let (socket, data) = (dir.join("elsewhere"), dir.join("data"));
    let served = Served::start(&socket, &data).unwrap();
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    assert_eq!(Started::behind(&client).unwrap().pid(), served.pid());
    assert!(!data.join("start.lock").exists(), "nobody needed to be started");
}

#[test]
fn a_started_server_has_nothing_of_its_starter() {
    Started::adopt_all();
    let dir = TempDir::new();
    let (data, marker) = (dir.join("data"), dir.join("marker"));
    fs::write(&marker, "").unwrap();
    // A descriptor that every child inherits.
    let _inherited = rustix::fs::open(&marker, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    let client = BlockingClient::open(&data, open_options(STAYS)).unwrap();
    let server = Started::behind(&client).unwrap();
    let of_server = |name: &str| Path::new("/proc").join(server.pid().to_string()).join(name);
    let open: Vec<_> =
        fs::read_dir(of_server("fd")).unwrap().filter_map(|fd| fs::read_link(fd.unwrap().path()).ok()).collect();
    assert!(!open.contains(&marker) && open.contains(&data.join("toondb.log")), "{open:?}");
    let environment = fs::read(of_server("environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(!environment.contains("CARGO"), "{environment}");
    assert_eq!(fs::read_link(of_server("cwd")).unwrap(), Path::new("/"));
    let stat = fs::read_to_string(of_server("stat")).unwrap();
    let session: i32 = stat.rsplit(") ").next().unwrap().split(' ').nth(3).unwrap().parse().unwrap();
    assert_ne!(session, rustix::process::getsid(None).unwrap().as_raw_nonzero().get());
    server.kill();
}
