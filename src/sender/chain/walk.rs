//! The walk from hop to hop, each with its time.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::certificate::Witness;
use super::exchange::{Exchange, Response};
use super::{ChainTest, addresses, answer, arrival, certificate, latency, url};
use crate::call::{
    ChainReport, ChainState, Hop, HopKind, HopState, ProbeArrival, ProbeSeen, Stray, TunnelOverhead, is_probe_answer,
    micros,
};
use crate::sender::connect::Stream;
use crate::sender::target::Target;

/// The most that a whole test may take.
pub const LIMIT: Duration = Duration::from_secs(30);
/// The most for a name, a connection or a handshake.
const STEP_LIMIT: Duration = Duration::from_secs(5);
/// The most for an answer: more than Okta's three seconds, so that a slow one is told from none.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long after an answer that is not ours something may still come here: the way of an answer is as long as a request's.
const STRAY_LIMIT: Duration = Duration::from_secs(1);
/// How many requests measure the way, after the first.
const N_MEASURED: usize = 5;
/// How many addresses of a host are tried.
const N_ADDRESSES: usize = 3;

/// What the listener has said so far.
struct Seen {
    receiver: mpsc::Receiver<ProbeSeen>,
    arrived: Option<ProbeArrival>,
    strays: Vec<Stray>,
    /// The listener's own time of each request, in order.
    own: Vec<Option<u32>>,
}

impl Seen {
    fn take(&mut self, seen: ProbeSeen) {
        match seen {
            ProbeSeen::Arrived(arrival) => drop(self.arrived.get_or_insert(arrival)),
            ProbeSeen::Ended { own_us } => self.own.push(own_us),
            ProbeSeen::Stray(stray) => self.strays.push(stray),
        }
    }

    fn take_all(&mut self) {
        while let Ok(seen) = self.receiver.try_recv() {
            self.take(seen);
        }
    }

    /// Waits until what was seen is enough, or it is not to be expected any more.
    async fn wait(&mut self, limit: Duration, is_enough: impl Fn(&Seen) -> bool) {
        let wait = async {
            while !is_enough(self) {
                match self.receiver.recv().await {
                    Some(seen) => self.take(seen),
                    None => return,
                }
            }
        };
        // Late or not: what was seen so far is what there is to say.
        timeout(limit, wait).await.ok();
        self.take_all();
    }
}

/// A test under way.
pub struct Walk<P> {
    test: ChainTest,
    seen: Seen,
    publish: P,
    report: ChainReport,
}

impl<P: FnMut(&ChainReport) + Send> Walk<P> {
    pub fn new(test: ChainTest, receiver: mpsc::Receiver<ProbeSeen>, publish: P) -> Walk<P> {
        let report = ChainReport::new(test.run, &test.url);
        let seen = Seen { receiver, arrived: None, strays: Vec::new(), own: Vec::new() };
        Walk { test, seen, publish, report }
    }

    /// Ends the report and gives it away.
    pub fn end(mut self, state: ChainState) -> ChainReport {
        self.report.end(state);
        (self.publish)(&self.report);
        self.report
    }

    /// Goes as far as there is a way.
    pub async fn go(&mut self) {
        let (hop, target) = url::look_at(&self.test.url, &self.test.nonce);
        self.put(hop, None);
        let Some(target) = target else { return };
        let Some(addresses) = self.look_up(&target).await else { return };
        let Some(tcp) = self.connect(&addresses).await else { return };
        let stream = if target.is_https {
            self.shake_hands(&target, tcp).await
        } else {
            let sentence = "There is none: the URL begins with http";
            self.put(Hop::found(HopKind::Tls, HopState::Skipped, sentence), None);
            Some(Stream::Plain(tcp))
        };
        let Some(stream) = stream else { return };
        let exchange = self.ask(&target, stream).await;
        self.look_at_arrival(exchange.is_some()).await;
        match exchange {
            Some((exchange, first)) => self.measure(&target, exchange, &first).await,
            None => self.put(skipped(HopKind::Latency, "Measured once the call comes here and back"), None),
        }
    }

    fn begin(&mut self, kind: HopKind) -> Instant {
        self.report.put(Hop { state: HopState::Running, ..Hop::waiting(kind) });
        (self.publish)(&self.report);
        Instant::now()
    }

    fn put(&mut self, hop: Hop, started: Option<Instant>) {
        let took = started.map(|started| started.elapsed()).or(hop.took);
        self.report.put(Hop { took, ..hop });
        (self.publish)(&self.report);
    }

    async fn look_up(&mut self, target: &Target) -> Option<Vec<SocketAddr>> {
        let started = self.begin(HopKind::Dns);
        if let Ok(address) = target.host.parse::<IpAddr>() {
            self.put(addresses::look_at(&target.host, &[address]), None);
            return Some(vec![SocketAddr::new(address, target.port)]);
        }
        let found = timeout(STEP_LIMIT, lookup_host((target.host.as_str(), target.port))).await;
        let mut found: Vec<SocketAddr> = match found {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => {
                self.put(addresses::not_found(&target.host, &error.to_string()), Some(started));
                return None;
            }
            Err(_) => {
                self.put(addresses::not_found(&target.host, "no answer came from the name server"), Some(started));
                return None;
            }
        };
        // As Okta: version 4 before everything else.
        found.sort_by_key(SocketAddr::is_ipv6);
        found.dedup();
        let ips: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
        self.put(addresses::look_at(&target.host, &ips), Some(started));
        (!found.is_empty()).then_some(found)
    }

