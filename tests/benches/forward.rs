//! What forwarding adds to a call: the developer's handler asked directly, our endpoint without it, and our endpoint that forwards
//! to it, in one run.
//!
//! `cargo bench --bench forward`. It measures by itself, so it prints and never fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

#[path = "../support/mod.rs"]
#[allow(dead_code)]
mod support;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::{Home, body_of};

const N_WARM: usize = 200;
const N_CALLS: usize = 4_000;
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"commands\":[]}";

fn main() {
    let handler = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = handler.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in handler.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || answer_all(stream));
        }
    });
    let body = body_of("token", "bench");
    let request = format!("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());

    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let direct = measure(|| {
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; ANSWER.len()];
        stream.read_exact(&mut answer).unwrap();
    });

    let home = Home::new();
    let workspace = format!(
        "format = 1\n[[endpoint]]\nname = \"own\"\npath = \"/own\"\nhook = \"token\"\n\
         [[endpoint]]\nname = \"token\"\npath = \"/token\"\nhook = \"token\"\nforward = {{ to = \"http://{address}\" }}\n"
    );
    let workspace = home.write("workspace.toml", &workspace);
    let serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let (address, ca_pem) = (serve.address.clone(), serve.ca_pem.clone());
    let lines = drained(serve);
    let [own, forwarded] = ["/own", "/token"].map(|path| {
        let request = request.replace("POST /token", &format!("POST {path}"));
        let mut client = support::Client::connect(&address, &ca_pem);
        measure(|| assert_eq!(client.raw(request.as_bytes()).unwrap().status / 100, 2))
    });
    lines.join().unwrap();
    for (name, times) in
        [("handler, asked directly", direct), ("endpoint, without it", own), ("endpoint, forwarding", forwarded)]
    {
        println!("{name:<26} median {:>7.3} ms   99th percentile {:>7.3} ms", millis(times.0), millis(times.1));
    }
    let added =
        |of: fn(&(Duration, Duration)) -> Duration| millis(of(&forwarded)) - millis(of(&own)) - millis(of(&direct));
    println!(
        "forwarding adds beside the handler's own time: median {:.3} ms, 99th percentile {:.3} ms",
        added(|t| t.0),
        added(|t| t.1)
    );
}

/// Reads the line of every call, so that the pipe does not fill up, and then ends it.
fn drained(mut serve: support::Serve) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for _ in 0..2 * (N_WARM + N_CALLS) {
            serve.next_call();
        }
    })
}

fn answer_all(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut came = Vec::new();
    let mut piece = [0; 16_384];
    loop {
        match stream.read(&mut piece) {
            Ok(n_bytes @ 1..) => came.extend_from_slice(&piece[..n_bytes]),
            _ => return,
        }
        let Some(head) = came.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&came[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap_or("0");
        if came.len() >= head + 4 + length.trim().parse::<usize>().unwrap() {
            came.clear();
            if stream.write_all(ANSWER.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// Median and 99th percentile of many calls, one after the other.
fn measure(mut call: impl FnMut()) -> (Duration, Duration) {
    (0..N_WARM).for_each(|_| call());
    let mut times: Vec<Duration> = (0..N_CALLS)
        .map(|_| {
            let began = Instant::now();
            call();
            began.elapsed()
        })
        .collect();
    times.sort();
    (times[N_CALLS / 2], times[N_CALLS * 99 / 100])
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