    async fn connect(&mut self, addresses: &[SocketAddr]) -> Option<TcpStream> {
        let started = self.begin(HopKind::Connect);
        let mut why = String::new();
        for address in addresses.iter().take(N_ADDRESSES) {
            match timeout(STEP_LIMIT, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    tcp.set_nodelay(true).ok();
                    let hop = Hop::found(HopKind::Connect, HopState::Good, format!("{address} took the connection"));
                    self.put(hop, Some(started));
                    return Some(tcp);
                }
                Ok(Err(error)) => why = format!("{address}: {error}"),
                Err(_) => why = format!("{address}: no answer in {} s", STEP_LIMIT.as_secs()),
            }
        }
        let sentence = format!("No connection could be made ({why}): is the tunnel still up, and the port right?");
        self.put(Hop::found(HopKind::Connect, HopState::Bad, sentence), Some(started));
        None
    }

    async fn shake_hands(&mut self, target: &Target, tcp: TcpStream) -> Option<Stream> {
        let started = self.begin(HopKind::Tls);
        let fail = |sentence: String| Hop::found(HopKind::Tls, HopState::Bad, sentence);
        let name = ServerName::try_from(target.host.clone());
        let (name, (config, witness)) = match (name, Witness::new(&self.test.roots)) {
            (Ok(name), Ok(made)) => (name, made),
            (Err(_), _) => {
                self.put(
                    fail("The host is no name that TLS knows: spell it with letters, digits and hyphens".into()),
                    None,
                );
                return None;
            }
            (_, Err(error)) => {
                self.put(fail(format!("TLS cannot be set up on this machine: {error}")), None);
                return None;
            }
        };
        let shaken = timeout(STEP_LIMIT, TlsConnector::from(config).connect(name, tcp)).await;
        let shaken = shaken.unwrap_or_else(|_| Err(std::io::Error::other("no answer came in time")));
        match (shaken, witness.judged()) {
            (Ok(stream), Some(judged)) => {
                let version = match stream.get_ref().1.protocol_version() {
                    Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
                    Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
                    _ => "unknown",
                };
                let hop = certificate::look_at(&target.host, &judged).with_fact("Version", version);
                self.put(hop, Some(started));
                Some(Stream::Tls(Box::new(stream)))
            }
            (Ok(_), None) => {
                self.put(fail("The edge showed no certificate".to_owned()), Some(started));
                None
            }
            (Err(error), _) => {
                self.put(certificate::failed(&error), Some(started));
                None
            }
        }
    }

    /// Sends the first probe. Gives the connection back where our own answer came over it.
    async fn ask(&mut self, target: &Target, stream: Stream) -> Option<(Exchange, Response)> {
        let started = self.begin(HopKind::Answer);
        let mut exchange = match Exchange::over(stream).await {
            Ok(exchange) => exchange,
            Err(why) => {
                self.put(answer::none(&why), Some(started));
                return None;
            }
        };
        let answered = timeout(ANSWER_LIMIT, exchange.probe(target)).await;
        let answered = answered.unwrap_or_else(|_| Err(format!("nothing in {} s", ANSWER_LIMIT.as_secs())));
        match answered {
            Ok(response) => {
                self.put(answer::look_at(&response, &self.test.nonce), Some(started));
                let is_ours = is_probe_answer(response.status, &response.body, &self.test.nonce);
                is_ours.then_some((exchange, response))
            }
            Err(why) => {
                self.put(answer::none(&why), Some(started));
                None
            }
        }
    }

    async fn look_at_arrival(&mut self, is_answered: bool) {
        self.begin(HopKind::Arrival);
        let listener = self.test.listener;
        if listener.is_some() || is_answered {
            let nonce = self.test.nonce.clone();
            let is_enough =
                |seen: &Seen| seen.arrived.is_some() || seen.strays.iter().any(|stray| stray.carries(&nonce));
            self.seen.wait(STRAY_LIMIT, is_enough).await;
        }
        let hop = match &self.seen.arrived {
            Some(arrived) => arrival::arrived(arrived, listener.as_ref()),
            None => arrival::not_arrived(&self.seen.strays, &self.test.nonce, listener.as_ref()),
        };
        self.put(hop, None);
    }

    /// Measures on the connection that is open already. Where the edge ended it, the first request says what it can.
    async fn measure(&mut self, target: &Target, mut exchange: Exchange, first: &Response) {
        let started = self.begin(HopKind::Latency);
        let mut round_trips = vec![micros(first.took)];
        for _ in 0..N_MEASURED {
            match exchange.probe(target).await {
                Ok(response) if is_probe_answer(response.status, &response.body, &self.test.nonce) => {
                    round_trips.push(micros(response.took));
                }
                Ok(_) | Err(_) => break,
            }
        }
        let n_sent = round_trips.len();
        self.seen.wait(STRAY_LIMIT, |seen| seen.own.len() >= n_sent).await;
        // The first request opened the tunnel's own connection to the listener.
        let pairs: Vec<(u32, u32)> = round_trips
            .into_iter()
            .zip(&self.seen.own)
            .skip(1)
            .filter_map(|(round_trip, own)| own.map(|own| (round_trip, own)))
            .collect();
        self.report.overhead = TunnelOverhead::of(&pairs);
        let hop = match &self.report.overhead {
            Some(overhead) => latency::look_at(overhead),
            None => latency::not_measured(),
        };
        self.put(hop, Some(started));
    }
}

fn skipped(kind: HopKind, why: &str) -> Hop {
    Hop::found(kind, HopState::Skipped, why)
}
